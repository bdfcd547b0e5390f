/** Tells people, by mail, that they can sign in by a provider from now on, or not any more. */

import { type ProviderKind, providerNames } from '../config/provider-kinds.ts'
import type { Db } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import type { SealedEvent } from '../events/list-events.ts'
import { orderMail } from '../mail/mail-order.ts'
import { findReader } from './notices.sql.ts'

/** Orders the mail that an event about identities calls for, if it does. */
export async function tellOfIdentities(
  deps: Pick<Deps, 'identityProviders' | 'masterSecret'> & { db: Db },
  { kind, details, subjectId: userId, occurredAt: now, id }: SealedEvent,
): Promise<void> {
  if (kind !== 'identity.linked' && kind !== 'identity.unlinked') return
  const { provider } = details
  if (userId === undefined || typeof provider !== 'string') return
  const to = await findReader(deps.db, { userId })
  if (to === undefined) return
  const facts = { when: now.toISOString(), provider: await nameOf(deps, provider) }
  const mail = { to: to.value, locale: to.locale, facts }
  const noticeKind = kind === 'identity.linked' ? 'identity_linked' : 'identity_unlinked'
  await orderMail(deps, { ...mail, kind: noticeKind }, { now, id })
}

/** As it stands on its button. One that has gone meanwhile is called as its kind is, or else by its id. */
async function nameOf(
  { identityProviders }: Pick<Deps, 'identityProviders'>,
  id: string,
): Promise<string> {
  const listed = (await identityProviders.list()).find((each) => each.id === id)
  return listed?.name ?? (Object.hasOwn(providerNames, id) ? providerNames[id as ProviderKind] : id)
}
