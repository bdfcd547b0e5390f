/**
 * Finds sessions that have ended without a word, so that clients that hear of sign-outs hear of those too: sessions that
 * expired, that ended with the client through which they were opened, or with everything.
 *
 * Each instance looks every few seconds; of those who look at the same time one does. What it finds is ended and queued in one
 * statement, in bounded batches, so nothing is lost with the process and nobody is told twice.
 *
 * Specs: OpenID Connect Back-Channel Logout 1.0 §2.7.
 */

import type { Db } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import { keepDoing } from '../operations/keep-doing.ts'
import { sweepBackchannelLogouts } from './backchannel-logout.sql.ts'

const pollMsDefault = 15_000
const retryMs = 5_000
const batchMax = 500

/** Looks for as long as the process lives. Never throws: a failure is logged once, and tried again. */
export function startSessionSweeper(
  { db, log }: Pick<Deps, 'db' | 'log'>,
  { pollMs = pollMsDefault }: { pollMs?: number } = {},
): { stop(): Promise<void> } {
  return keepDoing({
    log,
    work: () => sweepSessions(db),
    pollMs,
    retryMs,
    says: 'ended sessions are not looked for; trying again',
  })
}

/** Looks at one batch. Whether there may be more. */
export async function sweepSessions(db: Db, limit = batchMax): Promise<boolean> {
  const { lookedAt } = await sweepBackchannelLogouts(db, { limit })
  return lookedAt === limit
}
