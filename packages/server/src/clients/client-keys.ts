/**
 * The public keys of clients that sign: those of their record, and those that they publish at an address.
 *
 * Published ones are kept as `outbound/kept-documents.ts` says: an hour at the most without a look, a day without their server, and
 * read anew for a key that is not in the set, but not within 30 seconds of the last attempt.
 *
 * Specs: RFC 7517 §4 and §5, OpenID Connect Core 1.0 §10.1.1 (rotation), RFC 8725 §3.5.
 */

import { createPublicKey, type KeyObject } from 'node:crypto'
import type { Logger } from 'pino'
import type { Json } from '../db/query.ts'
import type { GuardedFetch } from '../outbound/guarded-fetch.ts'
import { keepDocuments } from '../outbound/kept-documents.ts'
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

const setsMax = 5_000
const coolDownMs = 30_000
const keysMax = 20

/** Key sets are served as one of these. */
export const keySetMediaTypes = ['application/jwk-set+json', 'application/json']

/** An empty memory. */
export function openClientKeys({ fetch, log, clock }: KeysOptions): ClientKeys {
  const sets = keepDocuments({
    fetch,
    log,
    what: 'the key set of a client',
    mediaTypes: keySetMediaTypes,
    parse: parseKeySet,
    documentsMax: setsMax,
    coolDownMs,
    clock,
  })
  const unreadable = (): ClientKey[] => []
  return {
    async find({ jwks, jwksUri }, assertion) {
      if (jwks !== null) return keysFor(assertion, parseKeySet(jwks))
      if (jwksUri === null) return []
      const found = keysFor(assertion, await sets.get(jwksUri).catch(unreadable))
      if (found.length > 0) return found
      return keysFor(assertion, await sets.getAnew(jwksUri).catch(unreadable))
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
  const ofKind = usableAlgorithms(key)
  if (alg === undefined) return ofKind
  return ofKind.filter((each) => each === alg || (each === 'EdDSA' && alg === 'Ed25519'))
}

/** What a key can sign an assertion with, by its kind; nothing, where it is weak, or so long that checking it costs too much. */
export function usableAlgorithms({
  asymmetricKeyType,
  asymmetricKeyDetails,
}: KeyObject): AssertionAlgorithm[] {
  const { namedCurve, modulusLength = 0, publicExponent = 0n } = asymmetricKeyDetails ?? {}
  if (asymmetricKeyType === 'ec') return namedCurve === 'prime256v1' ? ['ES256'] : []
  if (asymmetricKeyType === 'ed25519') return ['EdDSA']
  if (asymmetricKeyType !== 'rsa') return []
  const isSized = modulusLength >= 2048 && modulusLength <= 8192
  const isOdd = publicExponent % 2n === 1n
  return isSized && isOdd && publicExponent >= 65_537n ? ['PS256', 'RS256'] : []
}
