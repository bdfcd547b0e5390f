/**
 * How many calls and streams run at once. One more is refused at once with UNAVAILABLE, because a queue
 * without end only turns overload into time-outs.
 */

import { ErrorReason } from '@signet/contract'
import { SignetError } from '../errors.ts'

export interface Admission {
  /** Takes a place; throws UNAVAILABLE where none is left. Each place is given back with `leave`. */
  enter(kind: 'unary' | 'stream'): void
  leave(kind: 'unary' | 'stream'): void
  counts(): { unary: number; stream: number }
}

const retryAfterSeconds = 1

/** Admission for at most `callsMax` unary calls and `streamsMax` streams at once. */
export function createAdmission(limits: { callsMax: number; streamsMax: number }): Admission {
  const running = { unary: 0, stream: 0 }
  const max = { unary: limits.callsMax, stream: limits.streamsMax }
  return {
    enter(kind) {
      if (running[kind] >= max[kind])
        throw new SignetError(ErrorReason.UNAVAILABLE, {
          retryAfterSeconds,
          detail: `${max[kind]} ${kind} calls are running`,
        })
      running[kind] += 1
    },
    leave(kind) {
      running[kind] -= 1
    },
    counts: () => ({ ...running }),
  }
}
