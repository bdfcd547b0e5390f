/**
 * The time limits of calls. Nearly every call ends long before its limit, and a timer of its own would cost more than most of what
 * the pipeline does for it; so calls that begin within the same moment share one.
 */

/** How much later than its limit a call may be ended, in milliseconds. */
const sharedForMs = 10

/** A ring of the limits that share a timer. */
interface Link {
  before: Link
  after: Link
}

export class TimeLimit implements Link {
  before: Link = this
  after: Link = this
  #late: () => void

  /** Calls `late` once `timeoutMs` milliseconds have passed since `startedAt` (of `performance.now()`), unless it is lifted before. */
  constructor(startedAt: number, timeoutMs: number, late: () => void) {
    this.#late = late
    const ring = ringOf(startedAt, timeoutMs)
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
  }

  static expireAll(ring: Link): void {
    for (let each = ring.after; each instanceof TimeLimit; each = ring.after) {
      each.lift()
      each.#late()
    }
  }
}

/** The ring of the moment, by its limit in milliseconds. */
const rings = new Map<number, Link & { until: number }>()

function ringOf(startedAt: number, timeoutMs: number): Link {
  const current = rings.get(timeoutMs)
  if (current !== undefined && startedAt < current.until) return current
  const ring = { until: startedAt + sharedForMs } as Link & { until: number }
  ring.before = ring
  ring.after = ring
  rings.set(timeoutMs, ring)
  const expire = () => {
    if (rings.get(timeoutMs) === ring) rings.delete(timeoutMs)
    TimeLimit.expireAll(ring)
  }
  setTimeout(expire, timeoutMs + sharedForMs).unref()
  return ring
}
