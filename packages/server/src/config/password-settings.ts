/** What passwords must be like, how they are hashed, and how many wrong ones are taken. */

import { availableParallelism } from 'node:os'
import { whole } from './kinds.ts'
import { defaulted } from './variable.ts'
import type { Values } from './variables.ts'

const section = 'Passwords'

export const passwordVariables = {
  SIGNET_PASSWORD_MIN_LENGTH: defaulted('8', {
    section,
    kind: whole(8, 64),
    about: 'The fewest characters of a password. NIST asks for 15 where it is the only factor.',
  }),
  SIGNET_PASSWORD_HASH_CONCURRENCY: defaulted(String(availableParallelism()), {
    section,
    kind: whole(1, 256),
    defaultText: 'the number of processor cores',
    about:
      'How many password hashes are computed at once. More than the cores only slows each down.',
  }),
  SIGNET_PASSWORD_HASH_QUEUE_MAX: defaulted('64', {
    section,
    kind: whole(0, 10_000),
    about: 'How many password hashes may wait their turn; more sign-ins are asked to come back.',
  }),
  SIGNET_SIGN_IN_ATTEMPTS_PER_ACCOUNT: defaulted('10', {
    section,
    kind: whole(3, 50),
    about:
      'How many wrong passwords in a row an account takes from devices that are not known, and again each known device. From then on each doubles the wait, from 30 seconds up to a day.',
  }),
  SIGNET_SIGN_IN_ATTEMPTS_PER_ADDRESS: defaulted('100', {
    section,
    kind: whole(10, 1_000_000),
    about:
      'How many wrong passwords are taken from one address (of IPv6: one /64) in a window, known devices apart.',
  }),
  SIGNET_SIGN_IN_ATTEMPTS_WINDOW_SECONDS: defaulted('900', {
    section,
    kind: whole(60, 86_400),
    about: 'How long the window of an address is. It begins with the first wrong password.',
  }),
} as const

export interface PasswordSettings {
  readonly passwordMinLength: number
  readonly passwordHash: { readonly concurrency: number; readonly queueMax: number }
  /** How many wrong passwords are taken before waiting begins. */
  readonly signInAttempts: {
    readonly perAccount: number
    readonly perAddress: number
    readonly addressWindowSeconds: number
  }
}

/** What the variables say. */
export function passwordSettings(values: Values): PasswordSettings {
  return {
    passwordMinLength: values.SIGNET_PASSWORD_MIN_LENGTH,
    passwordHash: {
      concurrency: values.SIGNET_PASSWORD_HASH_CONCURRENCY,
      queueMax: values.SIGNET_PASSWORD_HASH_QUEUE_MAX,
    },
    signInAttempts: {
      perAccount: values.SIGNET_SIGN_IN_ATTEMPTS_PER_ACCOUNT,
      perAddress: values.SIGNET_SIGN_IN_ATTEMPTS_PER_ADDRESS,
      addressWindowSeconds: values.SIGNET_SIGN_IN_ATTEMPTS_WINDOW_SECONDS,
    },
  }
}
