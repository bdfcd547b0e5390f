/**
 * Identifiers as they stand in the feed: the first 16 bytes of SHA-256 over issuer, 0x00, name of the claim, 0x00 and
 * identifier, all in UTF-8. Whoever holds a token finds its identifiers again; nobody learns another one.
 *
 * They are kept as four words of 32 bits each, in the order of the bytes. The words are signed, and in an array of numbers,
 * which is made in less time than a typed array of this size.
 *
 * Specs: `RevocationEntry` of the contract, FIPS 180-4.
 */

import { hash } from 'node:crypto'
import type { AccessTokenClaims } from './claims.ts'

/** The claims that an entry may name, in the order in which their words are kept. */
export const identifierClaims = ['jti', 'gid', 'sid', 'sub', 'client_id'] as const

export type IdentifierClaim = (typeof identifierClaims)[number]

/** Signed integers of 32 bits, four for each hash. */
export type HashWords = readonly number[]

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

/** Yields the words of all identifiers of a token. Zero for a claim that it does not have, and for everything. */
export type HashIdentifiers = (claims: AccessTokenClaims) => HashWords

/** For the tokens of an issuer. Most come from the client of the one before, whose hash is taken over. */
export function openIdentifierHashes(issuer: string): HashIdentifiers {
  const [token, grant, session, subject, client] = identifierClaims.map((claim) =>
    hashed(issuer, claim, ''),
  ) as [string, string, string, string, string]
  let latest = { clientId: '', words: wordsOf(client, '') }
  return ({ jti, gid, sid, sub, client_id: clientId }) => {
    if (clientId !== latest.clientId) latest = { clientId, words: wordsOf(client, clientId) }
    return [
      ...wordsOf(token, jti),
      ...(gid === undefined ? noWords : wordsOf(grant, gid)),
      ...(sid === undefined ? noWords : wordsOf(session, sid)),
      ...wordsOf(subject, sub),
      ...latest.words,
      ...noWords,
    ]
  }
}

const noWords: HashWords = [0, 0, 0, 0]

function wordsOf(prefix: string, identifier: string): HashWords {
  // A string with a character for each byte takes half the time of a buffer.
  const bytes = hash('sha256', prefix + identifier, 'binary')
  return [wordAt(bytes, 0), wordAt(bytes, 4), wordAt(bytes, 8), wordAt(bytes, 12)]
}

/** What the hash is over. */
function hashed(issuer: string, claim: IdentifierClaim | 'iss', identifier: string): string {
  return `${issuer}\0${claim}\0${identifier}`
}

/** Four bytes, the most significant one first. */
function wordAt(bytes: string, offset: number): number {
  return (
    (bytes.charCodeAt(offset) << 24) |
    (bytes.charCodeAt(offset + 1) << 16) |
    (bytes.charCodeAt(offset + 2) << 8) |
    bytes.charCodeAt(offset + 3)
  )
}
