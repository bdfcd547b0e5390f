/** What standard claims say about a person: names and addresses, and where the picture is. */

import { readAvatars } from '../avatars/read-avatars.ts'
import type { Deps } from '../deps.ts'
import type { GrantId, UserId } from '../ids.ts'
import { findPerson } from './person.sql.ts'

export type Person = NonNullable<Awaited<ReturnType<typeof findPerson>>> & {
  /** The largest picture, where there is one. */
  picture: string | undefined
}

/** An active user, with the claims that the client of a grant asked for by name. */
export async function readPerson(
  deps: Pick<Deps, 'config' | 'db'>,
  { userId, grantId }: { userId: UserId; grantId: GrantId },
): Promise<Person | undefined> {
  const [person, avatars] = await Promise.all([
    findPerson(deps.db, { userId, grantId }),
    readAvatars(deps, [userId]),
  ])
  if (person === undefined) return undefined
  return { ...person, picture: avatars.get(userId)?.pictures.at(-1)?.url }
}
