/** Takes identities away that may be a stranger's, with a record of each; the notices tell whose account it is. */

import type { Db } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import { recordEvent } from '../events/record-event.ts'
import type { UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { deleteEarlierIdentities, deleteIdentities } from './identities.sql.ts'

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
  await recordDropped(deps, ctx, userId, await deleteIdentities(deps.db, { userId, ...which }))
}

/**
 * Takes away what was there before an address of the account was proved, unless it was never merely claimed and a provider answered for
 * an address with it, or the owner took it up: whoever set it up may be who waited for the owner. The transaction has locked the user.
 */
export async function dropEarlierIdentities(
  deps: { db: Db } & Pick<Deps, 'masterSecret'>,
  ctx: RequestContext,
  { userId, identifierId }: { userId: UserId; identifierId: string },
): Promise<void> {
  const dropped = await deleteEarlierIdentities(deps.db, { userId, identifierId })
  await recordDropped(deps, ctx, userId, dropped)
}

async function recordDropped(
  deps: { db: Db } & Pick<Deps, 'masterSecret'>,
  ctx: RequestContext,
  userId: UserId,
  dropped: { provider: string; email: string | null }[],
): Promise<void> {
  for (const { provider, email } of dropped) {
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
