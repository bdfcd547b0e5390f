/**
 * How long the steps of one connection were on their way: held back by a network, by a buffer, or because this process was
 * stopped and reads now what came meanwhile.
 *
 * A step was made after its connection was asked for, and says when it was made on a clock of the sender. So the time from
 * asking until it arrives, less the time between the making of the first step and of this one, is the most that it can have
 * been on its way. Neither clock has to be right; both have to go on.
 */

import { type Clock, elapsedMs, momentOf } from './clock.ts'

export interface StepDelay {
  /** Milliseconds; at most this long. */
  heldBackMs: number
  /** By how much that exceeds the first step's. */
  grownMs: number
}

/** Starts to measure; called before the connection is asked for. */
export function measureStepDelays(clock: Clock): (clockMs: number) => StepDelay {
  const askedAt = momentOf(clock)
  let first: { clockMs: number; heldBackMs: number } | undefined
  return (clockMs) => {
    const passedMs = elapsedMs(clock, askedAt)
    first ??= { clockMs, heldBackMs: passedMs }
    const heldBackMs = Math.max(0, passedMs - (clockMs - first.clockMs))
    return { heldBackMs, grownMs: heldBackMs - first.heldBackMs }
  }
}
