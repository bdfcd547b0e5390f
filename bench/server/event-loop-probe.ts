/** Loaded into the server before its own code: tells the benchmark how late the event loop was, and what memory is in use. */

import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

export type EventLoopQuestion = 'event-loop.reset' | 'event-loop.read' | 'heap.collect'

/** Milliseconds, measured by a timer of one millisecond, which is part of each figure. */
export interface EventLoopDelay {
  p50Ms: number
  p99Ms: number
  maxMs: number
}

/** What a process answers to each question. */
export interface ProbeAnswer extends EventLoopDelay {
  /** Megabytes of JavaScript in use; after `heap.collect`, what is left when all garbage is gone. */
  heapMb: number
}

const histogram = monitorEventLoopDelay({ resolution: 1 })

process.on('message', (question: EventLoopQuestion) => {
  if (question === 'event-loop.reset') {
    histogram.enable()
    histogram.reset()
  }
  if (question === 'heap.collect') collectGarbage()
  process.send?.({
    p50Ms: histogram.percentile(50) / 1e6,
    p99Ms: histogram.percentile(99) / 1e6,
    maxMs: histogram.max / 1e6,
    heapMb: process.memoryUsage().heapUsed / 2 ** 20,
  } satisfies ProbeAnswer)
  // A thousand timers a second take part of a core from whatever else is measured.
  if (question === 'event-loop.read') histogram.disable()
})

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  // Once more for what finalizers have let go of.
  collect()
  collect()
}
