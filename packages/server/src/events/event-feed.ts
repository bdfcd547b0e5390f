/**
 * Who waits for the chain to grow: watchers that wait for the next event, and callers that wait until everything
 * committed so far is sealed. The sealer of this instance drives it, turn by turn.
 */

/** How far the chain has come, for those who wait. */
export interface EventFeed {
  /** Resolves once an event after `seq` is sealed, or the signal aborts. */
  sealedAfter(seq: bigint, signal: AbortSignal): Promise<void>
  /** Resolves once every event that was committed before this call is sealed. Rejects when that cannot be done. */
  settled(): Promise<void>
}

/** The side that the sealer holds. */
export interface FeedDriver extends EventFeed {
  /** Tells that the chain ends at `seq`. */
  advance(seq: bigint): void
  /** Takes the callers whom the turn that begins will serve. */
  beginTurn(): Settling
  /** Waits until `ms` have passed, or somebody wants everything sealed. */
  pause(ms: number): Promise<void>
  /** The same, but for as long as nobody waits for events it goes on until `longestMs` have passed. */
  rest(ms: number, longestMs: number): Promise<void>
  /** Ends the pause, and whoever waits for everything to be sealed. */
  close(): void
}

/** Callers of `settled` whom one turn serves. */
export interface Settling {
  done(): void
  failed(error: unknown): void
  /** They have to wait for another turn. Returns whether there are any. */
  again(): boolean
}

interface Caller {
  resolve: () => void
  reject: (error: unknown) => void
}

/** Opens a feed that stands before the first event. */
export function openEventFeed(): FeedDriver {
  let head = 0n
  let callers: Caller[] = []
  let wake = Promise.withResolvers<void>()
  const watchers = new Set<() => void>()
  /** Whether the pause has lasted long enough for somebody who waits for events. */
  let resting = false

  async function pause(ms: number): Promise<void> {
    const timer = setTimeout(wake.resolve, ms)
    await wake.promise
    clearTimeout(timer)
  }

  return {
    sealedAfter(seq, signal) {
      return new Promise((resolve) => {
        const check = () => {
          if (head <= seq && !signal.aborted) return
          watchers.delete(check)
          signal.removeEventListener('abort', check)
          resolve()
        }
        watchers.add(check)
        signal.addEventListener('abort', check)
        if (resting) wake.resolve()
        check()
      })
    },
    settled() {
      return new Promise((resolve, reject) => {
        callers.push({ resolve, reject })
        wake.resolve()
      })
    },
    advance(seq) {
      if (seq === head) return
      head = seq
      for (const check of watchers) check()
    },
    beginTurn() {
      wake = Promise.withResolvers<void>()
      const served = callers
      callers = []
      return {
        done() {
          for (const { resolve } of served) resolve()
        },
        failed(error) {
          for (const { reject } of served) reject(error)
        },
        again() {
          callers.unshift(...served)
          return callers.length > 0
        },
      }
    },
    pause,
    async rest(ms, longestMs) {
      const rested = setTimeout(() => {
        resting = true
        if (watchers.size > 0) wake.resolve()
      }, ms)
      await pause(Math.max(ms, longestMs))
      clearTimeout(rested)
      resting = false
    },
    close() {
      wake.resolve()
      const error = new Error('the sealer has stopped')
      for (const { reject } of callers) reject(error)
      callers = []
    },
  }
}
