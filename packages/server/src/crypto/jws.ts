/**
 * The signature of a JWS for the three algorithms that Signet signs with. The key decides the algorithm, never the
 * message.
 *
 * Specs: RFC 7515 §5, RFC 7518 §3.3 and §3.4, RFC 8037 §3.1, RFC 8725 §3.1.
 */

import { type KeyObject, sign, verify } from 'node:crypto'
import { signEs256, verifyEs256 } from './es256.ts'

export const signingAlgorithms = ['ES256', 'RS256', 'EdDSA'] as const
export type SigningAlgorithm = (typeof signingAlgorithms)[number]

/** The signature over the signing input, in its JOSE form. */
export function signJws(algorithm: SigningAlgorithm, privateKey: KeyObject, input: Buffer): Buffer {
  switch (algorithm) {
    case 'ES256':
      return signEs256(privateKey, input)
    case 'RS256':
      return sign('sha256', input, privateKey)
    case 'EdDSA':
      return sign(null, input, privateKey)
  }
}

interface SignedInput {
  input: Buffer
  signature: Buffer
}

/** Whether the signature is of this input by this key. Never throws over input or signature. */
export function verifyJws(
  algorithm: SigningAlgorithm,
  publicKey: KeyObject,
  { input, signature }: SignedInput,
): boolean {
  switch (algorithm) {
    case 'ES256':
      return verifyEs256(publicKey, input, signature)
    case 'RS256':
      return verify('sha256', input, publicKey, signature)
    case 'EdDSA':
      return verify(null, input, publicKey, signature)
  }
}
