/**
 * Admission control for password hashing: how many hashes run at once, who waits, and who is turned away.
 *
 * A hash takes a core for about ten milliseconds and memory of its own. More of them at once than there are cores only
 * thrash the caches, so a few run, a bounded number waits in order of arrival, and the rest is told when to come back.
 *
 * While callers wait, those who are done are let go in small groups. A hash leaves the caches of its core empty, so what
 * follows it (a write, a token, an answer) takes two to three times as long when it is done between two hashes as when it
 * is done for several callers in a row, and several together need one transaction.
 *
 * Errors: UNAVAILABLE with retryAfterSeconds when the queue is full, TIMEOUT when the caller left before its turn.
 */

import { ErrorReason } from '@signet/contract'
import { SignetError } from '../errors.ts'

export interface Admission {
  /** Runs `work` when its turn comes. An aborted `signal` gives up the place in the queue; started work is finished. */
  run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>
  counts(): { running: number; waiting: number }
}

interface AdmissionOptions {
  concurrency: number
  queueMax: number
}

/** Weight of the latest duration in the moving average from which Retry-After is computed. */
const averageWeight = 0.1
const assumedDurationMs = 20
/** No more, because what follows is done for a whole group before the event loop turns to anybody else. */
const groupMax = 16
/** The most that a caller waits for its group. */
const heldMs = 80

/** At most `concurrency` pieces of work at once and `queueMax` waiting. */
export function openAdmission({ concurrency, queueMax }: AdmissionOptions): Admission {
  const waiting = new Set<() => void>()
  const leaveTogether = openGroup()
  let running = 0
  let averageMs = assumedDurationMs

  function retryAfterSeconds(): number {
    return Math.max(1, Math.ceil(((waiting.size + 1) * averageMs) / concurrency / 1000))
  }

  function turn(signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) return Promise.reject(callerLeft(signal))
    if (running < concurrency) {
      running += 1
      return Promise.resolve()
    }
    if (waiting.size >= queueMax) {
      return Promise.reject(
        new SignetError(ErrorReason.UNAVAILABLE, {
          retryAfterSeconds: retryAfterSeconds(),
          detail: `${waiting.size} password hashes are waiting`,
        }),
      )
    }
    return new Promise((resolve, reject) => {
      function start(): void {
        signal?.removeEventListener('abort', leave)
        resolve()
      }
      function leave(): void {
        waiting.delete(start)
        reject(callerLeft(signal))
      }
      waiting.add(start)
      signal?.addEventListener('abort', leave, { once: true })
    })
  }

  /** Hands the place to whoever waits longest; `running` stays as it is, so nobody can slip in between. */
  function passOn(): void {
    const [next] = waiting
    if (next === undefined) {
      running -= 1
      return
    }
    waiting.delete(next)
    next()
  }

  return {
    async run(work, signal) {
      await turn(signal)
      const startedAtMs = performance.now()
      try {
        return await work()
      } finally {
        averageMs += averageWeight * (performance.now() - startedAtMs - averageMs)
        passOn()
        await leaveTogether(Math.min(groupMax, waiting.size))
      }
    },
    counts: () => ({ running, waiting: waiting.size }),
  }
}

/** Holds callers until so many of them are done, or the first of them has been held long enough. */
function openGroup(): (size: number) => Promise<void> | undefined {
  let held: (() => void)[] = []
  let timer: NodeJS.Timeout | undefined

  function release(): void {
    clearTimeout(timer)
    const group = held
    held = []
    for (const leave of group) leave()
  }

  return (size) => {
    if (held.length + 1 >= size) {
      release()
      return undefined
    }
    return new Promise((leave) => {
      if (held.length === 0) timer = setTimeout(release, heldMs)
      held.push(leave)
    })
  }
}

function callerLeft(signal: AbortSignal | undefined): SignetError {
  return new SignetError(ErrorReason.TIMEOUT, {
    detail: 'the caller left before its password was looked at',
    cause: signal?.reason,
  })
}
