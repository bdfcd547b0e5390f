/**
 * Ends the session of an access token, for whichever audience it is.
 *
 * 1. The token is one of ours. It may have expired: nobody must be fresh to leave.
 * 2. Its session was opened through the client that the token was issued to, or that client is one of ours. Another app that
 *    holds a token of the session in somebody's browser must not end that.
 * 3. The session is ended, with its grants. One that has ended before is left as it is.
 *
 * Errors: UNAUTHENTICATED, PERMISSION_DENIED, UNAVAILABLE.
 */

import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import type { RequestContext } from '../request-context.ts'
import { readDepartingAccessToken } from './departing-token.ts'
import { findSessionToLeave } from './revocation.sql.ts'

/** Ends the session that an access token speaks of. */
export async function leaveSession(
  deps: Pick<Deps, 'config' | 'db' | 'sessionEnds' | 'signingKeys'>,
  ctx: RequestContext,
  accessToken: string,
): Promise<void> {
  const { userId, sessionId, clientId } = readDepartingAccessToken(deps, ctx, accessToken)
  const session = await findSessionToLeave(deps.db, { userId, sessionId, clientId })
  if (session === undefined) return
  if (!session.mayLeave) {
    const detail = 'the session was opened through another client'
    throw new SignetError(ErrorReason.PERMISSION_DENIED, { detail })
  }
  const end = { sessionId, userId, clientId, actorId: userId, reason: 'signed_out' } as const
  await deps.sessionEnds.end(ctx, end)
}
