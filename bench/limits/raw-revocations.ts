/**
 * The very statement that ends sessions, and nothing else, over one connection: so many sessions in each transaction.
 * Runs as a child.
 */

import { randomUUID } from 'node:crypto'
import type { DatabaseAddress } from '../../packages/server/src/db/address.ts'
import { openDatabase } from '../../packages/server/src/db/database.ts'
import { endSessions } from '../../packages/server/src/revocation/revocation.sql.ts'
import { answerParent } from '../child.ts'
import { type Slice, sliceOf } from '../slices.ts'

export interface RawRevocations {
  address: DatabaseAddress
  userId: string
  /** Live sessions of this user, each to be ended once. */
  sessionIds: string[]
  batch: number
  seconds: number
}

answerParent(async (question: RawRevocations): Promise<Slice> => {
  const { address, userId, sessionIds, batch, seconds } = question
  const db = openDatabase({ address, poolSize: 1, prepared: true })
  try {
    await db.query({ name: '', text: 'select 1', values: [], rowMode: 'array' })
    const startedAt = performance.now()
    const deadline = startedAt + seconds * 1000
    const latencies: number[] = []
    for (let at = 0; at + batch <= sessionIds.length; at += batch) {
      const sentAt = performance.now()
      const asked = sessionIds.slice(at, at + batch).map((id) => askedFor(id, userId))
      const ended = await endSessions(db, { asked })
      if (ended.some(({ entryId }) => entryId === null) || ended.length !== batch)
        throw new Error(`${ended.length} of ${batch} sessions were ended`)
      const endedAt = performance.now()
      for (let i = 0; i < batch; i++) latencies.push(endedAt - sentAt)
      if (endedAt > deadline) break
    }
    // The last one ends after the time is over, or all sessions are used up before it is.
    return sliceOf(latencies, { seconds: (performance.now() - startedAt) / 1000, uncounted: 0 })
  } finally {
    await db.end()
  }
})

function askedFor(sessionId: string, userId: string) {
  return {
    session_id: sessionId,
    user_id: userId,
    reason: 'revoked',
    event_id: randomUUID(),
    occurred_at: new Date().toISOString(),
    kind: 'session.ended',
    outcome: 'success',
    actor_id: userId,
    client_id: 'signet',
    reference: 'BENC-HMAR-KING',
    details: JSON.stringify({ sessionId, reason: 'revoked' }),
    origin: null,
    awaited: false,
  }
}
