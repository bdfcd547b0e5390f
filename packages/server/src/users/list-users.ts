/** Lists users page by page, all of them or those with an identifier that begins in a certain way. */

import type { Db } from '../db/query.ts'
import type { UserId } from '../ids.ts'
import { foldText } from './identifier.ts'
import { listUsers as listAllUsers, searchUsers } from './users.sql.ts'

export interface UserRow {
  id: UserId
  status: 'active' | 'suspended'
  displayName: string
  createdAt: Date
  roleNames: string[]
  /** As the person wrote them. */
  identifiers: string[]
  /** Those of them that nobody proved to own. */
  unverified: string[]
}

export interface UserQuery {
  /** The last user of the page before. */
  after?: UserId
  status?: 'active' | 'suspended'
  /** The beginning of an identifier; case and Unicode form do not matter. */
  search?: string
  /** Rows of one page. */
  limit: number
}

/** The users of one page, in the order in which they came. */
export async function listUsers(db: Db, query: UserQuery): Promise<UserRow[]> {
  const page = {
    after: query.after ?? null,
    status: query.status ?? null,
    limit: query.limit,
  }
  const prefix = foldText(query.search ?? '')
  const rows =
    prefix === ''
      ? await listAllUsers(db, page)
      : // No character is greater than the last one, so everything that begins with the prefix is smaller than this.
        await searchUsers(db, { ...page, from: prefix, until: `${prefix}\u{10ffff}` })
  return rows as UserRow[]
}
