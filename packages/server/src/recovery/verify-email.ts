/**
 * Notes that somebody reads the mailbox of an address: it is proved, and belongs to that account alone.
 *
 * 1. Find what the link or the code is about.
 * 2. One transaction, alone with this user and this address, uses the link up and notes the proof, unless somebody else has proved the
 *    address meanwhile, or the account another one: then it may be a stranger's, who claimed the address of somebody else. Other claims
 *    to it hold nothing from then on.
 *
 * Errors: LINK_INVALID, UNAVAILABLE.
 */

import { ErrorReason } from '@signet/contract'
import type { Db } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import type { UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { lockUserToCut } from '../revocation/cut-user.ts'
import { lockHolders, proveIdentifier } from '../users/open-account.ts'
import { hasProvedAnother } from './mailed-links.sql.ts'
import { consumeLink, type LiveLink, type MailedProof, requireLiveLink } from './mailed-links.ts'

/** Proves the address, and answers it as it was written. */
export async function verifyEmail(
  deps: Pick<Deps, 'db' | 'masterSecret'>,
  ctx: RequestContext,
  { proof }: { proof: MailedProof },
): Promise<{ email: string }> {
  const link = await requireLiveLink(deps, ctx, { purpose: 'verify_email', proof })
  const userId = link.userId as UserId
  await deps.db.transaction(async (tx) => {
    await lockUserToCut(tx, userId)
    await consumeLink(tx, link)
    const another = await hasProvedAnother(tx, { userId, canonical: link.canonical })
    if (another.proved) throw new SignetError(ErrorReason.LINK_INVALID)
    await proveAddress({ ...deps, db: tx }, ctx, link)
  })
  return { email: link.value }
}

/** Notes the proof, and answers whether it is news. The transaction has used up what proves it. */
export async function proveAddress(
  deps: { db: Db } & Pick<Deps, 'masterSecret'>,
  ctx: RequestContext,
  link: LiveLink,
): Promise<boolean> {
  const { value, canonical } = link
  const { ownerId } = await lockHolders(deps.db, { kind: 'email', value, canonical })
  if (ownerId === link.userId) return false
  if (ownerId !== undefined) throw new SignetError(ErrorReason.LINK_INVALID)
  if (link.identifierId === null) throw new Error('a link that proves an address has none')
  await proveIdentifier(deps.db, { id: link.identifierId, now: ctx.now })
  const userId = link.userId as UserId
  await recordEvent(deps, ctx, {
    kind: 'email.verified',
    outcome: 'success',
    actorId: userId,
    subjectId: userId,
    personal: { email: value },
  })
  return true
}
