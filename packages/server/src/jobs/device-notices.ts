/**
 * Tells people, by mail, that somebody signed in to their account on a device that had not been seen there. The first session of
 * an account is none of these.
 *
 * One statement asks for all the sessions of a batch: while many people sign in, each on a device that is new here, one
 * for each would be a good part of what signing in costs.
 */

import type { Db } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import type { SealedEvent } from '../events/list-events.ts'
import { orderMail } from '../mail/mail-order.ts'
import { listStrangeSessions } from './notices.sql.ts'

type StrangeSession = Awaited<ReturnType<typeof listStrangeSessions>>[number]

/** Orders the mails that events about sessions call for. */
export async function tellOfDevices(
  deps: Pick<Deps, 'masterSecret'> & { db: Db },
  events: readonly SealedEvent[],
): Promise<void> {
  const started = new Map(
    events
      .filter(({ kind, details }) => kind === 'session.started' && details.knownDevice === false)
      .map((event) => [String(event.details.sessionId), event]),
  )
  if (started.size === 0) return
  for (const session of await listStrangeSessions(deps.db, { ids: [...started.keys()] })) {
    const { occurredAt: now, id, ipAddress } = started.get(session.id) as SealedEvent
    const facts = {
      when: now.toISOString(),
      device: describeDevice(session) || '–',
      address: ipAddress || '–',
    }
    const mail = { kind: 'new_device', to: session.value, locale: session.locale, facts } as const
    await orderMail(deps, mail, { now, id })
  }
}

function describeDevice({ deviceApp, deviceModel, deviceOs, userAgent }: StrangeSession): string {
  const named = [deviceApp, deviceModel, deviceOs].filter(Boolean)
  return named.length > 0 ? named.join(', ') : (userAgent ?? '')
}
