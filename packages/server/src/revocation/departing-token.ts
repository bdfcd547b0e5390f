/**
 * What a token says about a session that its holder wants to leave. Nobody must be fresh to leave: an access token may
 * have expired, everything else about it must be right.
 *
 * A refresh token counts as long as we derived it, whatever its generation: presenting an old one here is no reuse.
 *
 * Errors: UNAUTHENTICATED.
 * Specs: RFC 9068 §4 (without `exp`), RFC 8725 §3.8 and §3.9.
 */

import type { Deps } from '../deps.ts'
import type { ClientId, SessionId, UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { apiAudience, verifyAccessToken } from '../tokens/access-token.ts'
import { parseRefreshToken } from '../tokens/refresh-token.ts'
import { authenticateRefreshToken } from '../tokens/refresh-tokens.ts'
import { refused, undefinedIfRefused } from '../tokens/refused.ts'
import { findSessionOfGrant } from './revocation.sql.ts'

/** Whose session it is, and through which client it was opened. */
export interface Departure {
  userId: UserId
  sessionId: SessionId
  clientId: ClientId
}

type DepartureDeps = Pick<Deps, 'config' | 'db' | 'knownGrants' | 'signingKeys'>

/** The session that a token speaks of; whether it is alive is not looked at. */
export async function readDepartingToken(
  deps: DepartureDeps,
  ctx: Pick<RequestContext, 'now'>,
  token: string,
): Promise<Departure> {
  if (parseRefreshToken(token) === undefined) {
    return readDepartingAccessToken(deps, ctx, token, apiAudience(deps.config.issuer))
  }
  return readRefreshToken(deps, token)
}

async function readRefreshToken(deps: DepartureDeps, token: string): Promise<Departure> {
  const presented = await authenticateRefreshToken(deps, token).catch(undefinedIfRefused)
  if (presented === undefined) throw refused('not a refresh token of ours')
  const { grant } = presented
  const found = await findSessionOfGrant(deps.db, { grantId: grant.id })
  if (!found?.sessionId) throw refused('a grant without a session')
  const { userId, clientId } = grant
  return { userId, clientId, sessionId: found.sessionId as SessionId }
}

/** An access token of ours for this audience, for any where none is given, expired or not. */
export function readDepartingAccessToken(
  { config, signingKeys }: Pick<Deps, 'config' | 'signingKeys'>,
  { now }: Pick<RequestContext, 'now'>,
  token: string,
  audience?: string,
): Departure {
  const expected = { now, issuer: config.issuer, audience, mayBeExpired: true }
  const claims = verifyAccessToken(signingKeys, token, expected)
  if (claims.sid === undefined) throw refused('a grant without a session')
  return { userId: claims.sub, sessionId: claims.sid, clientId: claims.client_id }
}
