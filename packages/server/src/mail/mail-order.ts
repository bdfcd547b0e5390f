/**
 * Orders a mail, in the transaction that causes it. A job renders and sends it; what is rolled back is never sent.
 *
 * An order says which mail, to whom and with which facts. What opens something, a link or a code, is wrapped under the
 * master secret, so that whoever reads the queue can open nothing with it.
 */

import type { MasterSecret } from '../crypto/master-secret.ts'
import type { Db } from '../db/query.ts'
import type { WrappedValues } from '../db/rewrap.ts'
import { enqueue } from '../queue/enqueue.ts'
import type { JobPayloads } from '../queue/job-kinds.ts'
import { type MailFacts, type MailKind, type MailKindRow, mailKinds } from './mail-kinds.ts'
import { lockMailOpeners, replaceMailOpeners } from './mail-order.sql.ts'

/** News of a week ago is none. */
const lifetimeWithoutLinkMs = 7 * 86_400_000

/** What stands in the queue. */
export type MailOrder = JobPayloads['send_mail'] & { kind: MailKind }

/** What opens something: the secret of a link, and the code that does the same. */
export interface Opener {
  token: string
  code: string
}

export interface NewMail<K extends MailKind> {
  kind: K
  to: string
  locale: string
  facts: MailFacts<K>
  /** Needed where the kind has a link. */
  opener?: Opener
}

const openerPurpose = 'mail opener'

/** Orders one mail. With an `id` (a UUID), a second order of the same id is none, and answers false. */
export async function orderMail<K extends MailKind>(
  deps: { db: Db; masterSecret: MasterSecret },
  { kind, to, locale, facts, opener }: NewMail<K>,
  { now, id }: { now: Date; id?: string },
): Promise<boolean> {
  const { link }: MailKindRow = mailKinds[kind]
  if (link !== undefined && opener === undefined)
    throw new Error(`${kind} needs what its link opens`)
  const lifetimeMs = link === undefined ? lifetimeWithoutLinkMs : link.lifetimeMinutes * 60_000
  const order: MailOrder = {
    kind,
    to,
    locale,
    facts,
    ...(opener !== undefined && { wrapped: wrapOpener(deps.masterSecret, opener) }),
    uselessFrom: new Date(now.getTime() + lifetimeMs).toISOString(),
  }
  return enqueue(deps.db, 'send_mail', order, id === undefined ? {} : { id })
}

/** What stands in the mail to open something with; undefined where nothing does. */
export function unwrapOpener(
  masterSecret: MasterSecret,
  { wrapped }: MailOrder,
): Opener | undefined {
  if (wrapped === undefined) return undefined
  const { value, keyId } = wrapped
  const opened = masterSecret.unwrap(openerPurpose, Buffer.from(value, 'base64'), keyId)
  return JSON.parse(opened.toString()) as Opener
}

/** What stands in mails that wait, for a new master secret. */
export const mailOpenerValues: WrappedValues = {
  beforeFirst: '00000000-0000-0000-0000-000000000000',
  purposeOf: () => openerPurpose,
  lock: lockMailOpeners,
  replace: replaceMailOpeners,
}

function wrapOpener(masterSecret: MasterSecret, opener: Opener): { value: string; keyId: string } {
  const { wrapped, keyId } = masterSecret.wrap(openerPurpose, Buffer.from(JSON.stringify(opener)))
  return { value: wrapped.toString('base64'), keyId }
}
