/**
 * Ends the sessions here that rest on a session at a provider, once that has ended there.
 *
 * 1. Judge the logout token (`upstream.ts`). It names a session there, or a person, or both.
 * 2. One that was taken before is refused; it might end what began since.
 * 3. End the sessions that rest on it, with everything in them, as any other end of them.
 * 4. Only then note that it was taken: who is cut off before that is told again, and nothing is lost.
 *
 * Errors: NOT_FOUND (no such provider), INVALID_ARGUMENT (`invalid_request`), UNAVAILABLE.
 * Specs: OpenID Connect Back-Channel Logout 1.0 §2.5 to §2.8.
 */

import { hash } from 'node:crypto'
import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import type { SessionId, UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { isLogoutTokenTaken, listFederatedSessions, noteLogoutToken } from './identities.sql.ts'
import { UpstreamRefused } from './upstream.ts'

/** Takes a logout token of a provider, and answers how many sessions it has ended. */
export async function takeUpstreamLogout(
  deps: Pick<Deps, 'db' | 'identityProviders' | 'sessionEnds' | 'upstream'>,
  ctx: RequestContext,
  { providerId, logoutToken }: { providerId: string; logoutToken: string },
): Promise<number> {
  const provider = await deps.identityProviders.find(providerId)
  if (provider === undefined)
    throw new SignetError(ErrorReason.NOT_FOUND, { detail: 'no such provider, or it is disabled' })
  const told = await deps.upstream.judgeLogoutToken(provider, logoutToken).catch((error) => {
    if (!(error instanceof UpstreamRefused)) throw error
    if (error.kind === 'unreachable')
      throw new SignetError(ErrorReason.UNAVAILABLE, { retryAfterSeconds: 5, cause: error })
    throw notTaken(error.message)
  })
  const token = { provider: providerId, jtiHash: hash('sha256', told.jti, 'buffer') }
  if ((await isLogoutTokenTaken(deps.db, token)).taken) throw notTaken('It was taken before.')
  const ended = await endUpstreamSessions(deps, ctx, { provider: providerId, ...told })
  await noteLogoutToken(deps.db, { ...token, expiresAt: told.expiresAt })
  return ended
}

/** Ends what rests on a session there, or on all of a person there. */
export async function endUpstreamSessions(
  deps: Pick<Deps, 'db' | 'sessionEnds'>,
  ctx: RequestContext,
  {
    provider,
    issuer,
    subject,
    sid,
  }: { provider: string; issuer: string; subject?: string; sid?: string },
): Promise<number> {
  if (subject === undefined && sid === undefined) return 0
  const of = { provider, issuer, subject: subject ?? null, sid: sid ?? null }
  const sessions = await listFederatedSessions(deps.db, of)
  await Promise.all(
    sessions.map(({ sessionId, userId }) =>
      deps.sessionEnds.end(ctx, {
        sessionId: sessionId as SessionId,
        userId: userId as UserId,
        reason: 'upstream_signed_out',
      }),
    ),
  )
  return sessions.length
}

function notTaken(message: string): SignetError {
  const violations = [{ field: 'logout_token', rule: 'invalid_request', message }]
  return new SignetError(ErrorReason.INVALID_ARGUMENT, { violations })
}
