/** Takes identities away that may be a stranger's, with a record of each; the notices tell whose account it is. */

import type { Db } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import { recordEvent } from '../events/record-event.ts'
import type { UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { deleteIdentities } from './identities.sql.ts'

/**
 * Takes away all there is, or what was linked `since` then, but for what the account was opened with. The transaction has locked
 * the user.
 */
export async function dropIdentities(
  deps: { db: Db } & Pick<Deps, 'masterSecret'>,
  ctx: RequestContext,
  { userId, since }: { userId: UserId; since?: Date },
): Promise<void> {
  const which = { since: since ?? new Date(0), ofOpening: since === undefined }
  for (const { provider, email } of await deleteIdentities(deps.db, { userId, ...which })) {
    await recordEvent(deps, ctx, {
      kind: 'identity.unlinked',
      outcome: 'success',
      actorId: userId,
      subjectId: userId,
      details: { provider, reason: 'unproven' },
      ...(email !== null && { personal: { email } }),
    })
  }
}
