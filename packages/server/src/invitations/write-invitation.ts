/**
 * The job behind an invitation: writes to whom it is for.
 *
 *     nobody has proved the address   → invitation, with a link and a code
 *     somebody has                    → what a sign-up with it would send: that there is an account
 *
 * What opens the account and the order of its mail are one transaction under the id of the job, so a second run changes nothing.
 */

import type { Deps } from '../deps.ts'
import { orderMail } from '../mail/mail-order.ts'
import { enqueue } from '../queue/enqueue.ts'
import type { Job } from '../queue/job.ts'
import { makeOpener } from '../recovery/mailed-links.ts'
import {
  hashInvitationCode,
  hashInvitationToken,
  invitationCodeDigits,
} from './accept-invitation.ts'
import { findOpenInvitation, setInvitationOpener } from './invitations.sql.ts'

/** Writes, if it is still open. */
export async function writeInvitation(
  deps: Pick<Deps, 'db' | 'masterSecret'>,
  { id, payload: { invitationId } }: Job<'write_invitation'>,
): Promise<void> {
  await deps.db.transaction(async (tx) => {
    const invitation = await findOpenInvitation(tx, { id: invitationId })
    if (invitation === undefined) return
    const { value, canonical, locale, hasOwner } = invitation
    if (hasOwner) {
      await enqueue(tx, 'write_to_address', { about: 'sign_up', canonical }, { id })
      return
    }
    const opener = makeOpener(invitationCodeDigits)
    const mail = { kind: 'invitation', to: value, locale, facts: {} as never, opener } as const
    if (!(await orderMail({ ...deps, db: tx }, mail, { now: new Date(), id }))) return
    await setInvitationOpener(tx, {
      id: invitationId,
      tokenHash: hashInvitationToken(opener.token),
      codeHash: hashInvitationCode(deps.masterSecret, canonical, opener.code),
    })
  })
}
