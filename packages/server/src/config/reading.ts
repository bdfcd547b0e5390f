/** What was read from the environment so far: the values that are right, and the problems with the others. */

import type { Problem } from './config-error.ts'
import { path } from './kinds.ts'
import { printable, redactedUrl, redactedWebAddress } from './shown-value.ts'
import { shownPath } from './small-file.ts'
import { type Given, gather, type SourceOptions } from './sources.ts'
import type { Default, Variable } from './variable.ts'
import { type Values, type VariableName, variables } from './variables.ts'

/** The state that the rules work on. */
export interface Reading {
  /** The values that are right, defaults included; one that is missing here was refused or not given. */
  values: Partial<Values>
  /** Whether a variable was given, rightly or not. */
  isGiven(name: VariableName): boolean
  /** Adds a problem. */
  report(name: VariableName, message: string, fix: string): void
  problems: Problem[]
  /** Where relative paths begin. */
  directory: string
}

/** The variables under a type that forgets their own: what the generic steps need. */
export const variableTable: Readonly<Record<string, Variable<unknown> & { default?: Default }>> =
  variables

/** Reads every variable on its own. */
export function readVariables(options: SourceOptions): Reading {
  const names = Object.keys(variables) as VariableName[]
  const secrets = new Set(names.filter((name) => variableTable[name]?.secret === true))
  const { given, problems } = gather({ all: new Set(names), secrets }, options)
  const values: Record<string, unknown> = {}
  const report = (name: string, message: string, fix: string) => {
    problems.push({
      variable: name,
      ...shownOf(name, given.get(name), options.directory),
      message,
      fix,
    })
  }
  const mode = given.get('SIGNET_ENV')?.value === 'production' ? 'production' : 'development'
  for (const name of names) {
    const { kind, default: fallback } = variableTable[name] as Variable<unknown> & {
      default?: Default
    }
    const entry = given.get(name)
    // A secret whose file could not be read has its problem already.
    if (entry?.origin === 'unreadable') continue
    const text = entry?.value ?? (typeof fallback === 'object' ? fallback[mode] : fallback)
    if (text === undefined) continue
    const parsed = kind.parse(text)
    if ('value' in parsed) values[name] = parsed.value
    else report(name, parsed.wrong, parsed.fix)
  }
  return {
    values: values as Partial<Values>,
    isGiven: (name) => given.has(name),
    report,
    problems,
    directory: options.directory,
  }
}

/** The value and origin of a variable, as far as they may be shown. */
function shownOf(
  name: string,
  entry: Given | undefined,
  directory: string,
): { shown?: string; origin?: string } {
  if (entry === undefined) return {}
  return { shown: shownValue(name, entry.value, directory), origin: entry.origin }
}

function shownValue(name: string, value: string, directory: string): string {
  const { secret, url, kind } = variableTable[name] ?? {}
  if (value === '') return ''
  if (secret) return '[redacted]'
  if (url === 'database') return redactedUrl(value)
  if (url === 'web') return redactedWebAddress(value)
  return kind === path ? shownPath(value, directory) : printable(value)
}
