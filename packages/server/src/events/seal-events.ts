/**
 * Seals committed events: numbers them without gaps and chains their hashes, one bounded batch in one transaction.
 *
 * 1. Lock the end of the chain. Whoever finds it locked leaves: one sealer works at a time over all instances.
 * 2. Read the oldest events without a place. An event that committed late is simply numbered late.
 * 3. Store their places and the end of the chain. Killed before the commit, nothing has happened.
 *
 * Writers are never waited for and never wait: they insert rows that nobody else touches.
 */

import type { Database } from '../db/database.ts'
import { chainHash, type StoredEvent } from './chain.ts'
import { findChainForUpdateSkipLocked, listUnsealedEvents, sealEvents } from './events.sql.ts'

/**
 * How a batch ended: with the number of events it sealed and the end of the chain, or not begun because another sealer
 * works.
 */
export type SealedBatch = { kind: 'sealed'; count: number; head: bigint } | { kind: 'busy' }

/** Seals at most `limit` events. */
export function sealBatch(db: Database, limit: number): Promise<SealedBatch> {
  return db.transaction(async (tx) => {
    const end = await findChainForUpdateSkipLocked(tx)
    if (end === undefined) return { kind: 'busy' }
    const events = await listUnsealedEvents(tx, { limit: BigInt(limit) })
    const [first, last] = [events.at(0), events.at(-1)]
    if (first === undefined || last === undefined) {
      return { kind: 'sealed', count: 0, head: end.seq }
    }
    const places = placesAfter(end, events)
    const { seq: lastSeq, hash: lastHash } = places.at(-1) ?? end
    const sealed = await sealEvents(tx, {
      ids: events.map((event) => event.id),
      occurredAts: events.map((event) => event.occurredAt),
      seqs: places.map((place) => place.seq),
      hashes: places.map((place) => place.hash),
      firstArrival: first.arrival,
      lastArrival: last.arrival,
      lastSeq,
      lastHash,
    })
    if (sealed !== events.length) {
      throw new Error(`sealed ${sealed} of ${events.length} events: somebody else gave them places`)
    }
    return { kind: 'sealed', count: sealed, head: lastSeq }
  })
}

interface Place {
  seq: bigint
  hash: Buffer
}

function placesAfter(end: Place, events: StoredEvent[]): Place[] {
  let last = end
  return events.map((event) => {
    const seq = last.seq + 1n
    last = { seq, hash: chainHash(last.hash, seq, event) }
    return last
  })
}
