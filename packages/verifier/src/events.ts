/** What a verifier tells its operator: a few kinds of events, never a token, an identifier of a person or a secret. */

/** `detail` is a sentence for the log. */
export type VerifierEvent =
  /** The feed is read; what is missing is on its way. */
  | { kind: 'feed_connected' }
  /** The connection ended, or was never made. It is tried again. */
  | { kind: 'feed_disconnected'; detail: string }
  /** Everything revoked is known. */
  | { kind: 'feed_complete'; entries: number; position: number }
  /** The view is older than the budget: each route does what its class says. Told once; Redis tells no age. */
  | { kind: 'view_stale'; ageSeconds?: number }
  /** The view is current again. */
  | { kind: 'view_fresh' }
  /** The clock of this machine is ahead of the issuer's, or behind. */
  | { kind: 'clock_skew'; seconds: number }
  | { kind: 'report_failed'; detail: string }
  | { kind: 'keys_unavailable'; detail: string }
  | { kind: 'key_refused'; detail: string }

/** A listener that throws harms nobody else. */
export function safely(listener: ((event: VerifierEvent) => void) | undefined) {
  return (event: VerifierEvent): void => {
    try {
      listener?.(event)
    } catch {
      // The hook of an operator must not decide whether a token is good.
    }
  }
}
