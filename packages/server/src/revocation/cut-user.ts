/**
 * Ends everything that a user holds, or everything but one session, by one entry in the revocation log.
 *
 * 1. Lock in the order of the house: the user, the grants of the session in question, the session.
 * 2. Only then see whether that session is alive: a cut that came first has killed it, and the dead decide nothing.
 * 3. Write the entry. At COMMIT it gets its position, and the user's cut is raised to it; the session that is kept, and
 *    its grants, are raised with it.
 */

import { ErrorReason } from '@signet/contract'
import type { Db } from '../db/query.ts'
import { SignetError } from '../errors.ts'
import { lockGrantsOfSession } from '../grants/end-grants.ts'
import type { SessionId, UserId } from '../ids.ts'
import { type RequestContext, userCaller } from '../request-context.ts'
import type { LiveLog } from './live-log.ts'
import { lockLiveSession, lockUser, logUserCut } from './revocation.sql.ts'
import type { RevocationReason } from './revocation-reasons.ts'
import { positionsOf } from './session-ends.ts'

export interface UserSession {
  userId: UserId
  sessionId: SessionId
}

/** Locks user and session until the transaction ends; false where the session is not alive. */
export async function lockUserSession(
  tx: Db,
  { userId, sessionId }: UserSession,
): Promise<boolean> {
  if ((await lockUser(tx, { id: userId })) === undefined) return false
  await lockGrantsOfSession(tx, { sessionId })
  return (await lockLiveSession(tx, { userId, sessionId })) !== undefined
}

/** The same for the session of the caller. Throws UNAUTHENTICATED where it has ended meanwhile. */
export async function lockCallerSession(tx: Db, ctx: RequestContext): Promise<void> {
  if (!(await lockUserSession(tx, userCaller(ctx))))
    throw new SignetError(ErrorReason.UNAUTHENTICATED)
}

/** Locks a user until the transaction ends, where no session is to be kept. */
export async function lockUserToCut(tx: Db, userId: UserId): Promise<void> {
  await lockUser(tx, { id: userId })
}

/** Writes the entry and answers its id. The transaction has locked the user, and the session that is kept. */
export async function cutUser(
  tx: Db,
  cut: {
    userId: UserId
    reason: RevocationReason
    keep?: SessionId | undefined
    awaited?: boolean
  },
): Promise<bigint> {
  const { userId, reason, keep, awaited = false } = cut
  const { entryId } = await logUserCut(tx, { userId, reason, exceptSid: keep ?? null, awaited })
  return entryId
}

/**
 * The position of an entry that is committed, once this instance has read it: a session may rest on the very entry that ended what was
 * there before.
 */
export async function positionAfterCut(
  deps: { db: Db; revocations: Pick<LiveLog, 'announce' | 'settled'> },
  entryId: bigint,
): Promise<bigint> {
  const [position = 0n] = await positionsOf(deps, [entryId])
  await deps.revocations.settled()
  return position
}
