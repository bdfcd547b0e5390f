/**
 * Keeps an access token fresh, and loses nobody over it.
 *
 * 1. One refresh at a time in a tab: everyone waits for the same promise. One tab at a time, where there are locks.
 * 2. What is stored is read under the lock: another tab may have refreshed already.
 * 3. An answer that does not come is asked for again with the same token; the service gives the same successor.
 * 4. The answer is stored only where the storage still holds what was presented: a slow answer never replaces a later
 *    one, and never undoes a sign-out.
 * 5. Once it is stored, the service is told; nobody waits for that.
 *
 * Errors: SIGNED_OUT where nothing is stored; INVALID_GRANT once the session is over, after the storage is cleared.
 */

import { AuthService, type Tokens } from '@signet/contract'
import { isPassing, SignetClientError } from './error.ts'
import { type Locks, runAlone } from './locks.ts'
import { callMethod, type RpcOptions } from './rpc.ts'
import { type HeldTokens, readTokens, type TokenStorage, writeTokens } from './storage.ts'

export interface RefreshOptions {
  rpc: RpcOptions
  storage: TokenStorage
  locks: Locks | undefined
  /** Milliseconds since 1970. */
  now: () => number
  /** Called when the session turns out to be over. */
  onSignedOut: () => void
}

export interface Refresher {
  /** An access token that is good by this machine's clock. `refused` is one that the service did not accept. */
  accessToken(refused?: string): Promise<string>
  /** Stores what a sign-in answered. */
  keep(tokens: Tokens): Promise<void>
  /** Resolves when no refresh is under way. */
  settled(): Promise<void>
}

const attemptsMax = 5
const firstPauseMs = 100
const pauseMsMax = 10_000
const lockPatienceMs = 15_000

export function createRefresher(options: RefreshOptions): Refresher {
  const { storage, now } = options
  let underWay: Promise<HeldTokens> | undefined
  // Each client refreshes a little earlier or later than the next one, so that a thousand tabs do not come at once.
  const earliness = 0.1 + Math.random() * 0.1

  const refresh = (refused: string | undefined) => {
    underWay ??= refreshOnce(options, refused).finally(() => {
      underWay = undefined
    })
    return underWay
  }

  return {
    async accessToken(refused) {
      const held = await readTokens(storage)
      if (held === undefined) throw signedOut()
      const leftMs = held.accessTokenExpiresAt - now()
      if (held.accessToken === refused || leftMs <= 0) return (await refresh(refused)).accessToken
      // It is still good: nobody waits for the next one, and nothing is lost if it does not come.
      if (leftMs < held.accessTokenLifetimeMs * earliness) refresh(refused).catch(() => undefined)
      return held.accessToken
    },
    keep: (tokens) => writeTokens(storage, heldOf(tokens, now())),
    settled: async () => {
      await underWay?.catch(() => undefined)
    },
  }
}

function refreshOnce(options: RefreshOptions, refused: string | undefined): Promise<HeldTokens> {
  const { storage, now, locks, rpc } = options
  const lock = { name: `signet refresh ${rpc.url}`, patienceMs: lockPatienceMs }
  return (async () => {
    const seen = refused ?? (await readTokens(storage))?.accessToken
    return runAlone(locks, lock, async () => {
      const held = await readTokens(storage)
      if (held === undefined) throw signedOut()
      const byAnother = held.accessToken !== seen && held.accessTokenExpiresAt > now()
      return byAnother ? held : exchange(options, held)
    })
  })()
}

/** Presents the refresh token until there is a verdict, and stores what came of it. */
async function exchange(options: RefreshOptions, held: HeldTokens): Promise<HeldTokens> {
  const { rpc, storage, now } = options
  const sentAt = now()
  const input = { refreshToken: held.refreshToken }
  try {
    const { tokens } = await persist(() =>
      callMethod(rpc, AuthService.method.refreshTokens, { input }),
    )
    if (tokens === undefined) throw new SignetClientError('INTERNAL', 'The answer holds no tokens.')
    return await store(options, held, heldOf(tokens, sentAt))
  } catch (error) {
    if (!(error instanceof SignetClientError) || error.reason !== 'INVALID_GRANT') throw error
    const stored = await readTokens(storage)
    if (stored !== undefined && stored.refreshToken !== held.refreshToken) return stored
    if (stored !== undefined) await storage.set(undefined)
    options.onSignedOut()
    throw error
  }
}

async function store(
  options: RefreshOptions,
  presented: HeldTokens,
  successor: HeldTokens,
): Promise<HeldTokens> {
  const stored = await readTokens(options.storage)
  if (stored === undefined) throw signedOut()
  if (stored.refreshToken !== presented.refreshToken) return stored
  await writeTokens(options.storage, successor)
  if (successor.refreshToken !== presented.refreshToken) {
    confirm(options.rpc, successor.refreshToken).catch(() => undefined)
  }
  return successor
}

/** Says that the successor is stored. It is a courtesy: a refresh that is never confirmed is good all the same. */
async function confirm(rpc: RpcOptions, refreshToken: string): Promise<void> {
  const input = { refreshToken }
  await persist(() => callMethod(rpc, AuthService.method.confirmRefresh, { input }))
}

/** Tries again, after longer and longer pauses, while the failure is one that passes. */
export async function persist<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run()
    } catch (error) {
      if (!isPassing(error) || attempt === attemptsMax) throw error
      const wished = (error.retryAfterSeconds ?? 0) * 1000
      const pauseMs = Math.max(wished, firstPauseMs * 2 ** (attempt - 1) * (0.5 + Math.random()))
      if (pauseMs > pauseMsMax) throw error
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }
}

/** The lifetime counts from when the request was sent: too early by the journey, never too late. */
function heldOf(tokens: Tokens, sentAt: number): HeldTokens {
  const accessTokenLifetimeMs = tokens.expiresIn * 1000
  return {
    refreshToken: tokens.refreshToken,
    accessToken: tokens.accessToken,
    accessTokenExpiresAt: sentAt + accessTokenLifetimeMs,
    accessTokenLifetimeMs,
    sessionId: tokens.sessionId,
  }
}

function signedOut(): SignetClientError {
  return new SignetClientError('SIGNED_OUT', 'Nobody is signed in here.')
}
