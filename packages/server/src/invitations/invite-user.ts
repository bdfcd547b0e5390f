/**
 * Invites somebody by their address; invites once more; takes an invitation back.
 *
 * Who invites learns nothing that opens the account, and not whether there is one with this address: the mailbox gets a link
 * and a code, or is told that it has an account already. An earlier invitation to the same address is void.
 *
 * Errors: INVALID_ARGUMENT, NOT_FOUND, RATE_LIMITED, UNAVAILABLE.
 * Specs: OWASP ASVS 5.0 V6.4.1, V6.4.6.
 */

import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import { newId } from '../ids.ts'
import { mailKinds } from '../mail/mail-kinds.ts'
import { enqueue } from '../queue/enqueue.ts'
import type { RequestContext } from '../request-context.ts'
import { admitMailTo } from '../throttling/mail-requests.ts'
import { parseEmail } from '../users/identifier.ts'
import { checkPrintable } from '../users/printable.ts'
import {
  insertInvitation,
  renewInvitation,
  revokeInvitation as revokeOpenInvitation,
} from './invitations.sql.ts'

export interface NewInvitation {
  email: string
  displayName: string
  locale: string
}

type InviteDeps = Pick<Deps, 'db' | 'masterSecret'>

const { lifetimeMinutes } = mailKinds.invitation.link

/** Invites. */
export async function inviteUser(
  deps: InviteDeps,
  ctx: RequestContext,
  { email: text, displayName, locale }: NewInvitation,
): Promise<{ invitationId: string; expiresAt: Date }> {
  const email = parseEmail(text, 'email')
  const violations = [
    ...('violations' in email ? email.violations : []),
    ...checkPrintable('displayName', displayName),
  ]
  if ('violations' in email || violations.length > 0)
    throw new SignetError(ErrorReason.INVALID_ARGUMENT, { violations })
  const { canonical, value } = email.identifier
  const invitationId = newId(ctx.now)
  return deps.db.transaction(async (tx) => {
    const inTransaction = { ...deps, db: tx }
    await admitMailTo(inTransaction, { purpose: 'invitation', canonical })
    const invitedBy = ctx.caller.kind === 'user' ? ctx.caller.userId : null
    const row = { id: invitationId, value, canonical, displayName, locale, invitedBy }
    const { expiresAt } = await insertInvitation(tx, { ...row, lifetimeMinutes })
    await recordEvent(inTransaction, ctx, {
      kind: 'user.invited',
      outcome: 'success',
      details: { invitationId },
      personal: { email: value },
    })
    await enqueue(tx, 'write_invitation', { invitationId })
    return { invitationId, expiresAt }
  })
}

/** Sends another mail, which is good for as long as the first one was. */
export async function resendInvitation(
  deps: InviteDeps,
  ctx: RequestContext,
  { invitationId: id }: { invitationId: string },
): Promise<{ expiresAt: Date }> {
  return deps.db.transaction(async (tx) => {
    const inTransaction = { ...deps, db: tx }
    const renewed = await renewInvitation(tx, { id, lifetimeMinutes })
    if (renewed === undefined) throw unknownInvitation()
    await admitMailTo(inTransaction, { purpose: 'invitation', canonical: renewed.canonical })
    await recordEvent(inTransaction, ctx, {
      kind: 'user.invited',
      outcome: 'success',
      details: { invitationId: id, again: true },
    })
    await enqueue(tx, 'write_invitation', { invitationId: id })
    return { expiresAt: renewed.expiresAt }
  })
}

/** Takes it back; what was mailed is void. */
export async function revokeInvitation(
  deps: InviteDeps,
  ctx: RequestContext,
  { invitationId: id }: { invitationId: string },
): Promise<void> {
  await deps.db.transaction(async (tx) => {
    if ((await revokeOpenInvitation(tx, { id })) === 0) throw unknownInvitation()
    await recordEvent({ ...deps, db: tx }, ctx, {
      kind: 'invitation.revoked',
      outcome: 'success',
      details: { invitationId: id },
    })
  })
}

function unknownInvitation(): SignetError {
  return new SignetError(ErrorReason.NOT_FOUND, { detail: 'no such invitation is open' })
}
