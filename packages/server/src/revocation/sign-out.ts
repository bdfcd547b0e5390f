/**
 * Signs out: of this session, of the others, or everywhere.
 *
 * 1. The token says which session is meant. An expired access token is good enough, and so is a refresh token.
 * 2. Only a client of ours may sign out: another app that holds a user's token must not end that user's sessions.
 * 3. This session: it is ended, with its grants, in the next batch. The others and everywhere: one log entry raises the
 *    user's cut, so that sign-ins die too that have read the password and have no session yet.
 * 4. Answered after the commit, once this instance has read it in the log. A session that had ended before may not end others: nothing happens, and the position is 0.
 *
 * Errors: UNAUTHENTICATED, UNAVAILABLE.
 */

import { SignOutScope } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { recordEvent } from '../events/record-event.ts'
import type { SessionId, UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { refused } from '../tokens/refused.ts'
import { cutUser, lockUserSession, positionAfterCut } from './cut-user.ts'
import { type Departure, readDepartingToken } from './departing-token.ts'
import { countOtherSessions, findDepartingSession } from './revocation.sql.ts'

export interface SignOut {
  token: string
  scope: SignOutScope
  /** Somebody waits for a receipt. */
  awaited: boolean
}

type CutDeps = Pick<Deps, 'db' | 'masterSecret' | 'revocations'>
type SignOutDeps = CutDeps & Pick<Deps, 'config' | 'knownGrants' | 'sessionEnds' | 'signingKeys'>

/** Ends what the scope says. The position in the revocation log, or 0 where the session had ended before. */
export async function signOut(
  deps: SignOutDeps,
  ctx: RequestContext,
  { token, scope, awaited }: SignOut,
): Promise<bigint> {
  const departure = await readDepartingToken(deps, ctx, token)
  const session = await findDepartingSession(deps.db, departure)
  if (session === undefined) return 0n
  if (!session.firstParty) throw refused("a client that may not use Signet's own API")
  if (scope === SignOutScope.OTHER_SESSIONS || scope === SignOutScope.EVERYWHERE) {
    const ended = await endSessionsOf(deps, ctx, {
      ...departure,
      keepThis: scope === SignOutScope.OTHER_SESSIONS,
      awaited,
    })
    return ended?.position ?? 0n
  }
  const { sessionId, userId, clientId } = departure
  const end = {
    sessionId,
    userId,
    clientId,
    actorId: userId,
    reason: 'signed_out' as const,
    awaited,
  }
  return deps.sessionEnds.end(ctx, end)
}

/** Ends every session and grant of a user, but for this session where it is kept; undefined where this one is dead. */
export async function endSessionsOf(
  deps: CutDeps,
  ctx: RequestContext,
  of: Departure & { keepThis: boolean; awaited?: boolean },
): Promise<{ others: number; position: bigint } | undefined> {
  const { userId, sessionId, clientId, keepThis, awaited = false } = of
  const reason = keepThis ? 'signed_out_elsewhere' : 'signed_out_everywhere'
  const cut = await deps.db.transaction(async (tx) => {
    if (!(await lockUserSession(tx, { userId, sessionId }))) return undefined
    const { count: others } = await countOtherSessions(tx, { userId, sessionId })
    const entryId = await cutUser(tx, {
      userId,
      reason,
      awaited,
      ...(keepThis && { keep: sessionId }),
    })
    await recordEvent({ ...deps, db: tx }, ctx, {
      kind: 'user.signed_out',
      outcome: 'success',
      actorId: userId,
      subjectId: userId,
      clientId,
      details: { reason, sessionId },
    })
    return { others, entryId }
  })
  if (cut === undefined) return undefined
  return { others: cut.others, position: await positionAfterCut(deps, cut.entryId) }
}

/** Ends one session of a user by its id; undefined where that user has no such live session. */
export async function revokeOwnSession(
  deps: Pick<Deps, 'sessionEnds'>,
  ctx: RequestContext,
  session: { userId: UserId; sessionId: SessionId; awaited: boolean },
): Promise<bigint | undefined> {
  const position = await deps.sessionEnds.end(ctx, { ...session, reason: 'revoked' })
  return position === 0n ? undefined : position
}
