/** Metrics of queued jobs: what waits and for how long, and how runs ended. Kinds are a list in the code. */

import { Counter, Gauge, Histogram, type Registry } from '@prometheus-io/client'
import type { QueueState } from '../queue/queue-state.ts'

/** How one run of a job ended: `failed` is tried again, `dead` is not. */
export interface ObservedJob {
  kind: string
  outcome: 'done' | 'failed' | 'dead'
  seconds: number
}

const secondsBuckets = [0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120]

/** Registers the metrics. */
export function createJobMetrics(registry: Registry) {
  const registers = [registry]
  const runs = new Counter({
    name: 'signet_job_runs_total',
    help: 'Runs of jobs by kind and outcome; failed ones are tried again, dead ones are not.',
    labelNames: ['kind', 'outcome'],
    registers,
  })
  const seconds = new Histogram({
    name: 'signet_job_duration_seconds',
    help: 'Time of one run of a job that was done.',
    labelNames: ['kind'],
    buckets: secondsBuckets,
    registers,
  })
  return {
    observe({ kind, outcome, seconds: taken }: ObservedJob): void {
      runs.inc({ kind, outcome })
      if (outcome === 'done') seconds.observe({ kind }, taken)
    },
    readFrom(read: () => Promise<QueueState[]>): void {
      const counts = readTogether(read)
      new Gauge({
        name: 'signet_jobs',
        help: 'Jobs by kind and state, in the whole installation.',
        labelNames: ['kind', 'state'],
        registers,
        async collect() {
          for (const { kind, oldestDueSeconds: _, ...states } of await counts())
            for (const [state, count] of Object.entries(states)) this.set({ kind, state }, count)
        },
      })
      new Gauge({
        name: 'signet_job_oldest_due_seconds',
        help: 'How long the oldest job has been due, by kind; 0 where none is.',
        labelNames: ['kind'],
        registers,
        async collect() {
          for (const { kind, oldestDueSeconds } of await counts())
            this.set({ kind }, oldestDueSeconds)
        },
      })
    },
  }
}

/** One question for all gauges of a page. Where it cannot be answered, the page has the others. */
function readTogether(read: () => Promise<QueueState[]>): () => Promise<QueueState[]> {
  let asked: Promise<QueueState[]> | undefined
  return () => {
    asked ??= read()
      .catch(() => [])
      .finally(() => {
        asked = undefined
      })
    return asked
  }
}
