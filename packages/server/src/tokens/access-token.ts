/**
 * Access tokens: what they say, who they are for, and when one is good.
 *
 * A token for Signet's own API has the audience `<issuer>/api`. That is neither the issuer nor any client's id, so
 * no other kind of token can be taken for one.
 *
 * Verification, in order: the memory of signatures already verified, else type, key, algorithm and signature (see
 * `readJwt`), then the shape of each claim; and on every call issuer, audience and the times. It proves what was
 * issued, not that the session is still alive: `authenticateBearer` asks that.
 *
 * Errors: UNAUTHENTICATED.
 * Specs: RFC 9068 §2 and §4, RFC 8725 §3.8, §3.9 and §3.12, RFC 7519 §4.1.
 */

import type { JsonObject } from '@bufbuild/protobuf'
import type { ClientId, GrantId, SessionId, UserId } from '../ids.ts'
import { uniqueBytes } from '../unique-bytes.ts'
import {
  type AccessTokenClaims,
  type ClientTokenClaims,
  parseAccessTokenClaims,
  type UserTokenClaims,
} from './access-token-claims.ts'
import { readJwt, signJwt } from './jwt.ts'
import { refused } from './refused.ts'
import type { SigningKey, SigningKeys } from './signing-keys.ts'

/** What a token states beyond issuer, times and its own id. */
export interface AccessTokenInput {
  issuer: string
  /** One, or several. */
  audience: string | readonly string[]
  userId: UserId
  clientId: ClientId
  grantId: GrantId
  /** Undefined where the grant outlives sessions. */
  sessionId: SessionId | undefined
  scopes: readonly string[]
  roles: readonly string[]
  authTime: Date
  acr: string
  amr: readonly string[]
  rev: bigint
  lifetimeSeconds: number
  /** When its session or grant ends; the token never outlives it. */
  sessionExpiresAt: Date
  /** Further claims, none of which Signet gives a meaning to. */
  furtherClaims?: JsonObject | undefined
}

export const accessTokenTyp = 'at+jwt'
const jtiBytes = 16
/** How far the clock of the issuing instance may be ahead of ours. */
export const clockSkewSeconds = 60

/** The audience of Signet's own API. */
export function apiAudience(issuer: string): string {
  return `${issuer}/api`
}

/** Whether a token is for this audience, and for no other: whoever else it is for could present it here. */
export function isFor({ aud }: { aud?: unknown }, audience: string): boolean {
  return aud === audience
}

/** Issues a token that starts at `now`. */
export function issueAccessToken(
  key: SigningKey,
  input: AccessTokenInput,
  now: Date,
): { accessToken: string; claims: UserTokenClaims } {
  const iat = seconds(now)
  const claims: UserTokenClaims = {
    iss: input.issuer,
    sub: input.userId,
    aud: typeof input.audience === 'string' ? input.audience : [...input.audience],
    client_id: input.clientId,
    scope: input.scopes.join(' '),
    exp: Math.min(iat + input.lifetimeSeconds, seconds(input.sessionExpiresAt)),
    iat,
    jti: uniqueBytes(jtiBytes).toString('base64url'),
    gid: input.grantId,
    ...(input.sessionId !== undefined && { sid: input.sessionId }),
    auth_time: seconds(input.authTime),
    acr: input.acr,
    amr: [...input.amr],
    roles: [...input.roles],
    rev: Number(input.rev),
    ...input.furtherClaims,
  }
  return { accessToken: signJwt(key, accessTokenTyp, claims), claims }
}

/** What a token states that a client gets for itself. */
export interface ClientTokenInput {
  issuer: string
  audience: string | readonly string[]
  clientId: ClientId
  scopes: readonly string[]
  rev: bigint | number
  lifetimeSeconds: number
}

/** Issues a token in which a client speaks for itself (RFC 6749 §4.4, RFC 9068 §2.2). */
export function issueClientToken(
  key: SigningKey,
  input: ClientTokenInput,
  now: Date,
): { accessToken: string; claims: ClientTokenClaims } {
  const iat = seconds(now)
  const claims: ClientTokenClaims = {
    iss: input.issuer,
    sub: input.clientId,
    aud: typeof input.audience === 'string' ? input.audience : [...input.audience],
    client_id: input.clientId,
    scope: input.scopes.join(' '),
    exp: iat + input.lifetimeSeconds,
    iat,
    jti: uniqueBytes(jtiBytes).toString('base64url'),
    rev: Number(input.rev),
  }
  return { accessToken: signJwt(key, accessTokenTyp, claims), claims }
}

/** What a token must be, to be good. */
export interface ExpectedToken {
  now: Date
  issuer: string
  /** Any, where none is given. */
  audience?: string | undefined
  /** Whoever leaves need not be fresh. */
  mayBeExpired?: boolean
}

/** The claims of a good token of this issuer for this audience. */
export function verifyAccessToken(
  keys: SigningKeys,
  token: string,
  expected: ExpectedToken,
): AccessTokenClaims {
  const known = keys.verified.find(token, expected.now)
  const claims = known ?? parseAccessTokenClaims(readJwt(keys, token, accessTokenTyp))
  if (claims.iss !== expected.issuer) throw refused('another issuer')
  if (expected.audience !== undefined && !isFor(claims, expected.audience)) {
    throw refused('meant for somebody else')
  }
  const expired = claims.exp * 1000 <= expected.now.getTime()
  if (expired && expected.mayBeExpired !== true) throw refused('expired')
  if (claims.iat > seconds(expected.now) + clockSkewSeconds) throw refused('issued in the future')
  if (known === undefined && !expired) keys.verified.add(token, claims)
  return claims
}

function seconds(at: Date): number {
  return Math.floor(at.getTime() / 1000)
}
