/**
 * The public keys of clients that sign: those of their record, and those that they publish at an address.
 *
 * Published ones are remembered: for as long as the answer says, but not for less than a minute and not for more than an hour.
 * - For another hour they are used while they are read anew, so that nobody waits for a client's server. After that they
 *   are read first.
 * - Where they cannot be read, they are good for a day after they were: an outage of that server locks nobody out, and a
 *   key that its owner has withdrawn ends all the same.
 * - A key that is not in the set makes it be read at once, but not within 30 seconds of the last attempt: whoever makes up
 *   names of keys does not make Signet ask.
 * - Who needs the same set at the same time shares one reading of it.
 *
 * Specs: RFC 7517 §4 and §5, OpenID Connect Core 1.0 §10.1.1 (rotation), RFC 8725 §3.5.
 */

import { createPublicKey, type KeyObject } from 'node:crypto'
import type { Logger } from 'pino'
import type { Json } from '../db/query.ts'
import type { GuardedFetch } from '../outbound/guarded-fetch.ts'
import {
  type AssertionAlgorithm,
  type ClientAssertion,
  type ClientKey,
  keysFor,
} from './client-assertion.ts'

export interface ClientKeys {
  /** The keys of a client that may have signed an assertion. */
  find(
    client: PublishedKeys,
    assertion: Pick<ClientAssertion, 'algorithm' | 'kid'>,
  ): Promise<ClientKey[]>
}

/** What the record of a client says of its keys. */
interface PublishedKeys {
  jwks: Json | null
  jwksUri: string | null
}

interface KeysOptions {
  fetch: GuardedFetch
  log: Pick<Logger, 'warn'>
  /** Milliseconds, never backwards. */
  clock?: () => number
}

interface Known {
  keys: ClientKey[]
  /** When it was last read, and until when that is fresh. */
  readAtMs: number
  freshUntilMs: number
  /** When reading it was last tried. */
  triedAtMs: number
  reading: Promise<void> | undefined
}

const minute = 60_000
const freshForMs = 10 * minute
const freshMinMs = minute
const freshMaxMs = 60 * minute
const revalidateMs = 60 * minute
const staleMaxMs = 24 * 60 * minute
const coolDownMs = 30_000
const setsMax = 5_000
const keysMax = 20
const bytesMax = 64 * 1024
const timeoutMs = 5_000
const mediaTypes = ['application/jwk-set+json', 'application/json']

/** An empty memory. */
export function openClientKeys({
  fetch,
  log,
  clock = () => performance.now(),
}: KeysOptions): ClientKeys {
  const sets = new Map<string, Known>()

  function knownSet(uri: string): Known {
    const known = sets.get(uri)
    if (known !== undefined) return known
    for (const oldest of sets.keys()) {
      if (sets.size < setsMax) break
      sets.delete(oldest)
    }
    const never = Number.NEGATIVE_INFINITY
    const set = {
      keys: [],
      readAtMs: never,
      freshUntilMs: never,
      triedAtMs: never,
      reading: undefined,
    }
    sets.set(uri, set)
    return set
  }

  async function read(uri: string, set: Known): Promise<void> {
    set.triedAtMs = clock()
    try {
      const { status, body, maxAgeSeconds } = await fetch(uri, {
        method: 'GET',
        accept: mediaTypes,
        bytesMax,
        timeoutMs,
      })
      if (status !== 200) throw new Error(`the answer is ${status}`)
      set.keys = parseKeySet(JSON.parse(body.toString('utf8')) as Json)
      set.readAtMs = clock()
      const askedMs = maxAgeSeconds === undefined ? freshForMs : maxAgeSeconds * 1000
      set.freshUntilMs = set.readAtMs + Math.min(Math.max(askedMs, freshMinMs), freshMaxMs)
    } catch (error) {
      log.warn({ err: error }, 'the key set of a client could not be read')
    } finally {
      set.reading = undefined
    }
  }

  /** Reads the set, or waits for whoever does already; not again within the cool-down. */
  function reading(uri: string, set: Known): Promise<void> {
    if (set.reading === undefined && clock() - set.triedAtMs >= coolDownMs)
      set.reading = read(uri, set)
    return set.reading ?? Promise.resolve()
  }

  return {
    async find({ jwks, jwksUri }, assertion) {
      if (jwks !== null) return keysFor(assertion, parseKeySet(jwks))
      if (jwksUri === null) return []
      const set = knownSet(jwksUri)
      const matching = () =>
        clock() - set.readAtMs > staleMaxMs ? [] : keysFor(assertion, set.keys)
      const overdueMs = clock() - set.freshUntilMs
      if (overdueMs >= revalidateMs) await reading(jwksUri, set)
      else if (overdueMs >= 0) void reading(jwksUri, set)
      const found = matching()
      if (found.length > 0) return found
      await reading(jwksUri, set)
      return matching()
    },
  }
}

/** The keys of a set that can sign an assertion. What is not one of them is passed over (RFC 7517 §5). */
export function parseKeySet(set: Json): ClientKey[] {
  const { keys } = (set ?? {}) as { keys?: unknown }
  if (!Array.isArray(keys)) throw new Error('the answer is no key set')
  return keys.slice(0, keysMax).flatMap((value: unknown) => {
    if (typeof value !== 'object' || value === null) return []
    const { kid, use, alg, ...jwk } = value as Record<string, unknown>
    if (use !== undefined && use !== 'sig') return []
    const key = importKey(jwk)
    const algorithms = key === undefined ? [] : algorithmsOf(key, alg)
    if (key === undefined || algorithms.length === 0) return []
    return [{ kid: typeof kid === 'string' ? kid : undefined, algorithms, key }]
  })
}

function importKey({ kty, crv, x, y, n, e }: Record<string, unknown>): KeyObject | undefined {
  try {
    // Only the public members: a private one that was published by mistake is not used.
    const jwk = JSON.parse(JSON.stringify({ kty, crv, x, y, n, e })) as Record<string, string>
    return createPublicKey({ key: jwk, format: 'jwk' })
  } catch {
    return undefined
  }
}

/** What the key is for: by its kind, and where it says so itself, by that alone. */
function algorithmsOf(key: KeyObject, alg: unknown): AssertionAlgorithm[] {
  const ofKind = algorithmsOfKind(key)
  if (alg === undefined) return ofKind
  return ofKind.filter((each) => each === alg || (each === 'EdDSA' && alg === 'Ed25519'))
}

function algorithmsOfKind({
  asymmetricKeyType,
  asymmetricKeyDetails,
}: KeyObject): AssertionAlgorithm[] {
  const { namedCurve, modulusLength = 0 } = asymmetricKeyDetails ?? {}
  if (asymmetricKeyType === 'ec') return namedCurve === 'prime256v1' ? ['ES256'] : []
  if (asymmetricKeyType === 'ed25519') return ['EdDSA']
  const isLongEnough = modulusLength >= 2048 && modulusLength <= 8192
  return asymmetricKeyType === 'rsa' && isLongEnough ? ['PS256', 'RS256'] : []
}
