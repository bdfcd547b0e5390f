/**
 * Queues work for later, in the transaction that causes it: what is rolled back was never queued, and what is committed
 * is not lost. Everything that queues goes through here.
 *
 * Errors: UNAVAILABLE.
 */

import type { Db, Json } from '../db/query.ts'
import {
  heartbeatSeconds,
  type JobKind,
  type JobPayloads,
  jobPolicies,
  keptSeconds,
} from './job-kinds.ts'
import { insertJob } from './queue.sql.ts'

export interface EnqueueOptions {
  /** A UUID. Where a job of this id was queued before, it is not queued again. */
  id?: string
  delaySeconds?: number
}

/** Queues one job. `tx` is the causing transaction. False where one of the same id was queued before. */
export async function enqueue<K extends JobKind>(
  tx: Db,
  kind: K,
  payload: JobPayloads[K],
  { id, delaySeconds = 0 }: EnqueueOptions = {},
): Promise<boolean> {
  const { retriesMax, firstDelaySeconds, longestDelaySeconds, runSeconds } = jobPolicies[kind]
  const queued = await insertJob(tx, {
    id: id ?? null,
    kind,
    payload: payload as unknown as Record<string, Json>,
    delaySeconds,
    runSeconds,
    keptSeconds: keptSeconds.failed,
    retriesMax,
    firstDelaySeconds,
    longestDelaySeconds,
    heartbeatSeconds,
  })
  if (queued === undefined && id === undefined) throw new Error(`there is no queue for ${kind}`)
  return queued !== undefined
}
