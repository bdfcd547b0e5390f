/**
 * How many calls and streams run at once. One more is refused at once with UNAVAILABLE, because a queue
 * without end only turns overload into time-outs. Streams that anybody may open have few places of their own, so that
 * they never take one from a caller who is authorized.
 */

import { ErrorReason } from '@signet/contract'
import { SignetError } from '../errors.ts'
import type { Method } from './method.ts'

/** What a call takes a place among. */
export type AdmissionKind = 'unary' | 'stream' | 'public_stream'

export interface Admission {
  /** Takes a place; throws UNAVAILABLE where none is left. Each place is given back with `leave`. */
  enter(kind: AdmissionKind): void
  leave(kind: AdmissionKind): void
  counts(): Record<AdmissionKind, number>
}

const retryAfterSeconds = 1
const publicStreamsMax = 100

/** The places that calls of a method take. */
export function admissionKind({ kind, who }: Pick<Method, 'kind' | 'who'>): AdmissionKind {
  return kind === 'stream' && who.case === 'public' ? 'public_stream' : kind
}

/** Admission for at most `callsMax` unary calls and `streamsMax` authorized streams at once. */
export function createAdmission(limits: { callsMax: number; streamsMax: number }): Admission {
  const running = { unary: 0, stream: 0, public_stream: 0 }
  const max = {
    unary: limits.callsMax,
    stream: limits.streamsMax,
    public_stream: Math.min(publicStreamsMax, limits.streamsMax),
  }
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
