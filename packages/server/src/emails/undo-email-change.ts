/**
 * Gives an address back that was changed or taken away, to whoever reads its mailbox. The account may be in the hands of a
 * thief, so nothing that a thief may hold is left:
 *
 * 1. Find what the link is about. It outlives whatever was done with the account since, and works while it is suspended.
 * 2. One transaction, alone with the user and with the address, uses the link up and restores the address, unless somebody
 *    else has proved it meanwhile. It is the one that notices go to.
 * 3. Identifiers and linked providers that came in the week before the change or since are gone, but for what the account was opened with: whoever
 *    adds an address first and takes the old one away then leaves none behind. Links that would undo this are void; earlier ones
 *    are good, because they went to addresses that the account had before.
 * 4. The password is gone, and one entry in the revocation log ends every session and every grant. A link for a new password goes
 *    to the address.
 *
 * Answered once this instance has read in the log that they have ended.
 *
 * Errors: LINK_INVALID, UNAVAILABLE.
 */

import { ErrorReason } from '@signet/contract'
import { deletePassword } from '../authenticators/write-password.ts'
import type { Db } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import { dropIdentities } from '../federation/drop-identities.ts'
import { newId, type UserId } from '../ids.ts'
import { enqueue } from '../queue/enqueue.ts'
import { consumeLink, type LiveLink, requireLiveLink } from '../recovery/mailed-links.ts'
import type { RequestContext } from '../request-context.ts'
import { cutUser, lockUserToCut } from '../revocation/cut-user.ts'
import { lockHolders } from '../users/open-account.ts'
import {
  clearPrimaryEmail,
  deleteIdentifiersSince,
  insertVerifiedEmail,
  setPrimaryEmail,
  voidLaterUndoLinks,
} from './emails.sql.ts'

/** Who adds an address first, and takes the old one away within this time, leaves none behind. */
const weekMs = 7 * 24 * 60 * 60 * 1000

type UndoDeps = Pick<Deps, 'db' | 'masterSecret' | 'revocations'>

/** Gives it back, and answers it as it was written. */
export async function undoEmailChange(
  deps: UndoDeps,
  ctx: RequestContext,
  { token }: { token: string },
): Promise<{ email: string }> {
  const proof = { token, email: '', code: '' }
  const link = await requireLiveLink(deps, ctx, { purpose: 'undo_email_change', proof })
  await deps.db.transaction((tx) => restore({ ...deps, db: tx }, ctx, link))
  await deps.revocations.told()
  return { email: link.value }
}

async function restore(
  deps: { db: Db } & Pick<Deps, 'masterSecret'>,
  ctx: RequestContext,
  link: LiveLink,
): Promise<void> {
  const { db: tx } = deps
  const userId = link.userId as UserId
  const { value, canonical, createdAt: changedAt } = link
  const since = new Date(changedAt.getTime() - weekMs)
  await lockUserToCut(tx, userId)
  await consumeLink(tx, link)
  const { ownerId } = await lockHolders(tx, { kind: 'email', value, canonical })
  if (ownerId !== undefined && ownerId !== userId) throw new SignetError(ErrorReason.LINK_INVALID)
  const id = newId(ctx.now, userId)
  await insertVerifiedEmail(tx, { id, userId, value, canonical, now: ctx.now })
  const removed = await deleteIdentifiersSince(tx, { userId, canonical, since })
  await clearPrimaryEmail(tx, { userId })
  await setPrimaryEmail(tx, { userId, canonical })
  await voidLaterUndoLinks(tx, { userId, changedAt })
  await dropIdentities(deps, ctx, { userId, since })
  await deletePassword(tx, { userId })
  await cutUser(tx, { userId, reason: 'email_change_undone' })
  await recordEvent(deps, ctx, {
    kind: 'email.change_undone',
    outcome: 'success',
    actorId: userId,
    subjectId: userId,
    details: { removed: removed.length },
    personal: { email: value, removedEmails: removed.map((each) => each.value) },
  })
  await enqueue(tx, 'write_to_address', { about: 'password_reset', canonical })
}
