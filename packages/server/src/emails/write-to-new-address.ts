/**
 * The job behind the wish for another address: writes to it.
 *
 *     nobody has proved the address  → a link and a code that add it, or put it in the place of another
 *     somebody else has              → that somebody wanted it; nothing changes
 *
 * Either way there is a pending address afterwards, so that who asked cannot tell the two apart; in the second case nobody
 * has what would prove it. The link and the order of its mail are one transaction under the id of the job, so a second run
 * changes nothing.
 */

import type { Deps } from '../deps.ts'
import type { UserId } from '../ids.ts'
import { mailKinds } from '../mail/mail-kinds.ts'
import { orderMail } from '../mail/mail-order.ts'
import type { Job } from '../queue/job.ts'
import { issueMailedLink, makeOpener } from '../recovery/mailed-links.ts'
import { findAsker, findOwnerOfEmail } from './emails.sql.ts'

/** Writes, if the user may still have the address. */
export async function writeToNewAddress(
  deps: Pick<Deps, 'db' | 'masterSecret'>,
  { id, payload }: Job<'write_to_new_address'>,
): Promise<void> {
  const { linkId, userId, canonical, value, rev, replaces } = payload
  await deps.db.transaction(async (tx) => {
    const inTransaction = { ...deps, db: tx }
    const now = new Date()
    const asker = await findAsker(tx, { id: userId })
    if (asker === undefined) return
    const opener = makeOpener()
    const owner = await findOwnerOfEmail(tx, { canonical })
    const kind = replaces === undefined ? 'add_email' : 'change_email'
    const mail =
      owner === undefined
        ? ({ kind, to: value, locale: asker.locale, facts: {} as never, opener } as const)
        : ({
            kind: 'email_taken',
            to: owner.value,
            locale: owner.locale,
            facts: {} as never,
          } as const)
    const link = { id: linkId, purpose: 'add_email', identifierId: replaces ?? null } as const
    const { lifetimeMinutes } = mailKinds[kind].link
    const issued = await issueMailedLink(
      inTransaction,
      {
        ...link,
        userId: userId as UserId,
        value,
        canonical,
        opener,
        rev: BigInt(rev),
        lifetimeMinutes,
      },
      now,
    )
    if (issued) await orderMail(inTransaction, mail, { now, id })
  })
}
