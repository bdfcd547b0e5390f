/** How the queue is doing, for metrics: what waits, runs and has failed of each kind, and how late the oldest is. */

import type { Db } from '../db/query.ts'
import { type JobKind, jobPolicies } from './job-kinds.ts'
import { countJobs } from './queue.sql.ts'

/** What there is of one kind, in the whole installation. */
export interface QueueState {
  kind: JobKind
  waiting: number
  running: number
  /** Failed for good, and kept for somebody to look at. */
  failed: number
  /** Seconds since the oldest job that may run became due; 0 where none is. */
  oldestDueSeconds: number
}

/** One entry for each kind that this version knows. */
export async function readQueueState(db: Db): Promise<QueueState[]> {
  const counted = new Map((await countJobs(db)).map((row) => [row.kind, row]))
  return (Object.keys(jobPolicies) as JobKind[]).map((kind) => {
    const { waiting = 0, running = 0, failed = 0, oldestDueSeconds = 0 } = counted.get(kind) ?? {}
    return { kind, waiting, running, failed, oldestDueSeconds }
  })
}
