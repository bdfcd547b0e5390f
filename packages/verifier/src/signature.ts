/**
 * The signature of a token, for the three algorithms that Signet signs with. The key decides the algorithm, never the
 * token.
 *
 * An ES256 signature is r ‖ s in 64 bytes, where OpenSSL speaks DER. It is converted here, because asking node:crypto for
 * the JOSE form takes half as long again.
 *
 * Specs: RFC 7515 §5.2, RFC 7518 §3.3 and §3.4, RFC 8037 §3.1, RFC 8725 §3.1, RFC 3279 §2.2.3 (the DER form).
 */

import { type KeyObject, verify } from 'node:crypto'

export type Algorithm = 'ES256' | 'RS256' | 'EdDSA'

/** A key that verifies, with its one algorithm. */
export interface VerificationKey {
  kid: string
  algorithm: Algorithm
  publicKey: KeyObject
}

const coordinateBytes = 32
const es256Bytes = 2 * coordinateBytes
const sequenceTag = 0x30
const integerTag = 0x02

/** Whether the signature is of this input by this key. Never throws over input or signature. */
export function verifySignature(
  { algorithm, publicKey }: VerificationKey,
  input: Buffer,
  signature: Buffer,
): boolean {
  switch (algorithm) {
    case 'ES256':
      return signature.length === es256Bytes && verify('sha256', input, publicKey, derOf(signature))
    case 'RS256':
      return verify('sha256', input, publicKey, signature)
    case 'EdDSA':
      return verify(null, input, publicKey, signature)
  }
}

/** From r ‖ s to the one DER form of it. */
function derOf(signature: Buffer): Buffer {
  const r = integerOf(signature.subarray(0, coordinateBytes))
  const s = integerOf(signature.subarray(coordinateBytes))
  return Buffer.concat([Buffer.of(sequenceTag, r.length + s.length), r, s])
}

/** The shortest form that is not negative. */
function integerOf(coordinate: Buffer): Buffer {
  let start = 0
  while (start < coordinate.length - 1 && coordinate[start] === 0) start += 1
  const magnitude = coordinate.subarray(start)
  const padding = magnitude.readUInt8(0) >= 0x80 ? [0] : []
  return Buffer.from([integerTag, padding.length + magnitude.length, ...padding, ...magnitude])
}
