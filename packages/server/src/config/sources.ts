/**
 * Gathers the variables from where they may stand: the process environment, an env file, and for a secret a file of
 * its own, named by `NAME_FILE`. The process environment wins over the env file.
 *
 * An empty value is as good as none, except for a secret: there it is a substitution that went wrong.
 */

import type { Problem } from './config-error.ts'
import { parseEnvFile } from './env-file.ts'
import { nearestName } from './nearest-name.ts'
import { printable } from './shown-value.ts'
import { readSmallFile, shownPath } from './small-file.ts'

/** A value as it was given, and where. */
export interface Given {
  value: string
  /** Such as `from the environment`. */
  origin: string
}

/** What the gathering needs to know about the variables: their names, and which of them are secrets. */
export interface KnownNames {
  all: ReadonlySet<string>
  secrets: ReadonlySet<string>
}

/** Where to look. `envFile` and other paths are relative to `directory`. */
export interface SourceOptions {
  environment: Readonly<Record<string, string | undefined>>
  envFile?: string
  directory: string
}

/** The variables by name, each once, and everything that was wrong on the way. */
export function gather(
  known: KnownNames,
  options: SourceOptions,
): { given: Map<string, Given>; problems: Problem[] } {
  const problems: Problem[] = []
  const written = fromEnvironment(options.environment)
  const envFile = options.envFile ?? written.get('SIGNET_ENV_FILE')?.value
  const namedBy = options.envFile === undefined ? 'SIGNET_ENV_FILE' : '--settings'
  written.delete('SIGNET_ENV_FILE')
  if (envFile !== undefined && envFile !== '')
    addEnvFile({ path: envFile, namedBy, directory: options.directory, written, known, problems })
  const given = new Map<string, Given>()
  for (const [name, entry] of written) {
    if (entry.value === '' && !known.secrets.has(name)) {
      if (!isKnown(name, known)) problems.push(unknownName(name, entry, known))
      continue
    }
    if (known.all.has(name)) {
      given.set(name, entry)
      continue
    }
    const secret = secretOfFile(name, known)
    if (secret === undefined) problems.push(unknownName(name, entry, known))
    else if (written.has(secret)) problems.push(bothGiven(name, entry, secret))
    else {
      const read = readSecret(entry, name, options.directory)
      if ('problem' in read) {
        problems.push(read.problem)
        // Present, though useless: what is missing because of it is not a second problem.
        given.set(secret, { value: '', origin: 'unreadable' })
      } else given.set(secret, read.given)
    }
  }
  return { given, problems }
}

/** The secret whose file a name such as `SIGNET_MASTER_SECRET_FILE` names. */
function secretOfFile(name: string, known: KnownNames): string | undefined {
  const secret = name.replace(/_FILE$/u, '')
  return secret !== name && known.secrets.has(secret) ? secret : undefined
}

function isKnown(name: string, known: KnownNames): boolean {
  return known.all.has(name) || secretOfFile(name, known) !== undefined
}

function fromEnvironment(environment: SourceOptions['environment']): Map<string, Given> {
  const written = new Map<string, Given>()
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || !/^signet_/iu.test(name)) continue
    // The tests' own variables, and those that Kubernetes sets in each pod beside a Service called signet.
    if (name.startsWith('SIGNET_TEST_') || isServiceLink(name, value)) continue
    written.set(name, { value, origin: 'from the environment' })
  }
  return written
}

/** Whether a variable is one of those with which Kubernetes announces a Service to every pod of its namespace. */
function isServiceLink(name: string, value: string): boolean {
  if (/_PORT(?:_\d+_(?:TCP|UDP|SCTP))?$/u.test(name)) {
    return (
      /^(?:tcp|udp|sctp):\/\//u.test(value) ||
      (/_SERVICE_PORT$/u.test(name) && /^\d+$/u.test(value))
    )
  }
  return (
    /_SERVICE_(?:HOST|PORT_[A-Z0-9_]+)$/u.test(name) ||
    /_PORT_\d+_(?:TCP|UDP|SCTP)_(?:PROTO|PORT|ADDR)$/u.test(name)
  )
}

interface EnvFileOptions {
  path: string
  /** The variable or the option that names it. */
  namedBy: string
  directory: string
  written: Map<string, Given>
  known: KnownNames
  problems: Problem[]
}

function addEnvFile({ path, namedBy, directory, written, known, problems }: EnvFileOptions): void {
  const text = readSmallFile(path, directory)
  if (!('value' in text)) {
    const shown = shownPath(path, directory)
    problems.push({ variable: namedBy, shown, message: text.wrong, fix: text.fix })
    return
  }
  const parsed = parseEnvFile(path, text.value)
  problems.push(...parsed.problems)
  const taken = new Set(written.keys())
  for (const { name, value, line } of parsed.entries) {
    const otherForm = secretOfFile(name, known) ?? `${name}_FILE`
    const isOverridden = taken.has(name) || (isKnown(otherForm, known) && taken.has(otherForm))
    if (!isOverridden) written.set(name, { value, origin: `from ${path} line ${line}` })
  }
}

function readSecret(
  entry: Given,
  name: string,
  directory: string,
): { given: Given } | { problem: Problem } {
  const path = entry.value
  const shown = shownPath(path, directory)
  const fail = (message: string, fix: string) => ({
    problem: { variable: name, shown, origin: entry.origin, message, fix },
  })
  const text = readSmallFile(path, directory)
  if (!('value' in text)) return fail(text.wrong, text.fix)
  const value = text.value.replace(/\r?\n$/u, '')
  if (value === '') return fail('names a file that is empty', 'write the secret into the file')
  return { given: { value, origin: `from ${printable(path)}, named by ${name}` } }
}

function bothGiven(name: string, entry: Given, secret: string): Problem {
  return {
    variable: name,
    origin: entry.origin,
    message: `is set, and so is ${secret}: it is not clear which one counts`,
    fix: `unset ${name} or ${secret}`,
  }
}

/** A name that means nothing. Its value is not shown: it may be a secret under a mistyped name. */
function unknownName(name: string, entry: Given, known: KnownNames): Problem {
  const files = [...known.secrets].map((secret) => `${secret}_FILE`)
  const nearest = nearestName(name, [...known.all, ...files, 'SIGNET_ENV_FILE'])
  return {
    variable: printable(name),
    origin: entry.origin,
    message:
      nearest === undefined
        ? 'is not a variable of Signet'
        : `is not a variable of Signet. Did you mean ${nearest}?`,
    fix:
      nearest === undefined
        ? `unset it; the reference lists every variable`
        : `rename it, or unset it`,
  }
}
