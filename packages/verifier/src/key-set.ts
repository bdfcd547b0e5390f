/**
 * The keys of the issuer, as far as they are known here.
 *
 * 1. A known key answers at once. Where the set is older than its lifetime it is read again meanwhile; what is known
 *    serves until then, at most for a day.
 * 2. An unknown key id is a reason to read the set, but not more often than once in five seconds: a flood of invented ids
 *    costs the issuer nothing.
 * 3. An id that is unknown after that is unknown. Where the set could not be read, nobody can say so: the token may be
 *    good.
 * 4. A key that is gone from the set verifies nothing any more, and what it verified is forgotten.
 *
 * Errors: `keys_unavailable`.
 * Specs: RFC 7517 §5, RFC 9111 §5.2.2.1 (`max-age`), RFC 5861 §3 (stale-while-revalidate), RFC 8725 §3.10.
 */

import { setTimeout } from 'node:timers/promises'
import { type Clock, elapsedMs, type Moment, momentOf } from './clock.ts'
import type { VerifierEvent } from './events.ts'
import { type IssuerClient, IssuerError } from './issuer-client.ts'
import { readPublishedKey } from './published-key.ts'
import { refused } from './refusal.ts'
import type { Algorithm, VerificationKey } from './signature.ts'

export interface KeySet {
  /** The key of this id; undefined where the issuer has none. Rejects with `keys_unavailable`. */
  find(kid: string): Promise<VerificationKey | undefined>
  /** Reads the set, as often as it takes. Resolves when it is known, or the signal aborts. */
  start(closed: AbortSignal): Promise<void>
  state(): { keys: number; ageSeconds: number | undefined }
}

export interface KeySetOptions {
  issuerClient: IssuerClient
  algorithms: readonly Algorithm[]
  clock: Clock
  /** A key is gone: what it verified must not be remembered as good. */
  onKeyGone(): void
  onEvent(event: VerifierEvent): void
}

const path = '/.well-known/jwks.json'
const coolDownMs = 5_000
/** Before it was read once. */
const retryMs = 1_000
const usableMs = 24 * 3600_000
const lifetimeMs = { default: 300_000, min: 60_000, max: 3600_000 }
const keysMax = 64

type Keys = ReadonlyMap<string, VerificationKey>

export function openKeySet(options: KeySetOptions): KeySet {
  const { issuerClient, algorithms, clock, onKeyGone, onEvent } = options
  let keys: Keys = new Map()
  let read: { at: Moment; lifetimeMs: number } | undefined
  let attempt: { at: Moment; failed: boolean } | undefined
  let reading: Promise<void> | undefined

  const ageMs = () => (read === undefined ? Number.POSITIVE_INFINITY : elapsedMs(clock, read.at))
  const isCoolingDown = () => attempt !== undefined && elapsedMs(clock, attempt.at) < coolDownMs

  async function readSet(): Promise<void> {
    const at = momentOf(clock)
    attempt = { at, failed: true }
    try {
      const { body, headers } = await issuerClient.json(path)
      const former = keys
      keys = readKeys(body, algorithms, (detail) => onEvent({ kind: 'key_refused', detail }))
      read = { at, lifetimeMs: lifetimeOf(headers) }
      attempt = { at, failed: false }
      if ([...former.values()].some((key) => !isSame(key, keys.get(key.kid)))) onKeyGone()
    } catch (error) {
      onEvent({ kind: 'keys_unavailable', detail: (error as Error).message })
    }
  }

  /** One at a time; everybody waits for the same. Never rejects. */
  function readOnce(): Promise<void> {
    reading ??= readSet().finally(() => {
      reading = undefined
    })
    return reading
  }

  return {
    async find(kid) {
      const known = ageMs() < usableMs ? keys.get(kid) : undefined
      if (known !== undefined) {
        if (ageMs() > (read?.lifetimeMs ?? 0) && !isCoolingDown()) void readOnce()
        return known
      }
      if (reading !== undefined || !isCoolingDown()) await readOnce()
      if (attempt?.failed === true) throw refused('keys_unavailable')
      return keys.get(kid)
    },
    async start(closed) {
      for (await readOnce(); read === undefined && !closed.aborted; await readOnce()) {
        await setTimeout(retryMs, undefined, { ref: false })
      }
    },
    state: () => ({
      keys: keys.size,
      ageSeconds: read === undefined ? undefined : Math.round(ageMs() / 1000),
    }),
  }
}

/** Keys of one id twice are an attempt to be clever: none of them is taken. */
function readKeys(
  body: unknown,
  algorithms: readonly Algorithm[],
  onRefused: (sentence: string) => void,
): Keys {
  const { keys: published } = (body ?? {}) as { keys?: unknown }
  if (!Array.isArray(published)) throw new IssuerError('the key set has no list of keys')
  if (published.length > keysMax) throw new IssuerError(`more than ${keysMax} keys`)
  const keys = new Map<string, VerificationKey>()
  const twice = new Set<string>()
  for (const jwk of published) {
    const key = readPublishedKey(jwk, algorithms)
    if (typeof key === 'string') onRefused(key)
    if (typeof key !== 'object') continue
    if (keys.has(key.kid)) twice.add(key.kid)
    keys.set(key.kid, key)
  }
  for (const kid of twice) {
    keys.delete(kid)
    onRefused(`key ${kid} is published twice`)
  }
  return keys
}

function isSame(key: VerificationKey, other: VerificationKey | undefined): boolean {
  return other !== undefined && key.publicKey.equals(other.publicKey)
}

function lifetimeOf(headers: Headers): number {
  const seconds = /(?:^|[\s,])max-age=(\d{1,9})/.exec(headers.get('cache-control') ?? '')?.[1]
  if (seconds === undefined) return lifetimeMs.default
  return Math.min(Math.max(Number(seconds) * 1000, lifetimeMs.min), lifetimeMs.max)
}
