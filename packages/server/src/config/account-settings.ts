/** How accounts are opened and entered, beside passwords. */

import { type Kind, listOf, oneOf, onOff } from './kinds.ts'
import { defaulted } from './variable.ts'
import type { Values } from './variables.ts'

const section = 'Accounts'

// RFC 6749 §3.3: printable ASCII but space, quotation mark and backslash; a comma separates.
const scopes: Kind<readonly string[]> = listOf('scopes, with commas between them', (text) =>
  /^[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]{1,100}$/u.test(text)
    ? { value: text }
    : {
        wrong: `has ${JSON.stringify(text)}, which is no scope`,
        fix: 'write such as orders.write',
      },
)

export const accountVariables = {
  SIGNET_EMAIL_VERIFICATION: defaulted(
    { development: 'off', production: 'before-sign-in' },
    {
      section,
      kind: oneOf('before-sign-in', 'before-scopes', 'off'),
      about:
        'When people must have proved their address. `before-sign-in`: before they get in, and nobody who signs up can tell whether the address is known. `before-scopes`: before they get one of `SIGNET_EMAIL_VERIFICATION_SCOPES`. `off`: never.',
    },
  ),
  SIGNET_EMAIL_VERIFICATION_SCOPES: defaulted('', {
    section,
    kind: scopes,
    about:
      'The scopes that are given to nobody without a proved address, where `SIGNET_EMAIL_VERIFICATION` is `before-scopes`. Who proves one gets them at the next sign-in.',
  }),
  SIGNET_GUEST_ACCOUNTS: defaulted('off', {
    section,
    kind: onOff,
    about:
      'Whether apps may open accounts for guests, who have nothing to sign in with. Such an account lives as long as its session.',
  }),
  SIGNET_EMAIL_SIGN_IN: defaulted('off', {
    section,
    kind: onOff,
    about:
      'Whether people may sign in with a link or a code from their mailbox instead of a password. It is as strong as their mailbox, and never a second factor.',
  }),
} as const

export interface AccountSettings {
  /** When an address must be proved; the scopes count for `before-scopes` alone. */
  readonly emailVerification: {
    readonly when: 'before-sign-in' | 'before-scopes' | 'off'
    readonly scopes: readonly string[]
  }
  /** Whether there are accounts for guests. */
  readonly guestAccounts: boolean
  /** Whether a link or a code from a mailbox signs in. */
  readonly emailSignIn: boolean
}

/** What the variables say. */
export function accountSettings(values: Values): AccountSettings {
  return {
    emailVerification: {
      when: values.SIGNET_EMAIL_VERIFICATION,
      scopes: values.SIGNET_EMAIL_VERIFICATION_SCOPES,
    },
    guestAccounts: values.SIGNET_GUEST_ACCOUNTS,
    emailSignIn: values.SIGNET_EMAIL_SIGN_IN,
  }
}
