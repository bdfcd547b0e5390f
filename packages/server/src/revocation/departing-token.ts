/**
 * What a token says about a session that its holder wants to leave. Nobody must be fresh to leave: an access token may
 * have expired, everything else about it must be right.
 *
 * A refresh token counts as long as we derived it, whatever its generation: presenting an old one here is no reuse.
 *
 * Errors: UNAUTHENTICATED.
 * Specs: RFC 9068 §4 (without `exp`), RFC 8725 §3.8 and §3.9.
 */

import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import type { ClientId, SessionId, UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { apiAudience } from '../tokens/access-token.ts'
import { parseAccessTokenClaims } from '../tokens/access-token-claims.ts'
import { readJwt } from '../tokens/jwt.ts'
import { parseRefreshToken } from '../tokens/refresh-token.ts'
import { authenticateRefreshToken } from '../tokens/refresh-tokens.ts'
import { refused } from '../tokens/refused.ts'
import { findSessionOfGrant } from './revocation.sql.ts'

/** Whose session it is, and through which client it was opened. */
export interface Departure {
  userId: UserId
  sessionId: SessionId
  clientId: ClientId
}

const accessTokenTyp = 'at+jwt'
const clockSkewMs = 60_000

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
  const { grant } = await authenticateRefreshToken(deps, token).catch((error: unknown) => {
    const isRefusal = error instanceof SignetError && error.reason === ErrorReason.INVALID_GRANT
    throw isRefusal ? refused('not a refresh token of ours') : error
  })
  const found = await findSessionOfGrant(deps.db, { grantId: grant.id })
  if (!found?.sessionId) throw refused('a grant without a session')
  const { userId, clientId } = grant
  return { userId, clientId, sessionId: found.sessionId as SessionId }
}

/** An access token of ours for this audience, for any where none is given, expired or not. */
export function readDepartingAccessToken(
  deps: Pick<Deps, 'config' | 'signingKeys'>,
  ctx: Pick<RequestContext, 'now'>,
  token: string,
  audience?: string,
): Departure {
  const { issuer } = deps.config
  const claims = parseAccessTokenClaims(readJwt(deps.signingKeys, token, accessTokenTyp))
  if (claims.iss !== issuer) throw refused('another issuer')
  if (audience !== undefined && claims.aud !== audience) throw refused('meant for somebody else')
  if (claims.iat * 1000 > ctx.now.getTime() + clockSkewMs) throw refused('issued in the future')
  if (claims.sid === undefined) throw refused('a grant without a session')
  return { userId: claims.sub, sessionId: claims.sid, clientId: claims.client_id }
}
