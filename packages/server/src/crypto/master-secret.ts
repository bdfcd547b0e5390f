/**
 * The master secret: what it derives, and how things are wrapped under it.
 *
 * Every use names its purpose. Keys for different purposes are independent, and what was wrapped for one purpose
 * or under one secret does not open as anything else. Two secrets can be open at once, so that a new one is
 * readable everywhere before it is used: wrapping takes the current one, unwrapping whichever the key id names.
 *
 * A wrapped value is: version (1 byte) ‖ salt (16) ‖ ciphertext ‖ tag (16). The salt gives each value its own key,
 * so there is no limit to how many values one secret can wrap.
 *
 * Keys are KeyObjects here and everywhere: node:crypto takes five times as long with the same key in a Buffer.
 *
 * Specs: RFC 5869 (HKDF), NIST SP 800-38D (AES-GCM).
 */

import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto'

export interface MasterSecret {
  /** Names the current secret and tells nothing about it. */
  keyId: string
  /** The key ids of all secrets that are open; the current one first. */
  readableKeyIds: readonly string[]
  /** The key of the current secret for one purpose: 32 bytes. */
  derive(purpose: string): KeyObject
  wrap(purpose: string, plain: Buffer): { wrapped: Buffer; keyId: string }
  /** Throws MasterSecretError where the value is of another secret or another purpose, or was changed. */
  unwrap(purpose: string, wrapped: Buffer, keyId: string): Buffer
}

/** A value that cannot be opened, or a secret that cannot be used. The message is a sentence for an operator. */
export class MasterSecretError extends Error {
  override readonly name = 'MasterSecretError'
}

const version = 1
const saltBytes = 16
const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16
const secretLengthMin = 32

/** Opens the secrets. Throws MasterSecretError where one is shorter than 32 characters. */
export function openMasterSecret(secrets: { current: string; previous?: string }): MasterSecret {
  const current = openSecret(secrets.current)
  const opened = [current]
  const derived = new Map<string, KeyObject>()
  if (secrets.previous !== undefined) opened.push(openSecret(secrets.previous))
  return {
    keyId: current.keyId,
    readableKeyIds: opened.map(({ keyId }) => keyId),
    derive(purpose) {
      const known = derived.get(purpose)
      if (known !== undefined) return known
      const bytes = hkdf(current.secret, '', label('derive', purpose), keyBytes)
      const key = createSecretKey(bytes)
      derived.set(purpose, key)
      return key
    },
    wrap: (purpose, plain) => ({ wrapped: wrap(current, purpose, plain), keyId: current.keyId }),
    unwrap(purpose, wrapped, keyId) {
      const found = opened.find((candidate) => candidate.keyId === keyId)
      if (found === undefined) {
        throw new MasterSecretError(
          `This was wrapped under another master secret (key ${keyId}); the one in use is key ${current.keyId}.`,
        )
      }
      return unwrap(found, purpose, wrapped)
    },
  }
}

interface OpenSecret {
  secret: KeyObject
  keyId: string
}

function openSecret(text: string): OpenSecret {
  if (text.length < secretLengthMin) {
    throw new MasterSecretError(
      `A master secret has at least ${secretLengthMin} characters. Make one with: openssl rand -base64 48`,
    )
  }
  const secret = createSecretKey(text, 'utf8')
  return { secret, keyId: hkdf(secret, '', label('key id'), 8).toString('hex') }
}

function wrap(open: OpenSecret, purpose: string, plain: Buffer): Buffer {
  const salt = randomBytes(saltBytes)
  const { key, nonce, aad } = envelope(open, purpose, salt)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes }).setAAD(aad)
  const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()])
  return Buffer.concat([Buffer.of(version), salt, ciphertext, cipher.getAuthTag()])
}

function unwrap(open: OpenSecret, purpose: string, wrapped: Buffer): Buffer {
  if (wrapped.length < 1 + saltBytes + tagBytes || wrapped[0] !== version) {
    throw new MasterSecretError('This is not a wrapped value.')
  }
  const { key, nonce, aad } = envelope(open, purpose, wrapped.subarray(1, 1 + saltBytes))
  const ciphertext = wrapped.subarray(1 + saltBytes, -tagBytes)
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
  decipher.setAAD(aad).setAuthTag(wrapped.subarray(-tagBytes))
  try {
    return Buffer.concat([decipher.update(ciphertext), decipher.final()])
  } catch (cause) {
    throw new MasterSecretError(
      'A wrapped value was changed, or was wrapped for another purpose.',
      {
        cause,
      },
    )
  }
}

function envelope(open: OpenSecret, purpose: string, salt: Buffer) {
  const aad = label('wrap', purpose, open.keyId)
  const material = hkdf(open.secret, salt, aad, keyBytes + nonceBytes)
  const key = createSecretKey(material.subarray(0, keyBytes))
  return { key, nonce: material.subarray(keyBytes), aad }
}

function hkdf(secret: KeyObject, salt: Buffer | string, info: Buffer, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, info, bytes))
}

/** Each part with its length before it, so that no two lists of parts read the same. */
function label(...parts: string[]): Buffer {
  const pieces = ['signet/master-secret/1', ...parts].map((part) => {
    const bytes = Buffer.from(part, 'utf8')
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    return Buffer.concat([length, bytes])
  })
  return Buffer.concat(pieces)
}
