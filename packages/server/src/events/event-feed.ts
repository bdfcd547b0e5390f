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
    async pause(ms) {
      const timer = setTimeout(wake.resolve, ms)
      await wake.promise
      clearTimeout(timer)
    },
    close() {
      wake.resolve()
      const error = new Error('the sealer has stopped')
      for (const { reject } of callers) reject(error)
      callers = []
    },
  }
}
