/**
 * Tells people what happened to their addresses:
 *
 *     email.changed, of a proved address   → email_changed to the former one, with a link that takes it back
 *     email.removed, of a proved address   → email_removed to it, with such a link; nothing to who had waited in somebody's account
 *     email.added                          → email_added to where notices go, unless that is the very address
 *     email.primary_chosen                 → primary_email_changed to the former one
 *
 * The addresses stand in the event, encrypted for the person: what a person was erased from is told to nobody.
 */

import type { Db } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import type { SealedEvent } from '../events/list-events.ts'
import type { UserId } from '../ids.ts'
import { mailKinds } from '../mail/mail-kinds.ts'
import { type NewMail, orderMail } from '../mail/mail-order.ts'
import { issueMailedLink, makeOpener } from '../recovery/mailed-links.ts'
import { parseEmail } from '../users/identifier.ts'
import { findFormerReader, findLocale, findReader } from './notices.sql.ts'

type TellDeps = Pick<Deps, 'masterSecret'> & { db: Db }

/** Orders the mail that an event about addresses calls for, if it does. */
export async function tellOfEmails(deps: TellDeps, event: SealedEvent): Promise<void> {
  const { kind, details, subjectId: userId, occurredAt: now, id } = event
  if (userId === undefined) return
  const { email = '', formerEmail = '' } = details as Record<string, string>
  const when = now.toISOString()
  if (kind === 'email.changed' && details.formerVerified === true)
    await tellFormer(deps, event, { kind: 'email_changed', to: formerEmail, facts: { email } })
  // What a stranger had set up is taken away by whoever proves the account, and given back to nobody.
  if (kind === 'email.removed' && details.verified === true && details.reason !== 'unproven')
    await tellFormer(deps, event, { kind: 'email_removed', to: email, facts: { when } })
  if (kind === 'email.added') {
    const reader = await findReader(deps.db, { userId })
    if (reader === undefined || reader.value === email || email === '') return
    const mail = { kind, to: reader.value, locale: reader.locale, facts: { when, email } }
    await orderMail(deps, { ...mail, kind: 'email_added' }, { now, id })
  }
  if (kind === 'email.primary_chosen' && formerEmail !== '') {
    const { locale } = (await findLocale(deps.db, { userId })) ?? {}
    if (locale === undefined) return
    const facts = { when, email }
    const mail = { kind: 'primary_email_changed', to: formerEmail, locale, facts } as const
    await orderMail(deps, mail, { now, id })
  }
}

type UndoMail =
  | Pick<NewMail<'email_changed'>, 'kind' | 'to' | 'facts'>
  | Pick<NewMail<'email_removed'>, 'kind' | 'to' | 'facts'>

/**
 * Writes to an address that is not one of the account any more, with a link that gives it back; unless somebody has proved meanwhile that
 * the account, which merely claimed their address, is theirs.
 */
async function tellFormer(
  deps: TellDeps,
  { subjectId, occurredAt: now, id }: SealedEvent,
  mail: UndoMail,
): Promise<void> {
  const userId = subjectId as UserId
  const { locale } = (await findFormerReader(deps.db, { userId, since: now })) ?? {}
  const former = parseEmail(mail.to, 'email')
  if (locale === undefined || !('identifier' in former)) return
  const opener = { ...makeOpener(), code: '' }
  if (
    !(await orderMail(deps, { ...mail, locale, opener } as NewMail<UndoMail['kind']>, { now, id }))
  )
    return
  const { lifetimeMinutes } = mailKinds[mail.kind].link
  const { value, canonical } = former.identifier
  const link = {
    purpose: 'undo_email_change',
    identifierId: null,
    userId,
    value,
    canonical,
  } as const
  await issueMailedLink(deps, { ...link, opener, lifetimeMinutes }, now)
}
