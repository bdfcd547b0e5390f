/**
 * Tells people what happened to their account: one reader of the event log, which orders a mail for each event that its
 * subject should know of. Nothing else in the service sends notices.
 *
 *     password.set (changed, reset)             → password_changed
 *     password.dropped (set by a stranger)       → password_dropped
 *     email.…                                   → see email-notices.ts
 *     phone.verified, phone.removed             → see phone-notices.ts
 *     identity.linked, identity.unlinked        → see identity-notices.ts
 *     session.started on a device that is new   → see device-notices.ts
 *
 * The place in the log moves in the transaction that orders the mails, and each mail has the id of its event: nothing is
 * lost and nothing is told twice. One instance reads at a time. It looks every few seconds, because somebody who waits
 * for events makes every instance seal them more often.
 *
 * Specs: OWASP ASVS 5.0 V6.3.5, V6.3.7; NIST SP 800-63B-4 §4.6 (notices).
 */

import type { Db } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import { listEvents, type SealedEvent } from '../events/list-events.ts'
import { orderMail } from '../mail/mail-order.ts'
import { keepDoing } from '../operations/keep-doing.ts'
import { tellOfDevices } from './device-notices.ts'
import { tellOfEmails } from './email-notices.ts'
import { tellOfIdentities } from './identity-notices.ts'
import { beginReading, findReader, lockReaderBehind, moveReader } from './notices.sql.ts'
import { tellOfPhones } from './phone-notices.ts'

type NoticeDeps = Pick<Deps, 'db' | 'identityProviders' | 'masterSecret' | 'log'>

const reader = 'notices'
const batchSize = 200
const pollMsDefault = 2_000
const retryMs = 5_000

/** Reads for as long as the process lives. Never throws: a failure is logged once, and tried again. */
export function startNotices(
  deps: NoticeDeps,
  { pollMs = pollMsDefault }: { pollMs?: number } = {},
): { stop(): Promise<void> } {
  return keepDoing({
    log: deps.log,
    work: () => readBatch(deps),
    pollMs,
    retryMs,
    says: 'notices wait; trying again',
  })
}

/** Orders what the next events call for. Whether there may be more. */
export async function readBatch(deps: Omit<NoticeDeps, 'log'>): Promise<boolean> {
  await beginReading(deps.db, { name: reader })
  return deps.db.transaction(async (tx) => {
    const place = await lockReaderBehind(tx, { name: reader })
    if (place === undefined) return false
    const inTransaction = { ...deps, db: tx }
    const events = await listEvents(inTransaction, { since: place.seq, limit: batchSize })
    for (const event of events) await tell(inTransaction, event)
    await tellOfDevices(inTransaction, events)
    const seq = events.at(-1)?.seq
    if (seq !== undefined) await moveReader(tx, { name: reader, seq })
    return events.length === batchSize
  })
}

type TellDeps = Pick<Deps, 'identityProviders' | 'masterSecret'> & { db: Db }

async function tell(deps: TellDeps, event: SealedEvent): Promise<void> {
  await tellOfEmails(deps, event)
  await tellOfPhones(deps, event)
  await tellOfIdentities(deps, event)
  const { kind, subjectId, occurredAt: now, id } = event
  if (subjectId === undefined) return
  const when = now.toISOString()
  if (kind === 'password.set') {
    const to = await findReader(deps.db, { userId: subjectId })
    if (to === undefined) return
    const mail = {
      kind: 'password_changed',
      to: to.value,
      locale: to.locale,
      facts: { when },
    } as const
    await orderMail(deps, mail, { now, id })
  }
  if (kind === 'password.dropped') {
    const to = await findReader(deps.db, { userId: subjectId })
    if (to === undefined) return
    const mail = { kind: 'password_dropped', to: to.value, locale: to.locale } as const
    await orderMail(deps, { ...mail, facts: { when } }, { now, id })
  }
}
