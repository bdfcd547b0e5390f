/** A job as whoever works on it sees it. */

import type { JobKind, JobPayloads } from './job-kinds.ts'

/** One job at work. */
export interface Job<K extends JobKind> {
  /** The same in every attempt. */
  id: string
  payload: JobPayloads[K]
  /** Aborted when the job does not belong to this worker any more, or time is up. */
  signal: AbortSignal
}

/** Thrown by a handler: trying this job again is of no use. The message is for an operator and names no person. */
export class JobRefused extends Error {
  override readonly name = 'JobRefused'
}
