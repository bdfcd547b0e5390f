/**
 * Identifiers as they leave in the feed: nobody learns from it who signed out, and who holds a token finds it again.
 *
 * SHA-256 over issuer, 0x00, name of the claim, 0x00 and identifier, all in UTF-8, of which the first 16 bytes count. No
 * issuer and no name holds 0x00, so two different inputs never make the same bytes. docs/reference/revocation-feed.md
 * says the same to implementers, with values to check against.
 */

import { hash } from 'node:crypto'
import type { EntryScope } from './entry-set.ts'

/** Bytes of a hashed identifier. */
export const hashedLength = 16

/** The claim of an access token that each scope is compared with. What is about everything names no claim, but in Redis the issuer. */
export const claimOfScope = {
  jti: 'jti',
  gid: 'gid',
  sid: 'sid',
  sub: 'sub',
  client: 'client_id',
  iss: 'iss',
} as const satisfies Record<Exclude<EntryScope, 'all'> | 'iss', string>

/** The bytes that stand for an identifier of this scope. */
export function hashIdentifier(
  issuer: string,
  scope: keyof typeof claimOfScope,
  identifier: string,
): Buffer {
  const text = `${issuer}\0${claimOfScope[scope]}\0${identifier}`
  return hash('sha256', text, 'buffer').subarray(0, hashedLength)
}
