/**
 * Argon2id with the parameters that OWASP recommends, as PHC strings. Each call takes its thread for about ten milliseconds,
 * so all of them are made in threads of their own (hash-threads.ts).
 *
 * Specs: RFC 9106, OWASP Password Storage.
 */

import { hashSync, verifySync } from '@node-rs/argon2'

/** 19 MiB, two passes, one lane. The defaults of the library may change; these may not. */
const parameters = { algorithm: 2, version: 1, memoryCost: 19_456, timeCost: 2, parallelism: 1 }
const ownForm = /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/

/** Costs what a real hash costs. The digest is 32 zero bytes, which no password is known to give. */
export const standIn = `$argon2id$v=19$m=19456,t=2,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`

/** Whether it is what `hashArgon2id` would make today. */
export function isOwnHash(hash: string): boolean {
  return ownForm.test(hash)
}

/** A PHC string with a salt of its own. */
export function hashArgon2id(password: string): string {
  return hashSync(password, parameters)
}

/** Whether the password is the one that was hashed. Throws where the string is no hash of Argon2. */
export function verifyArgon2(hash: string, password: string): boolean {
  return verifySync(hash, password)
}
