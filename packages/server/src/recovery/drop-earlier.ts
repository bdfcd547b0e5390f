/**
 * Takes away what was set up in an account before its address was proved: addresses, numbers and identities, and links that would undo a
 * change. Somebody may have opened it with the address of somebody else, and have waited for its owner.
 */

import type { Db } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import { dropEarlierIdentities, dropIdentities } from '../federation/drop-identities.ts'
import type { UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { dropIdentifiersBesides } from '../users/drop-identifiers.ts'
import { voidUndoLinks } from './mailed-links.sql.ts'
import type { LiveLink } from './mailed-links.ts'

/** All of it, where the link has just proved the address (`isNews`); else what came before that. The transaction has locked the user. */
export async function dropEarlier(
  deps: { db: Db } & Pick<Deps, 'masterSecret'>,
  ctx: RequestContext,
  {
    userId: id,
    identifierId,
    isNews,
  }: Pick<LiveLink, 'userId' | 'identifierId'> & { isNews: boolean },
): Promise<void> {
  if (identifierId === null) return
  const userId = id as UserId
  await dropIdentifiersBesides(deps, ctx, { userId, identifierId, all: isNews })
  await voidUndoLinks(deps.db, { userId, identifierId, all: isNews })
  await (isNews
    ? dropIdentities(deps, ctx, { userId })
    : dropEarlierIdentities(deps, ctx, { userId, identifierId }))
}
