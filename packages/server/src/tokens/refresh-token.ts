/**
 * Refresh tokens: derived, not stored.
 *
 *     sr1_ + base64url(grant id (16 bytes) ‖ generation (4, big-endian) ‖ MAC (32))
 *
 * The MAC is HMAC-SHA-256 under a key of the grant's own secret, over issuer, grant, generation and client, each text
 * with its length before it: a token is good for one issuer, one client and one generation, and its successor is a pure
 * function of the row.
 *
 * Specs: RFC 2104 (HMAC), RFC 4648 §5, RFC 6749 §10.4 (bound to the client).
 */

import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto'
import { decodeBase64url } from '../crypto/base64url.ts'
import type { ClientId, GrantId } from '../ids.ts'

/** What a refresh token says, before it is believed. */
export interface PresentedRefreshToken {
  grantId: GrantId
  generation: number
  mac: Buffer
}

/** What a refresh token stands for. */
export interface RefreshTokenSubject {
  issuer: string
  clientId: ClientId
  grantId: GrantId
  generation: number
}

const prefix = 'sr1_'
const grantIdBytes = 16
const generationBytes = 4
const macBytes = 32
const macLabel = 'signet refresh token 1'

/** The one refresh token of this grant and generation. */
export function deriveRefreshToken(key: KeyObject, subject: RefreshTokenSubject): string {
  const { grantId, generation } = subject
  const bytes = Buffer.concat([bytesOf(grantId), uint32(generation), macOf(key, subject)])
  return `${prefix}${bytes.toString('base64url')}`
}

/** What a text says as a refresh token, or undefined where it is none. Nothing is verified. */
export function parseRefreshToken(text: string): PresentedRefreshToken | undefined {
  if (!text.startsWith(prefix)) return undefined
  const bytes = decodeBase64url(text.slice(prefix.length))
  if (bytes?.length !== grantIdBytes + generationBytes + macBytes) return undefined
  const hex = bytes.toString('hex', 0, grantIdBytes)
  const groups = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)]
  return {
    grantId: [...groups, hex.slice(20)].join('-') as GrantId,
    generation: bytes.readUInt32BE(grantIdBytes),
    mac: bytes.subarray(grantIdBytes + generationBytes),
  }
}

/** Whether a refresh token was derived with this key, for this issuer and client. In constant time. */
export function verifyRefreshToken(
  key: KeyObject,
  { grantId, generation, mac }: PresentedRefreshToken,
  expected: { issuer: string; clientId: ClientId },
): boolean {
  return timingSafeEqual(mac, macOf(key, { ...expected, grantId, generation }))
}

function macOf(key: KeyObject, subject: RefreshTokenSubject): Buffer {
  return createHmac('sha256', key)
    .update(withLength(macLabel))
    .update(withLength(subject.issuer))
    .update(bytesOf(subject.grantId))
    .update(uint32(subject.generation))
    .update(withLength(subject.clientId))
    .digest()
}

function withLength(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8')
  return Buffer.concat([uint32(bytes.length), bytes])
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function bytesOf(grantId: GrantId): Buffer {
  return Buffer.from(grantId.replaceAll('-', ''), 'hex')
}
