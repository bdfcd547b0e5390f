/** Takes away a password that anybody could have set, once the owner of the address is known. The notices tell them. */

import type { Db } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import { recordEvent } from '../events/record-event.ts'
import type { UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { deletePassword } from './passwords.sql.ts'

/** Takes it away, where there is one. The transaction has locked the user. */
export async function dropPassword(
  deps: { db: Db } & Pick<Deps, 'masterSecret'>,
  ctx: RequestContext,
  userId: UserId,
): Promise<void> {
  if ((await deletePassword(deps.db, { userId })) === 0) return
  await recordEvent(deps, ctx, {
    kind: 'password.dropped',
    outcome: 'success',
    actorId: userId,
    subjectId: userId,
  })
}
