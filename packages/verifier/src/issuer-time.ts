/**
 * What time it is at the issuer, from the `Date` of its last answer to the feed and the monotonic clock since.
 *
 * A token expires by the later one of this and the clock of this machine, entries of the feed are forgotten by the earlier
 * one: neither a clock that is wrong nor one that is put right brings back what was revoked.
 */

import type { Clock } from './clock.ts'
import type { VerifierEvent } from './events.ts'

export interface IssuerTime {
  /** Milliseconds since 1970. */
  set(ms: number): void
  earliestMs(): number
  latestMs(): number
}

/** A difference that an operator should look at. */
const skewToldSeconds = 30

export function openIssuerTime(clock: Clock, onEvent: (event: VerifierEvent) => void): IssuerTime {
  let known: { ms: number; monotonicMs: number } | undefined
  const wallMs = () => clock.wallMs()
  const issuerMs = () =>
    known === undefined ? undefined : known.ms + clock.monotonicMs() - known.monotonicMs

  return {
    set(ms) {
      known = { ms, monotonicMs: clock.monotonicMs() }
      const seconds = Math.round((wallMs() - ms) / 1000)
      if (Math.abs(seconds) > skewToldSeconds) onEvent({ kind: 'clock_skew', seconds })
    },
    earliestMs: () => Math.min(wallMs(), issuerMs() ?? Number.POSITIVE_INFINITY),
    latestMs: () => Math.max(wallMs(), issuerMs() ?? 0),
  }
}
