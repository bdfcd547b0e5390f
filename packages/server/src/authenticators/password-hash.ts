/**
 * Password hashing: Argon2id with the parameters that OWASP recommends, as PHC strings, behind admission control.
 *
 * 1. Bring the password to NFC, so that no caller can forget it.
 * 2. Choose the verification before queueing: Argon2id of ours, a hash from elsewhere (foreign-hash.ts), or, where there
 *    is no usable hash, a stand-in of our parameters that never matches.
 * 3. Do exactly one verification when its turn comes, so that an unknown user costs what a known one costs.
 * 4. Ask for a rehash when the password was right and the hash is not what we would make today.
 *
 * A user whose hash came from elsewhere takes as long as that hash takes, until the first sign-in replaces it.
 *
 * Errors: UNAVAILABLE with retryAfterSeconds when too many are waiting, TIMEOUT when the caller left.
 * Specs: RFC 9106, NIST SP 800-63B-4 §3.1.1.2.
 */

import { hash as argon2Hash, verify as argon2Verify } from '@node-rs/argon2'
import { readForeignHash } from './foreign-hash.ts'
import { openAdmission } from './hash-admission.ts'
import { normalizePassword } from './password-policy.ts'

export interface PasswordHasher {
  /** A PHC string for this password. An aborted `signal` gives up a place in the queue. */
  hash(password: string, signal?: AbortSignal): Promise<string>
  /** Whether the password is the one that was hashed; `undefined` stands for an unknown user and never matches. */
  verify(
    hash: string | undefined,
    password: string,
    signal?: AbortSignal,
  ): Promise<PasswordVerification>
  counts(): { running: number; waiting: number }
}

export interface PasswordVerification {
  matches: boolean
  /** The password was right and its hash should be replaced by `hash(password)`. */
  rehash: boolean
  /** For the log only: why the stored hash could not be used. It never quotes the hash. */
  detail?: string
}

interface PasswordHasherOptions {
  /** Hashes at once; the number of cores is right. */
  concurrency: number
  /** Callers that may wait for one. */
  queueMax: number
}

/** OWASP Password Storage: 19 MiB, two passes, one lane. The defaults of the library may change; these may not. */
const parameters = { algorithm: 2, version: 1, memoryCost: 19_456, timeCost: 2, parallelism: 1 }
const ownForm = /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/

/** Costs what a real hash costs. The digest is 32 zero bytes, which no password is known to give. */
const standIn = `$argon2id$v=19$m=19456,t=2,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`

/** A hasher with its own queue; one per process, because cores are shared by the whole process. */
export function openPasswordHasher(options: PasswordHasherOptions): PasswordHasher {
  const admission = openAdmission(options)
  return {
    hash(password, signal) {
      const normalized = normalizePassword(password)
      return admission.run(() => argon2Hash(normalized, parameters), signal)
    },
    async verify(hash, password, signal) {
      const normalized = normalizePassword(password)
      const plan = planVerification(hash, normalized)
      const matches = await admission.run(() => plan.verify(normalized), signal)
      return {
        matches,
        rehash: matches && plan.rehash,
        ...(plan.detail !== undefined && { detail: plan.detail }),
      }
    },
    counts: admission.counts,
  }
}

interface VerificationPlan {
  verify(password: string): Promise<boolean>
  rehash: boolean
  detail?: string
}

function planVerification(hash: string | undefined, password: string): VerificationPlan {
  if (hash === undefined) return neverMatches
  // UTF-8 has no form for a lone surrogate: two such passwords would become the same bytes.
  if (!password.isWellFormed()) return neverMatches
  if (ownForm.test(hash)) return { verify: (given) => argon2Verify(hash, given), rehash: false }
  const foreign = readForeignHash(hash)
  if (foreign.kind === 'refused') return { ...neverMatches, detail: foreign.detail }
  // HMAC pads keys with zero bytes and bcrypt repeats them with one between: there, other passwords match too.
  if (password.includes('\0')) return neverMatches
  return { verify: foreign.verify, rehash: true }
}

const neverMatches: VerificationPlan = {
  async verify(password) {
    await argon2Verify(standIn, password)
    return false
  },
  rehash: false,
}
