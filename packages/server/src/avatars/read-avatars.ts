/** What others see of an avatar: where its pictures are, and what to show until they have come. */

import type { Config } from '../config/config.ts'
import type { Db } from '../db/query.ts'
import { findAvatars } from './avatars.sql.ts'
import { type AvatarSide, avatarSides } from './object-store.ts'

export interface Avatar {
  blurhash: string
  pictures: { side: AvatarSide; url: string }[]
}

/** The avatars of those among these users who have one, by the user's id. */
export async function readAvatars(
  { db, config }: { db: Db; config: Pick<Config, 'issuer'> },
  userIds: string[],
): Promise<Map<string, Avatar>> {
  const rows = await findAvatars(db, { userIds })
  return new Map(
    rows.map(({ userId, version, blurhash }) => [
      userId,
      {
        blurhash,
        pictures: avatarSides.map((side) => ({ side, url: urlOf(config, version, side) })),
      },
    ]),
  )
}

function urlOf({ issuer }: Pick<Config, 'issuer'>, version: string, side: AvatarSide): string {
  return `${issuer}/avatars/${version}/${side}.webp`
}
