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
import { endSessionsOf, signOut as leave, revokeOwnSession } from './sign-out.ts'

/** Ends the session of the token, the user's others, or all of them. */
export async function signOut(
  deps: Deps,
  ctx: RequestContext,
  { token, scope }: SignOutRequest,
): Promise<MessageInitShape<typeof SignOutResponseSchema>> {
  const presented = token === '' ? ctx.bearerToken : token
  if (presented === undefined) throw new SignetError(ErrorReason.UNAUTHENTICATED)
  return { position: await leave(deps, ctx, { token: presented, scope }) }
}

/** Ends one of the caller's sessions. */
export async function revokeSession(
  deps: Deps,
  ctx: RequestContext,
  { sessionId }: RevokeSessionRequest,
): Promise<MessageInitShape<typeof RevokeSessionResponseSchema>> {
  const { userId } = userCaller(ctx)
  const session = { userId, sessionId: sessionId.toLowerCase() as SessionId }
  const position = await revokeOwnSession(deps, ctx, session)
  // Another user's session is answered like one that there never was.
  if (position === undefined) throw new SignetError(ErrorReason.NOT_FOUND)
  return { position }
}

/** Ends every session of the caller but the one that asks. */
export async function revokeOtherSessions(
  deps: Deps,
  ctx: RequestContext,
  _input: RevokeOtherSessionsRequest,
): Promise<MessageInitShape<typeof RevokeOtherSessionsResponseSchema>> {
  const ended = await endSessionsOf(deps, ctx, { ...userCaller(ctx), keepThis: true })
  // Ended between authentication and here.
  if (ended === undefined) throw new SignetError(ErrorReason.UNAUTHENTICATED)
  return { ended: ended.others, position: ended.others === 0 ? 0n : ended.position }
}
