/**
 * Ends sessions, many in one transaction: the counter of positions is one row, and a commit for each would queue on it.
 *
 * 1. While one batch is on its way, those who ask wait for the next; who asks for the same session shares its end.
 * 2. One statement ends what nobody else has locked, with the grants, the log entries and the events.
 * 3. What was passed over is ended singly, waiting for its locks; and so is each of a batch that failed as a whole.
 * 4. Each caller is answered after the commit of its own end, never before, and once this instance has read it in the log.
 *
 * Errors: UNAVAILABLE.
 */

import { ErrorReason } from '@signet/contract'
import type { MasterSecret } from '../crypto/master-secret.ts'
import type { Database } from '../db/database.ts'
import type { Db, Json } from '../db/query.ts'
import { SignetError } from '../errors.ts'
import { prepareEvent } from '../events/record-event.ts'
import { lockGrantsOfSession } from '../grants/end-grants.ts'
import type { ClientId, SessionId, UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import type { LiveLog } from './live-log.ts'
import { endSessions, listPositions, lockSession } from './revocation.sql.ts'
import type { RevocationReason } from './revocation-reasons.ts'

/** Why a session was ended singly; stands in its row, in the log and in the event. */
export type EndReason = Extract<
  RevocationReason,
  'signed_out' | 'revoked' | 'revoked_by_operator' | 'upstream_signed_out'
>

export interface SessionEnd {
  sessionId: SessionId
  /** Whose session it is. */
  userId: UserId
  reason: EndReason
  /** Who ends it; left out, it is the user who calls, if any. */
  actorId?: UserId
  clientId?: ClientId
  /** Somebody waits for a receipt: verifiers are asked to report. */
  awaited?: boolean
}

export interface SessionEnds {
  /** Ends a session with its grants. The position in the log, or 0 where it had ended before. */
  end(ctx: RequestContext, end: SessionEnd): Promise<bigint>
}

export interface SessionEndsDeps {
  db: Database
  masterSecret: MasterSecret
  revocations: Pick<LiveLog, 'announce' | 'settled'>
}

/** One row of what is asked; `origin` as base64. */
type Asked = { session_id: string; user_id: string; awaited: boolean } & Record<string, Json>

interface Waiting {
  asked: Asked
  resolve(position: bigint): void
  reject(error: unknown): void
}

/** Sessions that one transaction ends at the most. */
export const batchMax = 64

/** The queue of one instance. */
export function openSessionEnds(deps: SessionEndsDeps): SessionEnds {
  let waiting: Waiting[] = []
  let working = false

  async function work(): Promise<void> {
    working = true
    while (waiting.length > 0) {
      const batch = takeBatch()
      await endBatch(deps, batch)
    }
    working = false
  }

  function takeBatch(): Map<string, Waiting[]> {
    const batch = new Map<string, Waiting[]>()
    const later: Waiting[] = []
    for (const each of waiting) {
      const key = keyOf(each.asked.session_id, each.asked.user_id)
      const sharing = batch.get(key)
      if (sharing !== undefined) share(sharing, each)
      else if (batch.size < batchMax) batch.set(key, [each])
      else later.push(each)
    }
    waiting = later
    return batch
  }

  return {
    async end(ctx, end) {
      const asked = await askFor(deps, ctx, end)
      const position = await new Promise<bigint>((resolve, reject) => {
        waiting.push({ asked, resolve, reject })
        if (!working) void work()
      })
      if (position > 0n) await deps.revocations.settled()
      return position
    },
  }
}

/** One end for all who ask for it; it is awaited where one of them waits. */
function share(sharing: Waiting[], another: Waiting): void {
  const [first] = sharing
  if (first !== undefined) first.asked.awaited ||= another.asked.awaited
  sharing.push(another)
}

/** Whoever names another user's session is another caller than that user. */
function keyOf(sessionId: string, userId: string): string {
  return `${sessionId} ${userId}`
}

async function askFor(
  deps: SessionEndsDeps,
  ctx: RequestContext,
  { sessionId, userId, reason, actorId, clientId, awaited = false }: SessionEnd,
): Promise<Asked> {
  const event = await prepareEvent(deps, ctx, {
    kind: 'session.ended',
    outcome: 'success',
    ...(actorId !== undefined && { actorId }),
    ...(clientId !== undefined && { clientId }),
    subjectId: userId,
    details: { sessionId, reason },
  })
  return {
    session_id: sessionId,
    user_id: userId,
    awaited,
    reason,
    event_id: event.id,
    occurred_at: event.occurredAt.toISOString(),
    kind: event.kind,
    outcome: event.outcome,
    actor_id: event.actorId,
    client_id: event.clientId,
    reference: event.reference,
    details: event.details,
    origin: event.origin?.toString('base64') ?? null,
  }
}

/** Answers everyone in the batch; never throws. What must be ended singly goes on by itself. */
async function endBatch(deps: SessionEndsDeps, batch: Map<string, Waiting[]>): Promise<void> {
  const all = [...batch.values()]
  try {
    const asked = all.flatMap(([first]) => (first === undefined ? [] : [first.asked]))
    const { ended, passedOver } = await endNow(deps, deps.db, asked)
    for (const [key, callers] of batch) {
      if (passedOver.has(key)) void endSingly(deps, callers)
      else for (const { resolve } of callers) resolve(ended.get(key) ?? 0n)
    }
  } catch (error) {
    const isAway = error instanceof SignetError
    for (const callers of all) {
      if (isAway || all.length === 1) for (const { reject } of callers) reject(error)
      else void endSingly(deps, callers)
    }
  }
}

/** Ends one session, waiting for whoever has locked it or its grants; never throws. */
async function endSingly(deps: SessionEndsDeps, callers: Waiting[]): Promise<void> {
  const [first] = callers
  if (first === undefined) return
  const { asked } = first
  try {
    const entryIds = await deps.db.transaction(async (tx) => {
      await lockGrantsOfSession(tx, { sessionId: asked.session_id })
      await lockSession(tx, { id: asked.session_id })
      const [row] = await endSessions(tx, { asked: [asked] })
      if (row === undefined) return []
      // A grant that came between the locks and the statement.
      if (row.entryId === null)
        throw new SignetError(ErrorReason.UNAVAILABLE, { retryAfterSeconds: 1 })
      return [row.entryId]
    })
    const [position = 0n] = await positionsOf(deps, entryIds)
    for (const { resolve } of callers) resolve(position)
  } catch (error) {
    for (const { reject } of callers) reject(error)
  }
}

async function endNow(deps: SessionEndsDeps, db: Db, asked: Asked[]) {
  const rows = await endSessions(db, { asked })
  const passedOver = new Set<string>()
  const logged: { key: string; entryId: bigint }[] = []
  for (const { sessionId, userId, entryId } of rows) {
    const key = keyOf(sessionId, userId)
    if (entryId === null) passedOver.add(key)
    else logged.push({ key, entryId })
  }
  const entryIds = logged.map(({ entryId }) => entryId)
  const positions = await positionsOf(deps, entryIds)
  const ended = new Map(logged.map(({ key }, i) => [key, positions[i] ?? 0n]))
  return { ended, passedOver }
}

/** The positions of committed entries, in the same order; everyone is told that there are new ones. */
export async function positionsOf(
  deps: { db: Db; revocations: Pick<LiveLog, 'announce'> },
  entryIds: readonly bigint[],
): Promise<bigint[]> {
  if (entryIds.length === 0) return []
  deps.revocations.announce()
  const positions = new Map<bigint, bigint>()
  for (const { id, position } of await listPositions(deps.db, { ids: entryIds }))
    positions.set(id, position)
  return entryIds.map((id) => {
    const position = positions.get(id)
    if (position === undefined) throw new Error('a committed entry of the revocation log is gone')
    return position
  })
}
