/**
 * What ends an open stream before its handler does.
 *
 * 1. The server stops: UNAVAILABLE, so that no watcher takes that for the end of the list.
 * 2. The caller's token expires: UNAUTHENTICATED.
 * 3. The revocation log says that the caller has ended: UNAUTHENTICATED, as soon as this instance has read it.
 * 4. Every few seconds the caller is authenticated and authorized again, with the credentials that opened the stream:
 *    whatever that refuses ends it, such as a secret that was replaced or a role that was taken.
 *    Where it cannot be found out (UNAVAILABLE), the stream goes on until it can.
 */

import { ErrorReason } from '@signet/contract'
import { SignetError } from '../errors.ts'
import type { CallContext } from './call-context.ts'

/** What `setTimeout` can wait for; it would fire at once for more. */
const longestTimerMs = 2 ** 31 - 1
const reauthorizeEveryMs = 5_000

export interface StreamEnds {
  shutdown: AbortSignal
  /** Calls back once the caller has ended. Answers what stops it. */
  watchCaller(ended: () => void): (() => void) | undefined
  /** Throws a SignetError where the caller may not call any more; undefined for a stream that anyone may open. */
  reauthorize: (() => Promise<unknown>) | undefined
}

/** Aborts the call of a stream for one of these causes. Answers what undoes this. */
export function endStreamWith(
  ctx: CallContext,
  { shutdown, watchCaller, reauthorize }: StreamEnds,
): () => void {
  const onShutdown = () =>
    ctx.abort(new SignetError(ErrorReason.UNAVAILABLE, { retryAfterSeconds: 1 }))
  if (shutdown.aborted) onShutdown()
  shutdown.addEventListener('abort', onShutdown, { once: true })
  const onDead = () => ctx.abort(new SignetError(ErrorReason.UNAUTHENTICATED))
  const stopWatching = watchCaller(onDead)
  const expiry =
    ctx.caller.kind === 'user'
      ? setTimeout(
          onDead,
          Math.min(ctx.caller.expiresAt.getTime() - ctx.now.getTime(), longestTimerMs),
        )
      : undefined
  const again = reauthorize && repeat(reauthorize, (refusal) => ctx.abort(refusal))
  return () => {
    shutdown.removeEventListener('abort', onShutdown)
    stopWatching?.()
    clearTimeout(expiry)
    again?.stop()
  }
}

/** Asks again and again, one question at a time, until the answer is a refusal. */
function repeat(ask: () => Promise<unknown>, refused: (refusal: SignetError) => void) {
  let timer = setTimeout(next, reauthorizeEveryMs)
  let stopped = false
  async function next() {
    const refusal = await ask().then(undefined, (error: unknown) => error)
    if (stopped) return
    if (refusal instanceof SignetError && refusal.reason !== ErrorReason.UNAVAILABLE)
      refused(refusal)
    else timer = setTimeout(next, reauthorizeEveryMs)
  }
  return {
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}
