/**
 * Password hashing: Argon2id, in threads of its own, behind admission control.
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

import { isOwnHash, standIn } from './argon2id.ts'
import { readForeignHash } from './foreign-hash.ts'
import { openAdmission } from './hash-admission.ts'
import { openHashThreads, tasksAtOnce } from './hash-threads.ts'
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
  /** Threads that compute hashes; the number of cores is right. */
  concurrency: number
  /** Callers that may wait for one. */
  queueMax: number
}

/** A hasher with its own queue; one per process, because cores are shared by the whole process. */
export function openPasswordHasher({
  concurrency,
  queueMax,
}: PasswordHasherOptions): PasswordHasher {
  const threads = openHashThreads({ threads: concurrency })
  const admission = openAdmission({ concurrency: tasksAtOnce(concurrency), queueMax })
  return {
    hash(password, signal) {
      const normalized = normalizePassword(password)
      return admission.run(() => threads.hash(normalized), signal)
    },
    async verify(stored, password, signal) {
      const normalized = normalizePassword(password)
      const { hash, mayMatch, ...said } = planVerification(stored, normalized)
      const matches =
        (await admission.run(() => threads.verify(hash, normalized), signal)) && mayMatch
      return { matches, rehash: matches && !isOwnHash(hash), ...said }
    },
    counts: admission.counts,
  }
}

/** The hash that the password is held against, and whether that may say that it matches. */
interface VerificationPlan {
  hash: string
  mayMatch: boolean
  detail?: string
}

function planVerification(hash: string | undefined, password: string): VerificationPlan {
  if (hash === undefined) return neverMatches
  // UTF-8 has no form for a lone surrogate: two such passwords would become the same bytes.
  if (!password.isWellFormed()) return neverMatches
  if (isOwnHash(hash)) return { hash, mayMatch: true }
  const foreign = readForeignHash(hash)
  if (foreign.kind === 'refused') return { ...neverMatches, detail: foreign.detail }
  // HMAC pads keys with zero bytes and bcrypt repeats them with one between: there, other passwords match too.
  if (password.includes('\0')) return neverMatches
  return { hash, mayMatch: true }
}

const neverMatches: VerificationPlan = { hash: standIn, mayMatch: false }
