/** Times every password hash, counts those that were refused, and gives each a span. */

import { ErrorReason } from '@signet/contract'
import type { PasswordHasher } from '../authenticators/password-hash.ts'
import { SignetError } from '../errors.ts'
import type { Metrics } from './metrics.ts'
import type { Tracing } from './tracing.ts'

/** The same hasher, watched. */
export function observePasswordHasher(
  hasher: PasswordHasher,
  { metrics, tracing }: { metrics: Metrics; tracing: Tracing },
): PasswordHasher {
  async function observed<T>(name: string, run: () => Promise<T>): Promise<T> {
    const startedAt = performance.now()
    const seconds = () => (performance.now() - startedAt) / 1000
    try {
      const result = await tracing.traceStep(name, run)
      metrics.observePasswordHash({ outcome: 'done', seconds: seconds() })
      return result
    } catch (error) {
      const refused = error instanceof SignetError && error.reason === ErrorReason.UNAVAILABLE
      const outcome = refused ? 'refused' : 'failed'
      metrics.observePasswordHash({ outcome, seconds: seconds() })
      throw error
    }
  }
  return {
    hash: (password, signal) => observed('password.hash', () => hasher.hash(password, signal)),
    verify: (hash, password, signal) =>
      observed('password.verify', () => hasher.verify(hash, password, signal)),
    counts: () => hasher.counts(),
  }
}
