/** Whether somebody has proved who they are by an address. */

import type { Db } from '../db/query.ts'
import type { UserId } from '../ids.ts'
import { parseEmail } from './identifier.ts'
import { hasProved } from './users.sql.ts'

/** Whether a user has proved this address. Of a user or an address that there is not, it is no. */
export async function hasProvedEmail(db: Db, userId: UserId, email: string): Promise<boolean> {
  const parsed = parseEmail(email, 'email')
  if (!('identifier' in parsed)) return false
  const { kind, canonical } = parsed.identifier
  return (await hasProved(db, { userId, kind, canonical })).proved
}
