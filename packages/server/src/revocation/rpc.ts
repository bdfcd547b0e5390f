/** Answers SignOut of AuthService, and the methods of SessionService that end sessions. */

import type { MessageInitShape } from '@bufbuild/protobuf'
import {
  ErrorReason,
  type RevokeOtherSessionsRequest,
  type RevokeOtherSessionsResponseSchema,
  type RevokeSessionRequest,
  type RevokeSessionResponseSchema,
  type SignOutRequest,
  type SignOutResponseSchema,
} from '@signet/contract'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import type { SessionId } from '../ids.ts'
import { type RequestContext, userCaller } from '../request-context.ts'
import { receiptFor } from './receipts.ts'
import { endSessionsOf, signOut as leave, revokeOwnSession } from './sign-out.ts'

/** Ends the session of the token, the user's others, or all of them. */
export async function signOut(
  deps: Deps,
  ctx: RequestContext,
  { token, scope, waitMs }: SignOutRequest,
): Promise<MessageInitShape<typeof SignOutResponseSchema>> {
  const presented = token === '' ? ctx.bearerToken : token
  if (presented === undefined) throw new SignetError(ErrorReason.UNAUTHENTICATED)
  const position = await leave(deps, ctx, { token: presented, scope, awaited: waitMs > 0 })
  return { position, ...(await receiptFor(deps, ctx, { position, waitMs })) }
}

/** Ends one of the caller's sessions. */
export async function revokeSession(
  deps: Deps,
  ctx: RequestContext,
  { sessionId, waitMs }: RevokeSessionRequest,
): Promise<MessageInitShape<typeof RevokeSessionResponseSchema>> {
  const { userId } = userCaller(ctx)
  const session = { userId, sessionId: sessionId.toLowerCase() as SessionId }
  const position = await revokeOwnSession(deps, ctx, { ...session, awaited: waitMs > 0 })
  // Another user's session is answered like one that there never was.
  if (position === undefined) throw new SignetError(ErrorReason.NOT_FOUND)
  return { position, ...(await receiptFor(deps, ctx, { position, waitMs })) }
}

/** Ends every session of the caller but the one that asks. */
export async function revokeOtherSessions(
  deps: Deps,
  ctx: RequestContext,
  { waitMs }: RevokeOtherSessionsRequest,
): Promise<MessageInitShape<typeof RevokeOtherSessionsResponseSchema>> {
  const ended = await endSessionsOf(deps, ctx, {
    ...userCaller(ctx),
    keepThis: true,
    awaited: waitMs > 0,
  })
  // Ended between authentication and here.
  if (ended === undefined) throw new SignetError(ErrorReason.UNAUTHENTICATED)
  if (ended.others === 0) return { ended: 0, position: 0n }
  const { others, position } = ended
  return { ended: others, position, ...(await receiptFor(deps, ctx, { position, waitMs })) }
}
