/**
 * Adds an address that its mailbox has proved, or puts it in the place of another.
 *
 * 1. Find what the link or the code is about.
 * 2. One transaction, alone with the user and with the address, uses the link up (of many at once one succeeds) and makes it
 *    an address of the account, unless somebody else has proved it meanwhile. Other claims to it hold nothing from then on.
 * 3. Where it takes the place of another, that one goes, and the links that went to it. It is told by the notices, which
 *    read the event.
 *
 * Errors: LINK_INVALID, UNAVAILABLE.
 */

import { ErrorReason } from '@signet/contract'
import type { Db } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import { newId, type UserId } from '../ids.ts'
import {
  consumeLink,
  type LiveLink,
  type MailedProof,
  requireLiveLink,
} from '../recovery/mailed-links.ts'
import type { RequestContext } from '../request-context.ts'
import { lockUserToCut } from '../revocation/cut-user.ts'
import { lockHolders } from '../users/open-account.ts'
import { deleteEmail, insertVerifiedEmail, setPrimaryEmail } from './emails.sql.ts'
import { waysInOf } from './remove-email.ts'

/** Adds the address, and answers it as it was asked for. */
export async function confirmEmail(
  deps: Pick<Deps, 'config' | 'db' | 'masterSecret'>,
  ctx: RequestContext,
  { proof }: { proof: MailedProof },
): Promise<{ email: string }> {
  const link = await requireLiveLink(deps, ctx, { purpose: 'add_email', proof })
  await deps.db.transaction((tx) => addEmail({ ...deps, db: tx }, ctx, link))
  return { email: link.value }
}

async function addEmail(
  deps: { db: Db } & Pick<Deps, 'config' | 'masterSecret'>,
  ctx: RequestContext,
  link: LiveLink,
): Promise<void> {
  const { db: tx } = deps
  const userId = link.userId as UserId
  const { value, canonical, identifierId } = link
  await lockUserToCut(tx, userId)
  await consumeLink(tx, link)
  const { ownerId } = await lockHolders(tx, { kind: 'email', value, canonical })
  if (ownerId !== undefined && ownerId !== userId) throw new SignetError(ErrorReason.LINK_INVALID)
  const id = newId(ctx.now, userId)
  await insertVerifiedEmail(tx, { id, userId, value, canonical, now: ctx.now })
  const former =
    identifierId === null
      ? undefined
      : await deleteEmail(tx, { id: identifierId, userId, ...waysInOf(deps.config) })
  if (former?.primary) await setPrimaryEmail(tx, { userId, canonical })
  const event = { outcome: 'success', actorId: userId, subjectId: userId } as const
  await recordEvent(deps, ctx, {
    ...event,
    ...(former === undefined
      ? { kind: 'email.added', personal: { email: value } }
      : {
          kind: 'email.changed',
          details: { formerVerified: former.verified },
          personal: { email: value, formerEmail: former.value },
        }),
  })
}
