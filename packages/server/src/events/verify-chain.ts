/**
 * Verifies the chain from the first event to its end, a page at a time, and reports the first place that is broken.
 *
 * What only the database holds, its owner can rewrite from some event on, hashes included. Whoever noted a place and
 * its hash elsewhere gives it as `anchor`: then the rewriting shows too.
 *
 * Specs: OWASP ASVS 5.0 V16.4.2.
 */

import type { Db } from '../db/query.ts'
import { chainHash, chainStart } from './chain.ts'
import { findChainEnds, listSealedEvents } from './events.sql.ts'

/** A place in the chain and the hash there. */
export interface ChainPlace {
  seq: bigint
  hash: Buffer
}

/**
 * What was found.
 *
 * - `missing`: the event at `seq` is not there.
 * - `duplicate`: there are two events at `seq`.
 * - `altered`: the event at `seq` is not the one that was sealed there; a field was changed or events were reordered.
 * - `truncated`: the chain ends before `seq`, where it ended or was anchored before.
 * - `extra`: events stand after the end of the chain; its end was set back.
 */
export type ChainVerdict =
  | { intact: true; end: ChainPlace }
  | {
      intact: false
      problem: 'missing' | 'duplicate' | 'altered' | 'truncated' | 'extra'
      seq: bigint
      message: string
    }

export interface VerifyOptions {
  anchor?: ChainPlace
  pageSize?: number
  /** Told after each page, for a line of progress. */
  onProgress?: (seq: bigint, of: bigint) => void
}

type Broken = Extract<ChainVerdict, { intact: false }>

const pageSizeDefault = 1000

/** Verifies everything that is sealed when it is called. Sealing may go on meanwhile. */
export async function verifyChain(db: Db, options: VerifyOptions = {}): Promise<ChainVerdict> {
  const ends = await findChainEnds(db)
  const end = { seq: ends.seq, hash: ends.hash }
  let last: ChainPlace = { seq: 0n, hash: chainStart(ends.instanceId) }
  if (options.anchor !== undefined && end.seq < options.anchor.seq)
    return broken('truncated', options.anchor.seq)
  for (;;) {
    const reached = await verifyPage(db, last, { end, options })
    if ('intact' in reached) return reached
    if (reached.seq === last.seq) break
    last = reached
    options.onProgress?.(last.seq, end.seq)
  }
  if (last.seq < end.seq) return broken('truncated', last.seq + 1n)
  if (!last.hash.equals(end.hash)) return broken('altered', end.seq)
  if ((ends.lastSeq ?? 0n) > end.seq) return broken('extra', end.seq + 1n)
  return { intact: true, end }
}

/** The place that the next page leads to, or what is wrong in it. A page begins with the event before: it may be there twice. */
async function verifyPage(
  db: Db,
  from: ChainPlace,
  { end, options }: { end: ChainPlace; options: VerifyOptions },
): Promise<ChainPlace | Broken> {
  const limit = BigInt(options.pageSize ?? pageSizeDefault) + 1n
  const events = await listSealedEvents(db, { since: from.seq - 1n, limit })
  let last = from
  for (const event of events.slice(from.seq === 0n ? 0 : 1)) {
    if (event.seq === last.seq) return broken('duplicate', event.seq)
    if (event.seq > end.seq) break
    const seq = last.seq + 1n
    if (event.seq !== seq) return broken('missing', seq)
    const hash = chainHash(last.hash, seq, event)
    const anchored = options.anchor?.seq !== seq || options.anchor.hash.equals(hash)
    if (!anchored || !hash.equals(event.hash)) return broken('altered', seq)
    last = { seq, hash }
  }
  return last
}

const sentences: Record<Broken['problem'], (seq: bigint) => string> = {
  missing: (seq) => `Event ${seq} is missing.`,
  duplicate: (seq) => `There are two events with number ${seq}.`,
  altered: (seq) =>
    `Event ${seq} is not the one that was sealed there: something about it was changed, or events were reordered.`,
  truncated: (seq) => `The chain is cut off: event ${seq} and those after it are missing.`,
  extra: (seq) => `The end of the chain was set back: event ${seq} stands after it.`,
}

function broken(problem: Broken['problem'], seq: bigint): Broken {
  return { intact: false, problem, seq, message: sentences[problem](seq) }
}
