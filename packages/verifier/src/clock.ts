/**
 * Time, as far as it may be believed: a wall clock that somebody may set, and a monotonic one that may stand still while
 * the machine is suspended. What has passed is the larger of the two, so that an old view never looks young.
 */

/** Injectable for tests. */
export interface Clock {
  /** Milliseconds since 1970. */
  wallMs(): number
  /** Milliseconds since whenever; never goes back. */
  monotonicMs(): number
}

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
}

/** One moment on both clocks. */
export interface Moment {
  wallMs: number
  monotonicMs: number
}

export function momentOf(clock: Clock): Moment {
  return { wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs() }
}

/** Milliseconds that have passed since the moment, by whichever clock says more. */
export function elapsedMs(clock: Clock, since: Moment): number {
  return betweenMs(since, momentOf(clock))
}

/** Milliseconds between two moments, by whichever clock says more. */
export function betweenMs(since: Moment, until: Moment): number {
  return Math.max(until.monotonicMs - since.monotonicMs, until.wallMs - since.wallMs)
}
