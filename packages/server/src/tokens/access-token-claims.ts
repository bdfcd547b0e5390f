/**
 * The claims of an access token, and the shape that each must have.
 *
 * Errors: UNAUTHENTICATED.
 * Specs: RFC 9068 §2.2, RFC 8725 §3.12.
 */

import type { ClientId, GrantId, SessionId, UserId } from '../ids.ts'
import { refused } from './refused.ts'

/** Whichever kind of access token it is: `gid` is missing in a client's own. */
export type AccessTokenClaims = UserTokenClaims | ClientTokenClaims

/** The claims of a token that a client got for itself (RFC 9068 §2.2): it is its own subject. */
export interface ClientTokenClaims {
  iss: string
  sub: ClientId
  aud: string | string[]
  client_id: ClientId
  scope: string
  exp: number
  iat: number
  jti: string
  /** The position of the revocation log that the issuing instance had applied. */
  rev: number
  gid?: undefined
  sid?: undefined
}

/** The claims of a user's access token, spelled as on the wire. Times are whole seconds since 1970. */
export interface UserTokenClaims {
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

type Shapes = Record<string, (value: unknown) => boolean>

const userShapes: Record<keyof UserTokenClaims, (value: unknown) => boolean> = {
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

const { iss, aud, client_id, scope, exp, iat, jti, rev } = userShapes
const clientShapes: Shapes = { iss, sub: client_id, aud, client_id, scope, exp, iat, jti, rev }

const optionalClaims: ReadonlySet<string> = new Set(['sid', 'provider'])
/** What only a person has. */
const ofPeople = ['gid', 'sid', 'auth_time', 'acr', 'amr', 'roles', 'provider']

/** The claims, once each has the shape that we write. Neither times nor parties are checked. */
export function parseAccessTokenClaims(claims: Record<string, unknown>): AccessTokenClaims {
  // No id of a client looks like the id of a user, so a token is of one kind or the other.
  const ofClient = claims.sub === claims.client_id
  if (ofClient && ofPeople.some((name) => Object.hasOwn(claims, name)))
    throw refused('a client that claims to be a person')
  for (const [name, hasShape] of Object.entries(ofClient ? clientShapes : userShapes)) {
    if (optionalClaims.has(name) && !Object.hasOwn(claims, name)) continue
    if (!Object.hasOwn(claims, name) || !hasShape(claims[name])) {
      throw refused(`claim ${name} is missing or not what it must be`)
    }
  }
  if (Object.hasOwn(claims, 'nbf')) throw refused('a claim that we never write')
  return claims as unknown as AccessTokenClaims
}
