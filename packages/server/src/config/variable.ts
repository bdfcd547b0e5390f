/** What the schema of the environment says of one variable. */

import { type Kind, kind } from './kinds.ts'
import { Secret } from './secret.ts'

/** The parts of the reference, in order. */
export const sections = [
  'Mode and addresses',
  'Database',
  'Secrets',
  'TLS, proxies and browsers',
  'Limits',
  'Accounts',
  'Passwords',
  'Tokens and sessions',
  'Brand',
  'Mail',
  'Phones',
  'Social sign-in',
  'Avatars',
  'Logs and operation',
] as const

/** One variable. `default` is written as an operator would write it. */
export interface Variable<T> {
  section: (typeof sections)[number]
  kind: Kind<T>
  /** What it decides, in full sentences. */
  about: string
  /** Whether its value must never be shown, and may stand in a file named by `NAME_FILE`. */
  secret?: true
  /** Whether its value is a URL that may hold a password. */
  url?: 'web' | 'database'
  /** What the reference says where no value stands for the default. */
  defaultText?: string
}

/** A default that is the same everywhere, or one for each mode. */
export type Default = string | { development: string; production: string }

/** A secret of any length. */
export const secret: Kind<Secret> = kind('a secret', (text) => {
  if (text !== '') return { value: new Secret(text) }
  return { wrong: 'is set, but empty', fix: 'give the secret, or unset it' }
})

/** A variable that may be missing. */
export function variable<T>(options: Variable<T>): Variable<T> {
  return options
}

/** A variable that has a value always. */
export function defaulted<T>(
  fallback: Default,
  options: Variable<T>,
): Variable<T> & { default: Default } {
  return { ...options, default: fallback }
}
