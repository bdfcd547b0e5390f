/**
 * What time it is at the issuer, from the `Date` of its last answer to the feed and the monotonic clock since.
 *
 * A token expires by the later one of this and the clock of this machine, entries of the feed are forgotten by the earlier
 * one: neither a clock that is wrong nor one that is put right brings back what was revoked.
 */

import type { Clock, Moment } from './clock.ts'
import type { VerifierEvent } from './events.ts'

export interface IssuerTime {
  /** Milliseconds since 1970. */
  set(ms: number): void
  earliestMs(): number
  /** At a moment of this machine. */
  latestMs(at: Moment): number
}

/** A difference that an operator should look at. */
const skewToldSeconds = 30

export function openIssuerTime(clock: Clock, onEvent: (event: VerifierEvent) => void): IssuerTime {
  let known: { ms: number; monotonicMs: number } | undefined
  const issuerMs = (monotonicMs: number) =>
    known === undefined ? undefined : known.ms + monotonicMs - known.monotonicMs

  return {
    set(ms) {
      known = { ms, monotonicMs: clock.monotonicMs() }
      const seconds = Math.round((clock.wallMs() - ms) / 1000)
      if (Math.abs(seconds) > skewToldSeconds) onEvent({ kind: 'clock_skew', seconds })
    },
    earliestMs: () =>
      Math.min(clock.wallMs(), issuerMs(clock.monotonicMs()) ?? Number.POSITIVE_INFINITY),
    latestMs: ({ wallMs, monotonicMs }) => Math.max(wallMs, issuerMs(monotonicMs) ?? 0),
  }
}
