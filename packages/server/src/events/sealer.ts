/**
 * Runs the sealer for as long as the process lives.
 *
 * Every instance runs one. A turn is one cheap look; where something waits, closed windows become events and batches
 * are sealed until nothing is left. Looking again and again, instead of being notified, needs no connection of its own,
 * costs writers nothing, works behind a transaction pooler, and heals by itself when the database was away. While nobody
 * waits for events it looks less often: what comes in numbers is sealed in large batches, each of which costs as much as
 * a sign-in.
 */

import type { Logger } from 'pino'
import type { MasterSecret } from '../crypto/master-secret.ts'
import type { Database } from '../db/database.ts'
import { type EventFeed, type FeedDriver, openEventFeed } from './event-feed.ts'
import { ensureEventKeys, keyOwner } from './event-keys.ts'
import { closeWindows, ensureEventPartitions, findMonths, findSealerWork } from './events.sql.ts'
import { sealBatch } from './seal-events.ts'

export interface Sealer {
  /** For those who wait for events. */
  feed: EventFeed
  /** For metrics: the end of the chain, the age of the oldest event without a place, and whether the last turn failed. */
  state(): { seq: bigint; lagSeconds: number; failing: boolean }
  /** Finishes the batch in work. */
  stop(): Promise<void>
}

export interface SealerOptions {
  /** Between two looks, while somebody waits for events. */
  pollMs?: number
  batchSize?: number
}

interface SealerDeps {
  db: Database
  masterSecret: MasterSecret
  log: Logger
}

interface Run {
  /** As large as the last turns allowed. */
  batchSize: number
  seq: bigint
  lagSeconds: number
  failing: boolean
  monthsDueAtMs: number
  stopping: boolean
}

const pollMsDefault = 200
/** How many times longer it is between two looks while nobody waits for events. */
const restFactor = 5
const batchSizeDefault = 250
const retryMs = 1000
const busyMs = 20
const monthsEveryMs = 3_600_000
const retryMonthsMs = 60_000

/** Starts sealing. Never throws: that the database is away is logged once, and it is looked at again. */
export function startSealer(deps: SealerDeps, options: SealerOptions = {}): Sealer {
  const { pollMs = pollMsDefault, batchSize = batchSizeDefault } = options
  const feed = openEventFeed()
  const run: Run = {
    batchSize,
    seq: 0n,
    lagSeconds: 0,
    failing: false,
    monthsDueAtMs: 0,
    stopping: false,
  }
  const running = takeTurns({ deps, feed, run, pollMs, batchSize })
  return {
    feed,
    state: () => ({ seq: run.seq, lagSeconds: run.lagSeconds, failing: run.failing }),
    async stop() {
      run.stopping = true
      feed.close()
      await running
    },
  }
}

async function takeTurns(sealer: {
  deps: SealerDeps
  feed: FeedDriver
  run: Run
  pollMs: number
  batchSize: number
}): Promise<void> {
  const { deps, feed, run, pollMs, batchSize } = sealer
  while (!run.stopping) {
    const settling = feed.beginTurn()
    try {
      const done = await takeTurn(deps, feed, run)
      if (run.failing) deps.log.info('events are sealed again')
      run.failing = false
      run.batchSize = Math.min(run.batchSize * 2, batchSize)
      if (done) settling.done()
      if (!done && settling.again()) await feed.pause(busyMs)
      else await feed.rest(pollMs, pollMs * restFactor)
    } catch (error) {
      if (!run.failing) deps.log.warn({ err: error }, 'events cannot be sealed; trying again')
      run.failing = true
      // A database too slow for one batch may be able to do half of it.
      run.batchSize = Math.max(1, Math.floor(run.batchSize / 2))
      settling.failed(error)
      await feed.pause(retryMs)
    }
  }
  feed.close()
}

/** Seals what there is. Returns whether that was everything. */
async function takeTurn(deps: SealerDeps, feed: FeedDriver, run: Run): Promise<boolean> {
  await prepareMonths(deps, run)
  const work = await look(deps, feed, run)
  if (work.windowClosed) await closeWindows(deps.db)
  else if (work.unsealedForSeconds === null) return true
  while (!run.stopping) {
    const batch = await sealBatch(deps.db, run.batchSize)
    if (batch.kind === 'busy') return false
    const isLast = batch.count < run.batchSize
    advance(feed, run, { head: batch.head, lagSeconds: isLast ? 0 : run.lagSeconds })
    if (isLast) return true
  }
  return false
}

async function look(deps: SealerDeps, feed: FeedDriver, run: Run) {
  const work = await findSealerWork(deps.db)
  advance(feed, run, {
    head: work.head,
    lagSeconds: Math.max(0, work.unsealedForSeconds ?? 0),
  })
  return work
}

function advance(feed: FeedDriver, run: Run, to: { head: bigint; lagSeconds: number }): void {
  run.seq = to.head
  run.lagSeconds = to.lagSeconds
  feed.advance(to.head)
}

/**
 * Makes what the months ahead need: partitions, and keys for events on nobody known, so that no two writers meet at
 * making one. It is made long before, so a failure can wait for the next time.
 */
async function prepareMonths({ db, masterSecret, log }: SealerDeps, run: Run): Promise<void> {
  if (performance.now() < run.monthsDueAtMs) return
  run.monthsDueAtMs = performance.now() + monthsEveryMs
  try {
    await ensureEventPartitions(db)
    const { now, nextMonth } = await findMonths(db)
    await ensureEventKeys({ db, masterSecret }, new Set([keyOwner(now), keyOwner(nextMonth)]), now)
  } catch (error) {
    log.warn({ err: error }, 'the next months of the event log could not be prepared')
    run.monthsDueAtMs = performance.now() + retryMonthsMs
  }
}
