/**
 * The signing keys: which exist, which signs, and which verify.
 *
 * 1. Read the keys of this installation.
 * 2. Make an active one for each algorithm that has none. Of instances that start together one wins, and all use its.
 * 3. Unwrap the private parts of those that sign or are about to.
 *
 * A key's id is its thumbprint, so an id never names two keys.
 *
 * Errors: SigningKeysError, where the master secret is not the one that wrapped the keys.
 * Specs: RFC 7517, RFC 7638 (thumbprint), RFC 8725 §3.1 (one algorithm per key) and §3.5.
 */

import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  hash,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto'
import { promisify } from 'node:util'
import type { SigningAlgorithm } from '../crypto/jws.ts'
import { type MasterSecret, MasterSecretError } from '../crypto/master-secret.ts'
import type { Deps } from '../deps.ts'
import { type EventContext, recordEvent } from '../events/record-event.ts'
import { insertFirstSigningKey, listSigningKeys } from './signing-keys.sql.ts'
import { openVerifiedTokens, type VerifiedTokens } from './verified-tokens.ts'

/** A key that verifies. */
export interface VerificationKey {
  kid: string
  algorithm: SigningAlgorithm
  publicKey: KeyObject
}

/** A key that signs. */
export interface SigningKey extends VerificationKey {
  privateKey: KeyObject
}

/** One member of the published set: public parts alone. */
export interface PublicJwk {
  kty: string
  kid: string
  alg: SigningAlgorithm
  use: 'sig'
  [parameter: string]: string
}

export interface SigningKeys {
  /** The key that signs with this algorithm. Throws where no client can be pinned to the algorithm. */
  active(algorithm: SigningAlgorithm): SigningKey
  find(kid: string): VerificationKey | undefined
  /** The published set (RFC 7517 §5). */
  jwks(): { keys: PublicJwk[] }
  /** Tokens that these keys are known to have signed. It lives and goes with the keys. */
  verified: VerifiedTokens
}

/** Keys that cannot be opened. The message is a sentence for an operator. */
export class SigningKeysError extends Error {
  override readonly name = 'SigningKeysError'
}

/** The key set always holds these. */
const requiredAlgorithms = ['ES256', 'RS256'] as const
const rsaModulusBits = 2048
const wrapPurpose = 'signing key'

/** Reads the keys of this installation, and makes those that are missing. */
export async function ensureSigningKeys(
  deps: Pick<Deps, 'db' | 'masterSecret'>,
  now: Date,
): Promise<SigningKeys> {
  const stored = await listSigningKeys(deps.db)
  const missing = requiredAlgorithms.filter(
    (algorithm) => !stored.some((row) => row.algorithm === algorithm && row.state === 'active'),
  )
  if (missing.length === 0) return openSigningKeys(deps.masterSecret, stored)
  for (const algorithm of missing) {
    const key = await makeSigningKey(deps.masterSecret, algorithm, now)
    await deps.db.transaction(async (tx) => {
      const inserted = await insertFirstSigningKey(tx, key)
      if (inserted === 0) return
      await recordEvent({ ...deps, db: tx }, atStart(now), {
        kind: 'signing_key.created',
        outcome: 'success',
        details: { kid: key.id, algorithm, state: 'active' },
      })
    })
  }
  return openSigningKeys(deps.masterSecret, await listSigningKeys(deps.db))
}

/** Nobody asks for the first keys: a server that starts makes them. */
function atStart(now: Date): EventContext {
  return { now, reference: '', ipAddress: '', userAgent: '', caller: { kind: 'anonymous' } }
}

type StoredKey = Awaited<ReturnType<typeof listSigningKeys>>[number]

function openSigningKeys(masterSecret: MasterSecret, stored: StoredKey[]): SigningKeys {
  const verifying = new Map<string, VerificationKey>()
  const active = new Map<string, SigningKey>()
  const published: PublicJwk[] = []
  for (const row of stored) {
    const publicJwk = row.publicJwk as unknown as PublicJwk
    const key = {
      kid: row.id,
      algorithm: row.algorithm,
      publicKey: createPublicKey({ key: publicJwk, format: 'jwk' }),
    }
    verifying.set(key.kid, key)
    published.push(publicJwk)
    if (row.state === 'active') {
      active.set(key.algorithm, { ...key, privateKey: unwrapPrivateKey(masterSecret, row) })
    }
  }
  return {
    active(algorithm) {
      const key = active.get(algorithm)
      if (key === undefined) throw new Error(`no active signing key for ${algorithm}`)
      return key
    },
    find: (kid) => verifying.get(kid),
    jwks: () => ({ keys: published }),
    verified: openVerifiedTokens(),
  }
}

async function makeSigningKey(
  masterSecret: MasterSecret,
  algorithm: (typeof requiredAlgorithms)[number],
  now: Date,
) {
  const { privateKey, publicKey } = await generate(algorithm)
  const jwk = publicKey.export({ format: 'jwk' })
  const id = thumbprint(jwk)
  const publicJwk = { ...jwk, kid: id, alg: algorithm, use: 'sig' } as PublicJwk
  const der = privateKey.export({ format: 'der', type: 'pkcs8' })
  const { wrapped, keyId } = masterSecret.wrap(purposeOf(id), der)
  return { id, algorithm, publicJwk, wrappedKey: wrapped, wrappingKeyId: keyId, createdAt: now }
}

function generate(algorithm: (typeof requiredAlgorithms)[number]) {
  const generated = promisify(generateKeyPair)
  return algorithm === 'ES256'
    ? generated('ec', { namedCurve: 'P-256' })
    : generated('rsa', { modulusLength: rsaModulusBits })
}

function unwrapPrivateKey(masterSecret: MasterSecret, row: StoredKey): KeyObject {
  try {
    const der = masterSecret.unwrap(purposeOf(row.id), row.wrappedKey, row.wrappingKeyId)
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  } catch (cause) {
    if (!(cause instanceof MasterSecretError)) throw cause
    throw new SigningKeysError(
      'The master secret is not the one this database was set up with, so its signing keys cannot be opened. ' +
        'Start with the former secret as SIGNET_MASTER_SECRET, or give it as SIGNET_MASTER_SECRET_PREVIOUS.',
      { cause },
    )
  }
}

/** The key id is part of the purpose, so that rows whose wrapped keys were exchanged do not open. */
function purposeOf(kid: string): string {
  return `${wrapPurpose} ${kid}`
}

/** RFC 7638: SHA-256 over the required members in lexicographic order. */
function thumbprint(jwk: JsonWebKey): string {
  const members =
    jwk.kty === 'EC'
      ? { crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y }
      : { e: jwk.e, kty: jwk.kty, n: jwk.n }
  return hash('sha256', JSON.stringify(members), 'base64url')
}
