/**
 * Tells people, by mail, that a number became one of their account or is one no more. It names the end of the number alone: a mailbox
 * need not know it.
 */

import type { Db } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import type { SealedEvent } from '../events/list-events.ts'
import { orderMail } from '../mail/mail-order.ts'
import { maskedPhone } from '../phones/phone-number.ts'
import { findReader } from './notices.sql.ts'

/** Orders the mail that an event about numbers calls for, if it does. */
export async function tellOfPhones(
  deps: Pick<Deps, 'masterSecret'> & { db: Db },
  { kind, details, subjectId: userId, occurredAt: now, id }: SealedEvent,
): Promise<void> {
  if (kind !== 'phone.verified' && kind !== 'phone.removed') return
  const { phone } = details
  if (userId === undefined || typeof phone !== 'string') return
  const to = await findReader(deps.db, { userId })
  if (to === undefined) return
  const facts = { when: now.toISOString(), phone: maskedPhone(phone) }
  const mail = { to: to.value, locale: to.locale, facts }
  const noticeKind = kind === 'phone.verified' ? 'phone_added' : 'phone_removed'
  await orderMail(deps, { ...mail, kind: noticeKind }, { now, id })
}
