/**
 * The claims of an access token, and the shape that each must have. Which of them a token has depends on how it was
 * obtained: a client that acts for itself has no session and did not authenticate as a person.
 *
 * Specs: RFC 9068 §2.2, RFC 7519 §4.1, RFC 8725 §3.12.
 */

import { refused } from './refusal.ts'

/** Spelled as on the wire. Times are whole seconds since 1970. Other claims are there, too, and unchecked. */
export interface AccessTokenClaims {
  readonly iss: string
  readonly sub: string
  readonly aud: string | readonly string[]
  readonly client_id: string
  readonly exp: number
  readonly iat: number
  readonly jti: string
  /** The position of the revocation log when the token was issued. */
  readonly rev: number
  readonly nbf?: number
  /** Space-delimited (RFC 8693 §4.2). */
  readonly scope?: string
  /** The grant that it was issued for. */
  readonly gid?: string
  /** The session; missing where the grant outlives sessions. */
  readonly sid?: string
  readonly auth_time?: number
  readonly acr?: string
  readonly amr?: readonly string[]
  readonly roles?: readonly string[]
  readonly [claim: string]: unknown
}

const isText = (value: unknown) => typeof value === 'string' && value !== ''
const isTexts = (value: unknown) => Array.isArray(value) && value.every(isText)
/** A whole number of seconds, or a position, that arithmetic keeps exact. */
const isWhole = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0

type Shapes = Record<string, (value: unknown) => boolean>

const required: Shapes = {
  iss: isText,
  sub: isText,
  aud: (value) => isText(value) || (isTexts(value) && (value as string[]).length > 0),
  client_id: isText,
  exp: isWhole,
  iat: isWhole,
  jti: isText,
  rev: isWhole,
}

const optional: Shapes = {
  nbf: isWhole,
  scope: (value) => typeof value === 'string',
  gid: isText,
  sid: isText,
  auth_time: isWhole,
  acr: isText,
  amr: isTexts,
  roles: isTexts,
}

/** The claims, once each has its shape. Neither times nor parties are checked. */
export function parseClaims(claims: Record<string, unknown> | undefined): AccessTokenClaims {
  if (claims === undefined) throw refused('bad_claims')
  for (const [name, hasShape] of Object.entries(required)) {
    if (!Object.hasOwn(claims, name) || !hasShape(claims[name])) throw refused('bad_claims')
  }
  for (const [name, hasShape] of Object.entries(optional)) {
    if (Object.hasOwn(claims, name) && !hasShape(claims[name])) throw refused('bad_claims')
  }
  return claims as unknown as AccessTokenClaims
}
