/** Whether somebody has proved who they are by an identifier. */

import type { Db } from '../db/query.ts'
import type { UserId } from '../ids.ts'
import { hasProved } from './users.sql.ts'

/** Whether a user has proved any identifier. Of a user that there is not, it is no. */
export async function hasProvedAny(db: Db, userId: UserId): Promise<boolean> {
  return (await hasProved(db, { userId })).proved
}
