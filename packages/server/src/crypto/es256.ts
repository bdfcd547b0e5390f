/**
 * ECDSA signatures as JOSE wants them: r ‖ s in 64 bytes, where OpenSSL speaks DER.
 *
 * The conversion is done here because asking node:crypto for the JOSE form halves the speed of signing.
 *
 * Specs: RFC 7518 §3.4 (ES256), RFC 3279 §2.2.3 (the DER form), X.690 §8.3 (shortest integers).
 */

import { type KeyObject, sign, verify } from 'node:crypto'

const coordinateBytes = 32
const signatureBytes = 2 * coordinateBytes
const sequenceTag = 0x30
const integerTag = 0x02

/** Signs with a P-256 private key; 64 bytes. */
export function signEs256(privateKey: KeyObject, input: Buffer): Buffer {
  return derToJose(sign('sha256', input, privateKey))
}

/** Whether the signature is 64 bytes long and of this input by this P-256 key. Never throws over the signature. */
export function verifyEs256(publicKey: KeyObject, input: Buffer, signature: Buffer): boolean {
  return (
    signature.length === signatureBytes && verify('sha256', input, publicKey, joseToDer(signature))
  )
}

/** From DER to r ‖ s. Throws where it is not one strict DER signature of a 256-bit curve. */
export function derToJose(der: Buffer): Buffer {
  const jose = Buffer.alloc(signatureBytes)
  if (der[0] !== sequenceTag || der[1] !== der.length - 2) throw notDer()
  const afterR = readInteger(der, 2, jose.subarray(0, coordinateBytes))
  const afterS = readInteger(der, afterR, jose.subarray(coordinateBytes))
  if (afterS !== der.length) throw notDer()
  return jose
}

/** From r ‖ s to the one DER form of it. */
export function joseToDer(jose: Buffer): Buffer {
  const r = writeInteger(jose.subarray(0, coordinateBytes))
  const s = writeInteger(jose.subarray(coordinateBytes, signatureBytes))
  return Buffer.concat([Buffer.of(sequenceTag, r.length + s.length), r, s])
}

/** Reads the integer at `offset` into the end of `coordinate`, and returns where it ends. */
function readInteger(der: Buffer, offset: number, coordinate: Buffer): number {
  const length = der[offset + 1]
  const end = offset + 2 + (length ?? 0)
  if (der[offset] !== integerTag || !length || end > der.length) throw notDer()
  const bytes = der.subarray(offset + 2, end)
  const first = bytes.readUInt8(0)
  const padded = first === 0 && length > 1
  const negative = first >= 0x80
  const needlesslyPadded = padded && bytes.readUInt8(1) < 0x80
  const magnitude = padded ? bytes.subarray(1) : bytes
  if (negative || needlesslyPadded || magnitude.length > coordinate.length) throw notDer()
  magnitude.copy(coordinate, coordinate.length - magnitude.length)
  return end
}

function writeInteger(coordinate: Buffer): Buffer {
  let start = 0
  while (start < coordinate.length - 1 && coordinate[start] === 0) start += 1
  const magnitude = coordinate.subarray(start)
  const padding = magnitude.readUInt8(0) >= 0x80 ? [0] : []
  return Buffer.from([integerTag, padding.length + magnitude.length, ...padding, ...magnitude])
}

function notDer(): Error {
  return new Error('not a DER signature of a 256-bit curve')
}
