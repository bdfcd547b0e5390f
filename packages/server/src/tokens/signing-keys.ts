/**
 * The signing keys: which exist, which signs, and which verify.
 *
 * 1. Read the keys of this installation.
 * 2. Make an active one for each algorithm that has none: those that are always there, and those that clients are
 *    pinned to. Of instances that start together one wins, and all use its.
 * 3. Unwrap the private parts of those that sign or are about to.
 * 4. Read them again when asked to: what others rotated is taken over as a whole, between two calls.
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
import type { WrappedValues } from '../db/rewrap.ts'
import type { Deps } from '../deps.ts'
import { byItself, recordEvent } from '../events/record-event.ts'
import {
  insertFirstSigningKey,
  listPinnedAlgorithms,
  listSigningKeys,
  lockPrivateKeys,
  replacePrivateKeys,
} from './signing-keys.sql.ts'
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
  /** Tokens that these keys are known to have signed. It goes as soon as one of the keys goes. */
  readonly verified: VerifiedTokens
  /** Reads the keys again. Those that were there stay in use where it fails. */
  reload(): Promise<void>
  /** Called with each kid that is not known: perhaps another instance has made the key. */
  onUnknownKid(listener: () => void): void
}

/** Keys that cannot be opened. The message is a sentence for an operator. */
export class SigningKeysError extends Error {
  override readonly name = 'SigningKeysError'
}

/** The key set always holds these. */
const requiredAlgorithms = ['ES256', 'RS256'] as const
const rsaModulusBits = 2048
const wrapPurpose = 'signing key'

type KeyDeps = Pick<Deps, 'db' | 'masterSecret'>

/** Reads the keys of this installation, and makes those that are missing. */
export async function ensureSigningKeys(deps: KeyDeps, now: Date): Promise<SigningKeys> {
  await insertMissingKeys(deps, now)
  return openSigningKeys(deps, await listSigningKeys(deps.db))
}

/** Makes an active key for each algorithm that needs one and has none. */
export async function insertMissingKeys(deps: KeyDeps, now: Date): Promise<void> {
  const [stored, pinned] = [await listSigningKeys(deps.db), await listPinnedAlgorithms(deps.db)]
  const needed = new Set([...requiredAlgorithms, ...pinned.map(({ algorithm }) => algorithm)])
  for (const { algorithm, state } of stored) if (state === 'active') needed.delete(algorithm)
  for (const algorithm of needed) {
    const key = await makeSigningKey(deps.masterSecret, algorithm)
    await deps.db.transaction(async (tx) => {
      const inserted = await insertFirstSigningKey(tx, { ...key, createdAt: now })
      if (inserted === 0) return
      await recordEvent({ ...deps, db: tx }, byItself(now), {
        kind: 'signing_key.created',
        outcome: 'success',
        details: { kid: key.id, algorithm, state: 'active' },
      })
    })
  }
}

type StoredKey = Awaited<ReturnType<typeof listSigningKeys>>[number]

function openSigningKeys(deps: KeyDeps, stored: StoredKey[]): SigningKeys {
  let keys = openKeySet(deps.masterSecret, stored)
  let verified = openVerifiedTokens()
  const listeners: (() => void)[] = []
  return {
    active(algorithm) {
      const key = keys.active.get(algorithm)
      if (key === undefined) throw new Error(`no active signing key for ${algorithm}`)
      return key
    },
    find(kid) {
      const key = keys.verifying.get(kid)
      if (key === undefined) for (const listener of listeners) listener()
      return key
    },
    jwks: () => ({ keys: keys.published }),
    get verified() {
      return verified
    },
    async reload() {
      const reread = await listSigningKeys(deps.db)
      if (describeKeys(reread) === keys.description) return
      const former = keys
      keys = openKeySet(deps.masterSecret, reread)
      const isGone = (kid: string) => !keys.verifying.has(kid)
      // What a key has signed that is gone must not be remembered as good.
      if ([...former.verifying.keys()].some(isGone)) verified = openVerifiedTokens()
    },
    onUnknownKid(listener) {
      listeners.push(listener)
    },
  }
}

interface KeySet {
  verifying: ReadonlyMap<string, VerificationKey>
  active: ReadonlyMap<string, SigningKey>
  published: PublicJwk[]
  /** Equal exactly where nothing has changed. */
  description: string
}

function openKeySet(masterSecret: MasterSecret, stored: StoredKey[]): KeySet {
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
  return { verifying, active, published, description: describeKeys(stored) }
}

function describeKeys(stored: StoredKey[]): string {
  return stored.map(({ id, state }) => `${id} ${state}`).join('\n')
}

/** A new key, its private part wrapped; not stored yet. */
export async function makeSigningKey(masterSecret: MasterSecret, algorithm: SigningAlgorithm) {
  const { privateKey, jwk, id } = await generateNamed(algorithm)
  const publicJwk = { ...jwk, kid: id, alg: algorithm, use: 'sig' } as PublicJwk
  const der = privateKey.export({ format: 'der', type: 'pkcs8' })
  const { wrapped, keyId } = masterSecret.wrap(purposeOf(id), der)
  return { id, algorithm, publicJwk, wrappedKey: wrapped, wrappingKeyId: keyId }
}

/** A new pair. Command lines take an id that begins with a dash for an option, so one in 64 is not used. */
async function generateNamed(algorithm: SigningAlgorithm) {
  for (;;) {
    const { privateKey, publicKey } = await generate(algorithm)
    const jwk = publicKey.export({ format: 'jwk' })
    const id = thumbprint(jwk)
    if (!id.startsWith('-')) return { privateKey, jwk, id }
  }
}

function generate(algorithm: SigningAlgorithm) {
  const generated = promisify(generateKeyPair)
  switch (algorithm) {
    case 'ES256':
      return generated('ec', { namedCurve: 'P-256' })
    case 'RS256':
      return generated('rsa', { modulusLength: rsaModulusBits })
    case 'EdDSA':
      return generated('ed25519')
  }
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

/** The stored private parts, for a new master secret. */
export const privateKeyValues: WrappedValues = {
  beforeFirst: '',
  purposeOf,
  lock: lockPrivateKeys,
  replace: replacePrivateKeys,
}

/** The key id is part of the purpose, so that rows whose wrapped keys were exchanged do not open. */
function purposeOf(kid: string): string {
  return `${wrapPurpose} ${kid}`
}

/** RFC 7638: SHA-256 over the required members in lexicographic order. */
function thumbprint(jwk: JsonWebKey): string {
  return hash('sha256', JSON.stringify(requiredMembers(jwk)), 'base64url')
}

function requiredMembers(jwk: JsonWebKey): object {
  if (jwk.kty === 'EC') return { crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y }
  if (jwk.kty === 'OKP') return { crv: jwk.crv, kty: jwk.kty, x: jwk.x }
  return { e: jwk.e, kty: jwk.kty, n: jwk.n }
}
