/**
 * Links and codes that go to a mailbox: made for one purpose and one address, used once, gone after a while, and void as
 * soon as another is made or anything of their user is cut off.
 *
 * A link holds 256 random bits; of it the database has a hash. A code has eight digits, five tries, ten minutes, and a
 * hash under a key that the database does not have. Looking at a link uses nothing up: scanners of mail open links.
 *
 * Errors: LINK_INVALID.
 * Specs: OWASP ASVS 5.0 V6.4.1, V6.5.1 to V6.5.5, V6.6.2.
 */

import { createHmac, hash, randomBytes, randomInt } from 'node:crypto'
import { ErrorReason } from '@signet/contract'
import type { MasterSecret } from '../crypto/master-secret.ts'
import type { Db } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import { newId, type UserId } from '../ids.ts'
import { codeLifetimeMinutes } from '../mail/mail-kinds.ts'
import type { Opener } from '../mail/mail-order.ts'
import type { RequestContext } from '../request-context.ts'
import { parseEmail } from '../users/identifier.ts'
import { consumeMailedLink, findLiveLink, insertMailedLink } from './mailed-links.sql.ts'

export type LinkPurpose =
  | 'verify_email'
  | 'reset_password'
  | 'add_email'
  | 'undo_email_change'
  | 'sign_in'

/**
 * What came from a mailbox: the token of a link, or a code with the address it went to, or with the id of its link. What a
 * request was answered with comes with it, where the mail is good for that request alone.
 */
export interface MailedProof {
  token: string
  email: string
  code: string
  linkId?: string
  requestToken?: string
  /** Whose link it is, where whoever has a code waits for the proof of one account. */
  userId?: UserId
}

/** What a link or a code is about, as long as it is good. */
export type LiveLink = NonNullable<Awaited<ReturnType<typeof findLiveLink>>>

const prefix = 'sl1_'
const tokenBytes = 32
const codeDigits = 8
const codeTriesMax = 5

/** A token and a code that nobody can guess. */
export function makeOpener(digits = codeDigits): Opener {
  return {
    token: prefix + randomBytes(tokenBytes).toString('base64url'),
    code: String(randomInt(10 ** digits)).padStart(digits, '0'),
  }
}

export interface NewLink {
  /** Left out, it is made. */
  id?: string
  purpose: LinkPurpose
  /** What it is about, where the account has it. */
  identifierId: string | null
  userId: UserId
  /** The address that it goes to, as it was written; left out, it is that of the identifier. */
  value?: string
  canonical: string
  opener: Opener
  /** Of what the request was answered with, where it is good for that alone. */
  requestHash?: Buffer
  /** The position of the revocation log on which it rests; left out, it is read. */
  rev?: bigint
  lifetimeMinutes: number
}

/** Stores what the mail holds, in the transaction that orders it. False where the user may have no such link, or has this one. */
export async function issueMailedLink(
  { db, masterSecret }: { db: Db; masterSecret: MasterSecret },
  { purpose, identifierId, userId, canonical, opener, lifetimeMinutes, ...given }: NewLink,
  now: Date,
): Promise<boolean> {
  const id = given.id ?? newId(now, userId)
  const { requestHash } = given
  const of = requestHash?.toString('hex') ?? (purpose === 'add_email' ? id : canonical)
  const inserted = await insertMailedLink(db, {
    id,
    purpose,
    userId,
    identifierId,
    value: given.value ?? null,
    canonical,
    rev: given.rev ?? null,
    requestHash: requestHash ?? null,
    voidsEarlier: purpose !== 'undo_email_change' && requestHash === undefined,
    lifetimeMinutes,
    tokenHash: hash('sha256', opener.token, 'buffer'),
    codeHash: hashCode(masterSecret, { purpose, of, code: opener.code }),
  })
  return inserted === 1
}

/** What the proof is about. Nothing is used up, but of codes each look is a try. Refuses, and records it, otherwise. */
export async function requireLiveLink(
  deps: Pick<Deps, 'db' | 'masterSecret'>,
  ctx: RequestContext,
  { purpose, proof }: { purpose: LinkPurpose; proof: MailedProof },
): Promise<LiveLink> {
  const found = await findLink(deps, purpose, proof)
  if (found !== undefined) return found
  await recordEvent(deps, ctx, {
    kind: 'mailed_link.refused',
    outcome: 'failure',
    details: { purpose },
  })
  throw new SignetError(ErrorReason.LINK_INVALID)
}

async function findLink(
  { db, masterSecret }: Pick<Deps, 'db' | 'masterSecret'>,
  purpose: LinkPurpose,
  proof: MailedProof,
): Promise<LiveLink | undefined> {
  const limits = { triesMax: codeTriesMax, codeLifetimeMinutes }
  const requestHash = proof.requestToken === undefined ? null : hashRequestToken(proof.requestToken)
  const none = {
    tokenHash: null,
    canonical: null,
    linkId: null,
    codeHash: null,
    userId: proof.userId ?? null,
    requestHash,
    ...limits,
  }
  if (proof.token !== '') {
    const tokenHash = hash('sha256', proof.token, 'buffer')
    return findLiveLink(db, { ...none, purpose, tokenHash })
  }
  const code = proof.code.replace(/\s/gu, '')
  if (!/^\d{8}$/u.test(code)) return undefined
  if (requestHash !== null) {
    const codeHash = hashCode(masterSecret, { purpose, of: requestHash.toString('hex'), code })
    return findLiveLink(db, { ...none, purpose, codeHash })
  }
  const { linkId } = proof
  if (linkId !== undefined) {
    const codeHash = hashCode(masterSecret, { purpose, of: linkId, code })
    return findLiveLink(db, { ...none, purpose, linkId, codeHash })
  }
  // By its address alone, whoever knows it could use up the tries of somebody else.
  if (purpose === 'add_email' || purpose === 'sign_in') return undefined
  const email = parseEmail(proof.email, 'proof.email')
  if (!('identifier' in email)) return undefined
  const { canonical } = email.identifier
  const codeHash = hashCode(masterSecret, { purpose, of: canonical, code })
  return findLiveLink(db, { ...none, purpose, canonical, codeHash })
}

/** Uses the link up. Of those who try at once one succeeds; the others are refused. Answers the position on which it rests. */
export async function consumeLink(tx: Db, link: LiveLink): Promise<bigint> {
  const consumed = await consumeMailedLink(tx, { id: link.id })
  if (consumed === undefined) throw new SignetError(ErrorReason.LINK_INVALID)
  return consumed.position
}

/** What is stored of what a request was answered with. */
export function hashRequestToken(requestToken: string): Buffer {
  return hash('sha256', requestToken, 'buffer')
}

/** `of` is what the code comes with: the address that it went to, or the id of its link. */
function hashCode(
  masterSecret: MasterSecret,
  { purpose, of, code }: { purpose: LinkPurpose; of: string; code: string },
): Buffer {
  const key = masterSecret.derive('mailed codes')
  return createHmac('sha256', key)
    .update(JSON.stringify([purpose, of, code]))
    .digest()
}
