/**
 * What a provider can be, and the forms that its settings have: the same wherever they come from, which is the environment, the
 * contract and the command line.
 */

import { createPrivateKey, type KeyObject } from 'node:crypto'

/** What people call each kind; the id of the one that the environment sets up is its kind. */
export const providerNames = {
  google: 'Google',
  microsoft: 'Microsoft',
  apple: 'Apple',
  github: 'GitHub',
  linkedin: 'LinkedIn',
  facebook: 'Facebook',
  oidc: 'Single sign-on',
} as const

export type ProviderKind = keyof typeof providerNames

export const providerForms = {
  /** Names it in addresses. */
  id: /^[a-z][a-z0-9-]{0,31}$/u,
  /** What stands on its button, on one line, and without overrides of the writing direction. */
  name: /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]{1,60}$/u,
  clientId: /^[\x21-\x7e]{1,255}$/u,
  /** RFC 6749 §3.3. */
  scope: /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/u,
  /** With Microsoft, in small letters. */
  tenant: /^(?:common|organizations|consumers|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/u,
  /** With Apple, of a team and of a key. */
  appleId: /^[A-Z0-9]{10}$/u,
} as const

/** The private key of a provider that takes signatures instead of a secret: on P-256, as PEM whose line ends may be written `\n`. */
export function readProviderKey(text: string): KeyObject | undefined {
  try {
    const key = createPrivateKey(text.replaceAll(String.raw`\n`, '\n'))
    return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : undefined
  } catch {
    return undefined
  }
}
