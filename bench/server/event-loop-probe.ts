/** Loaded into the server before its own code: tells the benchmark how late the event loop was. */

import { monitorEventLoopDelay } from 'node:perf_hooks'

export type EventLoopQuestion = 'event-loop.reset' | 'event-loop.read'

/** Milliseconds, measured by a timer of one millisecond, which is part of each figure. */
export interface EventLoopDelay {
  p50Ms: number
  p99Ms: number
  maxMs: number
}

const histogram = monitorEventLoopDelay({ resolution: 1 })

process.on('message', (question: EventLoopQuestion) => {
  if (question === 'event-loop.reset') {
    histogram.enable()
    histogram.reset()
  }
  process.send?.({
    p50Ms: histogram.percentile(50) / 1e6,
    p99Ms: histogram.percentile(99) / 1e6,
    maxMs: histogram.max / 1e6,
  } satisfies EventLoopDelay)
})
