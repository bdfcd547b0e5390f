/**
 * One key of the published set: taken only if it can do nothing but verify what the caller pinned.
 *
 * 1. It has an id and an algorithm that is pinned, and it is for signatures.
 * 2. It holds nothing private: whoever publishes that has lost the key.
 * 3. ES256 is on P-256 and nothing else, EdDSA is Ed25519, an RSA modulus has 2,048 to 8,192 bits and an odd exponent
 *    above 2^16.
 *
 * Specs: RFC 7517 §4, RFC 7518 §6.2, §6.3 and §3.3, RFC 8037 §2, RFC 8725 §3.1, §3.4 and §3.5.
 */

import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import type { Algorithm, VerificationKey } from './signature.ts'

const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']
const keyTypes: Record<Algorithm, { kty: string; crv?: string }> = {
  ES256: { kty: 'EC', crv: 'P-256' },
  RS256: { kty: 'RSA' },
  EdDSA: { kty: 'OKP', crv: 'Ed25519' },
}
const rsaBits = { min: 2048, max: 8192 }
const rsaExponentMin = 65_537n
const kidLengthMax = 256

/** The key; a sentence where it is refused; undefined where it is of no concern here. */
export function readPublishedKey(
  jwk: unknown,
  algorithms: readonly Algorithm[],
): VerificationKey | string | undefined {
  if (typeof jwk !== 'object' || jwk === null) return 'a key that is no object'
  const { kid, alg, use, key_ops, kty, crv } = jwk as Record<string, unknown>
  const algorithm = algorithms.find((pinned) => pinned === alg)
  if (algorithm === undefined || (use !== undefined && use !== 'sig')) return undefined
  if (typeof kid !== 'string' || kid === '' || kid.length > kidLengthMax) {
    return 'a key without an id'
  }
  if (Array.isArray(key_ops) && !key_ops.includes('verify')) return undefined
  if (privateMembers.some((name) => Object.hasOwn(jwk, name))) {
    return `key ${kid} is published with its private part`
  }
  const expected = keyTypes[algorithm]
  if (kty !== expected.kty || crv !== expected.crv) {
    return `key ${kid} is not of the type that ${algorithm} needs`
  }
  const publicKey = importKey(jwk)
  if (publicKey === undefined) return `key ${kid} cannot be read`
  if (algorithm === 'RS256' && !isStrongRsa(publicKey)) return `key ${kid} is too weak`
  return { kid, algorithm, publicKey }
}

function importKey(jwk: object): KeyObject | undefined {
  try {
    // OpenSSL refuses a point that is not on the curve.
    return createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' })
  } catch {
    return undefined
  }
}

function isStrongRsa(key: KeyObject): boolean {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  return (
    modulusLength >= rsaBits.min &&
    modulusLength <= rsaBits.max &&
    publicExponent >= rsaExponentMin &&
    publicExponent % 2n === 1n
  )
}
