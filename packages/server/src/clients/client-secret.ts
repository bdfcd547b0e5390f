/**
 * Client secrets: 256 random bits, shown once. What is stored is their SHA-256, which is enough for that many bits, and
 * the beginning, by which an operator tells them apart.
 *
 * The prefix `sk_` lets scanners of source code find one that was committed by mistake.
 *
 * Specs: RFC 6749 §2.3.1 and §10.10, OWASP ASVS 5.0 V13.2.
 */

import { hash, randomBytes } from 'node:crypto'

const secretPrefix = 'sk_'
const secretBytes = 32
const shownCharacters = 9
const secretForm = /^sk_[\w-]{43}$/

/** A secret, and what is stored of it. */
export function makeClientSecret(): { secret: string; prefix: string; secretHash: Buffer } {
  const secret = secretPrefix + randomBytes(secretBytes).toString('base64url')
  return { secret, prefix: secret.slice(0, shownCharacters), secretHash: hashClientSecret(secret) }
}

/** What a presented secret is looked up by. */
export function hashClientSecret(secret: string): Buffer {
  return hash('sha256', secret, 'buffer')
}

/** Whether a text has the form of a client's secret. */
export function isClientSecret(text: string): boolean {
  return secretForm.test(text)
}
