/**
 * Streams the revocation log to one verifier.
 *
 * 1. An instance that has not read the log for longer than its budget takes nobody in: another one may know more.
 * 2. Who knows another log than we do: ours may be the old one, so the table is read before anything is said.
 * 3. A verifier that names itself is noted before its first step, so that no receipt leaves it out.
 * 4. Same log: what came after the last position. Another log, or none: a snapshot. Either in bounded steps.
 * 5. Then each change as it is read, and a heartbeat while there is none.
 * 6. Who takes ten heartbeats to take a step is sent away, and goes on where it stood: what waits in buffers grows old.
 *
 * Errors: INVALID_ARGUMENT, UNAVAILABLE.
 */

import type { WatchRevocationsRequest, WatchRevocationsResponse } from '@signet/contract'
import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import type { RequestContext } from '../request-context.ts'
import type { FeedPlace } from './feed.ts'
import { watcherOf } from './feed-rpc.ts'
import { requireStorable } from './verifier-registry.ts'

const readTimeoutMs = 2_000
const heartbeatsMissedMax = 10

type WatchDeps = Pick<Deps, 'config' | 'revocations' | 'revocationFeed' | 'verifiers'>

/** Snapshot or what was missed, changes, heartbeats; without end. */
export async function* watchRevocations(
  deps: WatchDeps,
  ctx: RequestContext,
  { logId, since, verifierId, verifierName: name, stalenessBudgetSeconds }: WatchRevocationsRequest,
): AsyncGenerator<WatchRevocationsResponse> {
  requireStorable({ logId, verifierId, verifierName: name })
  let place: FeedPlace = { logId, position: since }
  await requireFreshView(deps, ctx, place)
  const verifier = { ...watcherOf(ctx), verifierId, name, stalenessBudgetSeconds }
  const leave = verifierId === '' ? () => {} : await deps.verifiers.enter(verifier, place)
  const stepTimeoutMs = heartbeatsMissedMax * deps.config.revocationFeed.heartbeatMs
  const watcher = deps.revocationFeed.join()
  try {
    while (!ctx.signal.aborted) {
      const step = deps.revocationFeed.step(place)
      const handedOverAt = performance.now()
      yield step
      if (performance.now() - handedOverAt > stepTimeoutMs) throw unavailable('a slow reader')
      place = step
      await watcher.next(place, ctx.signal)
    }
  } finally {
    watcher.leave()
    leave()
  }
}

async function requireFreshView(
  { config, revocations, revocationFeed }: WatchDeps,
  ctx: RequestContext,
  place: FeedPlace,
): Promise<void> {
  const { logId, ageMs } = revocationFeed.state()
  if (ageMs > config.revocationFeed.budgetSeconds * 1000) throw unavailable('the view is too old')
  if (place.logId === '' || place.logId === logId) return
  const signal = AbortSignal.any([ctx.signal, AbortSignal.timeout(readTimeoutMs)])
  await revocations.readAgain(signal)
  if (signal.aborted) throw unavailable('the log cannot be read')
}

function unavailable(detail: string): SignetError {
  return new SignetError(ErrorReason.UNAVAILABLE, { retryAfterSeconds: 1, detail })
}
