/** Takes addresses and numbers away that may be a stranger's, with a record of each. Nobody is told at an address that goes so. */

import type { Db } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import { recordEvent } from '../events/record-event.ts'
import type { UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { deleteIdentifiersBesides } from './users.sql.ts'

/**
 * Takes away what was there before this address of the account was proved, or all else: whoever set it up may be who waited for the
 * owner. The transaction has locked the user. Nothing, where the account never merely claimed the address.
 */
export async function dropIdentifiersBesides(
  deps: { db: Db } & Pick<Deps, 'masterSecret'>,
  ctx: RequestContext,
  { userId, ...which }: { userId: UserId; identifierId: string; all: boolean },
): Promise<void> {
  const dropped = await deleteIdentifiersBesides(deps.db, { userId, ...which })
  for (const { kind, value, verified } of dropped) {
    const event = { outcome: 'success', actorId: userId, subjectId: userId } as const
    const reason = 'unproven'
    await (kind === 'phone'
      ? recordEvent(deps, ctx, {
          ...event,
          kind: 'phone.removed',
          details: { reason },
          personal: { phone: value },
        })
      : recordEvent(deps, ctx, {
          ...event,
          kind: 'email.removed',
          details: { verified, reason },
          personal: { email: value },
        }))
  }
}
