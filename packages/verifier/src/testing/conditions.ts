/** Waiting for what must come, and clocks that a test moves. */

import { setTimeout } from 'node:timers/promises'
import type { Clock } from '../clock.ts'

const limitMs = 30_000

/** Resolves when the condition holds. Rejects where it does not within half a minute. */
export async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + limitMs
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`never came true: ${condition}`)
    await setTimeout(5)
  }
}

export interface MovableClock extends Clock {
  /** What the wall clock shows beyond the right time, in milliseconds. */
  wallAheadMs: number
  /** By how much more time has passed than really has. */
  monotonicAheadMs: number
  /** Time passes on both. */
  pass(ms: number): void
}

export function movableClock(): MovableClock {
  const clock: MovableClock = {
    wallAheadMs: 0,
    monotonicAheadMs: 0,
    wallMs: () => Date.now() + clock.wallAheadMs,
    monotonicMs: () => performance.now() + clock.monotonicAheadMs,
    pass(ms) {
      clock.wallAheadMs += ms
      clock.monotonicAheadMs += ms
    },
  }
  return clock
}
