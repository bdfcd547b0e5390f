/**
 * Ends everything that a user holds, or everything but one session, by one entry in the revocation log.
 *
 * 1. Lock in the order of the house: the user, the grants of the session in question, the session.
 * 2. Only then see whether that session is alive: a cut that came first has killed it, and the dead decide nothing.
 * 3. Write the entry. At COMMIT it gets its position, and the user's cut is raised to it; the session that is kept, and
 *    its grants, are raised with it.
 */

import type { Db } from '../db/query.ts'
import { lockGrantsOfSession } from '../grants/end-grants.ts'
import type { SessionId, UserId } from '../ids.ts'
import { lockLiveSession, lockUser, logUserCut } from './revocation.sql.ts'
import type { RevocationReason } from './revocation-reasons.ts'

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
