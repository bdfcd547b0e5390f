/**
 * Which binding of the contract a request means, by its HTTP method and path. A path has one spelling: no trailing slash,
 * no other letter case, nothing percent-encoded but the value of a parameter.
 *
 * Errors: INVALID_ARGUMENT where the value of a parameter is not percent-encoded UTF-8.
 */

import { undecodable } from '../../call/decode.ts'
import type { Binding } from './http-rule.ts'

export interface Route {
  binding: Binding
  /** By the names of `Binding.pathFields`, decoded. */
  pathParameters: Record<string, string>
}

export interface Router {
  /** HEAD is answered where GET is, but for streams. */
  find(verb: string, path: string): Route | undefined
  /** For the Allow header; none where nothing is bound to the path. */
  verbsAt(path: string): string[]
}

/** Throws where two bindings claim one path, so that such a server does not start. */
export function createRouter(bindings: readonly Binding[]): Router {
  const fixed = new Map<string, Map<string, Binding>>()
  const patterns = new Map<string, Map<string, Binding>>()
  for (const binding of bindings) {
    const isFixed = binding.pathFields.length === 0
    const key = isFixed ? binding.path : patternOf(binding.path)
    const paths = isFixed ? fixed : patterns
    const byVerb = paths.get(key) ?? new Map<string, Binding>()
    paths.set(key, byVerb)
    for (const verb of verbsOf(binding)) {
      const other = byVerb.get(verb)
      if (other !== undefined)
        throw new Error(`${verb} ${key} is already declared, by ${other.method.name}`)
      byVerb.set(verb, binding)
    }
  }
  // What says more about a path is asked first: `{name}:seal` before `{name}`.
  const matchers = [...patterns]
    .map(([pattern, byVerb]) => ({ pattern, matches: new RegExp(`^${pattern}$`), byVerb }))
    .sort((a, b) => b.pattern.length - a.pattern.length)

  function boundAt(path: string): Bound[] {
    const exact = fixed.get(path)
    if (exact !== undefined) return [{ byVerb: exact, values: [] }]
    return matchers.flatMap(({ matches, byVerb }) => {
      const found = matches.exec(path)
      return found === null ? [] : [{ byVerb, values: found.slice(1) }]
    })
  }

  return {
    find(verb, path) {
      const exact = fixed.get(path)
      if (exact !== undefined) {
        const binding = exact.get(verb)
        return binding && { binding, pathParameters: {} }
      }
      for (const { byVerb, values } of boundAt(path)) {
        const binding = byVerb.get(verb)
        if (binding === undefined) continue
        return { binding, pathParameters: parametersOf(binding, values) }
      }
      return undefined
    },
    verbsAt: (path) =>
      [...new Set(boundAt(path).flatMap(({ byVerb }) => [...byVerb.keys()]))].sort(),
  }
}

interface Bound {
  byVerb: Map<string, Binding>
  /** What stands at the place of each parameter. */
  values: string[]
}

/** The path as a regular expression. A parameter takes all of its segment but what the path says around it. */
function patternOf(path: string): string {
  return path
    .split(/(\{[^}]*\})/)
    .map((part) => (part.startsWith('{') ? '([^/]+)' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))
    .join('')
}

function verbsOf({ verb, method }: Binding): string[] {
  return verb === 'GET' && method.kind === 'unary' ? ['GET', 'HEAD'] : [verb]
}

function parametersOf({ pathFields }: Binding, values: readonly string[]): Record<string, string> {
  const parameters: Record<string, string> = {}
  for (const [place, { parameter }] of pathFields.entries())
    parameters[parameter] = decodeValue(values[place] ?? '')
  return parameters
}

function decodeValue(value: string): string {
  if (!value.includes('%')) return value
  try {
    return decodeURIComponent(value)
  } catch {
    const message = 'The path is not valid percent-encoded UTF-8.'
    throw undecodable({ field: '', rule: 'malformed', message })
  }
}
