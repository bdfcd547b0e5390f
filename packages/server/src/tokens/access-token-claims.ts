/**
 * The claims of an access token, and the shape that each must have.
 *
 * Errors: UNAUTHENTICATED.
 * Specs: RFC 9068 §2.2, RFC 8725 §3.12.
 */

import type { ClientId, GrantId, SessionId, UserId } from '../ids.ts'
import { refused } from './refused.ts'

/** The claims of a user's access token, spelled as on the wire. Times are whole seconds since 1970. */
export interface AccessTokenClaims {
  iss: string
  sub: UserId
  /** One, or several; a token for Signet's own API has exactly that one. */
  aud: string | string[]
  client_id: ClientId
  /** Space-delimited (RFC 8693 §4.2). */
  scope: string
  exp: number
  iat: number
  jti: string
  /** The grant that it was issued for. */
  gid: GrantId
  /** Missing where the grant outlives sessions. */
  sid?: SessionId
  auth_time: number
  acr: string
  amr: string[]
  roles: string[]
  /** The position of the revocation log, read in the statement that proved the session alive. */
  rev: number
  /** Who proved the user, where a service minted the token. Such a token may have custom claims, too. */
  provider?: string
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

function isUuid(value: unknown): boolean {
  return typeof value === 'string' && uuid.test(value)
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every(isText)
}

/** A whole number of seconds, or a position, that arithmetic keeps exact. */
function isWhole(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

const claimShapes: Record<keyof AccessTokenClaims, (value: unknown) => boolean> = {
  iss: isText,
  sub: isUuid,
  aud: (value) => isText(value) || (isTexts(value) && (value as string[]).length > 0),
  client_id: isText,
  scope: (value) => typeof value === 'string',
  exp: isWhole,
  iat: isWhole,
  jti: isText,
  gid: isUuid,
  sid: isUuid,
  auth_time: isWhole,
  acr: isText,
  amr: isTexts,
  roles: isTexts,
  rev: isWhole,
  provider: isText,
}

const optionalClaims: ReadonlySet<string> = new Set(['sid', 'provider'])

/** The claims, once each has the shape that we write. Neither times nor parties are checked. */
export function parseAccessTokenClaims(claims: Record<string, unknown>): AccessTokenClaims {
  for (const [name, hasShape] of Object.entries(claimShapes)) {
    if (optionalClaims.has(name) && !Object.hasOwn(claims, name)) continue
    if (!Object.hasOwn(claims, name) || !hasShape(claims[name])) {
      throw refused(`claim ${name} is missing or not what it must be`)
    }
  }
  if (Object.hasOwn(claims, 'nbf')) throw refused('a claim that we never write')
  return claims as unknown as AccessTokenClaims
}
