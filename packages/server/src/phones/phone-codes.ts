/**
 * Codes that go to a phone: for one purpose and one number, with an id that they come with, good for ten minutes, five tries and
 * one use, and void as soon as anything of their user is cut off.
 *
 * A code is made of its id, its number and the master secret, so the database holds nothing of it, and neither does the queue. Whoever tries needs
 * the id, which only who asked has: nobody can use up the tries of somebody else.
 *
 * A code of a number that nobody has looks and is tried the same way. It was sent to nobody.
 *
 * Specs: NIST SP 800-63B-4 §3.1.3.2 (six digits, ten minutes), OWASP ASVS 5.0 V6.5.5, V6.6.2, V6.6.3.
 */

import { createHmac, timingSafeEqual } from 'node:crypto'
import type { MasterSecret } from '../crypto/master-secret.ts'
import type { Db } from '../db/query.ts'
import { consumeCode, deleteOldCodes, tryCode } from './phones.sql.ts'

export type CodePurpose = 'add_phone' | 'sign_in'

/** What a code that is good stands for. */
export interface ProvedCode {
  id: string
  userId: string
  canonical: string
  rev: bigint
}

export const codeLifetimeSeconds = 600
const codeDigits = 6
const triesMax = 5
const batchSize = 500
const batchesMax = 200

/** The code that goes with this id and this number: with another number it is a wrong one, whatever it opens here. */
export function codeOf(
  masterSecret: MasterSecret,
  { purpose, id, canonical }: { purpose: CodePurpose; id: string; canonical: string },
): string {
  const key = masterSecret.derive('phone codes')
  const mac = createHmac('sha256', key)
    .update(JSON.stringify([purpose, id, canonical]))
    .digest()
  // Of 64 bits the remainder is even enough.
  const value = mac.readBigUInt64BE() % 10n ** BigInt(codeDigits)
  return String(value).padStart(codeDigits, '0')
}

/**
 * Tries a code. Where it is the right one it is not used up yet; every look counts. `over`, which is no guess: it was the right one and is
 * good for nothing any more, or, where no number is given, there is no such code to be right or wrong about.
 */
export async function proveCode(
  { db, masterSecret }: { db: Db; masterSecret: MasterSecret },
  asked: { purpose: CodePurpose; id: string; code: string; canonical?: string; userId?: string },
): Promise<ProvedCode | 'wrong' | 'over'> {
  const { purpose, id } = asked
  const limits = { purpose, id, triesMax }
  const found = await tryCode(db, {
    ...limits,
    canonical: asked.canonical ?? null,
    userId: asked.userId ?? null,
  })
  const canonical = asked.canonical ?? found?.canonical
  // Of a code that is not there nothing is said, whatever is tried.
  if (canonical === undefined) return 'over'
  const expected = Buffer.from(codeOf(masterSecret, { purpose, id, canonical }))
  const given = Buffer.from(asked.code.replace(/\s/gu, ''))
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return 'wrong'
  if (found?.userId == null || !found.good) return 'over'
  return { id, userId: found.userId, canonical: found.canonical, rev: found.rev }
}

/** Uses a code up. Of those who try at once one succeeds. */
export async function useCode(tx: Db, { id }: ProvedCode): Promise<boolean> {
  return (await consumeCode(tx, { id })) !== undefined
}

/** Deletes codes that could have been used a while ago, in bounded batches. */
export async function forgetOldCodes(db: Db, signal: AbortSignal): Promise<void> {
  for (let batches = 0; batches < batchesMax && !signal.aborted; batches += 1)
    if ((await deleteOldCodes(db, { limit: batchSize })) < batchSize) return
}
