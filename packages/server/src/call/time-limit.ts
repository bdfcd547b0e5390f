/**
 * The time limits of calls and of their bodies. Nearly all end long before their limit, and a timer of their own would cost more than
 * most of what the pipeline does for them; so those of one limit that begin within the same moment share one.
 *
 * Callers choose limits of their own, as many as they like. Only a few different ones are shared at a time, and a timer that no call
 * waits for and none can join is cleared.
 */

import { AsyncLocalStorage } from 'node:async_hooks'

/** How much later than its limit a call may be ended, in milliseconds. */
const sharedForMs = 10
const sharedMax = 8

/** The limits that share a timer, in a ring that begins and ends here. */
interface Ring {
  before: Ring | TimeLimit
  after: Ring | TimeLimit
  /** Until when others may join, by the monotonic clock; 0 once none may. */
  until: number
  timer: NodeJS.Timeout
}

/** The ring of the moment, by its limit in milliseconds. */
const rings = new Map<number, Ring>()
/** What a timer calls belongs to many calls, and so to the trace of none. */
const outsideOfCalls = AsyncLocalStorage.snapshot()

export class TimeLimit {
  before: Ring | TimeLimit
  after: Ring | TimeLimit
  #ring: Ring
  #late: () => void

  /** Calls `late` once `timeoutMs` milliseconds have passed since `startedAt` (of `performance.now()`), unless it is lifted before. */
  constructor(startedAt: number, timeoutMs: number, late: () => void) {
    const ring = ringOf(startedAt, timeoutMs)
    this.#ring = ring
    this.#late = late
    this.before = ring.before
    this.after = ring
    ring.before.after = this
    ring.before = this
  }

  /** The call has ended. Nothing where it was lifted before. */
  lift(): void {
    this.before.after = this.after
    this.after.before = this.before
    this.before = this
    this.after = this
    clearIfUseless(this.#ring)
  }

  /** Lifts it, because its time is over. */
  expire(): void {
    this.lift()
    this.#late()
  }
}

function ringOf(startedAt: number, timeoutMs: number): Ring {
  const current = rings.get(timeoutMs)
  if (current !== undefined) {
    if (startedAt < current.until) return current
    close(timeoutMs, current)
  }
  const isShared = rings.size < sharedMax
  const ring = { until: isShared ? startedAt + sharedForMs : 0 } as Ring
  ring.before = ring
  ring.after = ring
  if (isShared) rings.set(timeoutMs, ring)
  ring.timer = outsideOfCalls(() =>
    setTimeout(() => {
      if (rings.get(timeoutMs) === ring) close(timeoutMs, ring)
      while (ring.after instanceof TimeLimit) ring.after.expire()
    }, timeoutMs + sharedForMs).unref(),
  )
  return ring
}

/** Nobody joins any more. */
function close(timeoutMs: number, ring: Ring): void {
  rings.delete(timeoutMs)
  ring.until = 0
  clearIfUseless(ring)
}

function clearIfUseless(ring: Ring): void {
  if (ring.until === 0 && ring.after === ring) clearTimeout(ring.timer)
}
