/**
 * Identifiers as they stand in the feed: the first 16 bytes of SHA-256 over issuer, 0x00, name of the claim, 0x00 and
 * identifier, all in UTF-8. Whoever holds a token finds its identifiers again; nobody learns another one.
 *
 * They are kept as four words of 32 bits each, in the order of the bytes.
 *
 * Specs: `RevocationEntry` of the contract, FIPS 180-4.
 */

import { hash } from 'node:crypto'
import type { AccessTokenClaims } from './claims.ts'

/** The claims that an entry may name, in the order in which their words are kept. */
export const identifierClaims = ['jti', 'gid', 'sid', 'sub', 'client_id'] as const

export type IdentifierClaim = (typeof identifierClaims)[number]

export const hashBytes = 16
export const hashWords = 4
/** Where the words of everything stand, which are zero, after those of the claims. */
export const everythingOffset = identifierClaims.length * hashWords

/** The 16 bytes for one identifier. In Redis everything is named by `iss`, where an entry must have a name. */
export function hashIdentifier(
  issuer: string,
  claim: IdentifierClaim | 'iss',
  identifier: string,
): Buffer {
  return hash('sha256', hashed(issuer, claim, identifier), 'buffer').subarray(0, hashBytes)
}

/** The words of all identifiers of a token, once per token. Zero for a claim that it does not have, and for everything. */
export function hashIdentifiers(issuer: string, claims: AccessTokenClaims): Uint32Array {
  const words = new Uint32Array(everythingOffset + hashWords)
  identifierClaims.forEach((claim, index) => {
    const identifier = claims[claim]
    if (identifier === undefined) return
    // A string with a character for each byte takes half the time of a buffer.
    const bytes = hash('sha256', hashed(issuer, claim, identifier), 'binary')
    for (let word = 0; word < hashWords; word += 1) {
      words[index * hashWords + word] = wordAt(bytes, word * 4)
    }
  })
  return words
}

/** What the hash is over. */
function hashed(issuer: string, claim: IdentifierClaim | 'iss', identifier: string): string {
  return `${issuer}\0${claim}\0${identifier}`
}

/** Four bytes, the most significant one first. Uint32Array makes a word of what JavaScript takes for a negative number. */
function wordAt(bytes: string, offset: number): number {
  return (
    (bytes.charCodeAt(offset) << 24) |
    (bytes.charCodeAt(offset + 1) << 16) |
    (bytes.charCodeAt(offset + 2) << 8) |
    bytes.charCodeAt(offset + 3)
  )
}
