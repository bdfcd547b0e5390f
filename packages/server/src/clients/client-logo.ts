/** The picture of a client as people see it: where it is served, and its bytes. */

import type { Db } from '../db/query.ts'
import { findLogoPicture } from './client-logos.sql.ts'

/** Where the logos of clients are served. */
export const logoRoute = '/client-logos/:file'

/** Where a logo is served, by the hash of its picture: the same picture for as long as there is one. */
export function logoPath(hash: string): string {
  return logoRoute.replace(':file', `${hash}.webp`)
}

/** The picture of this file, as WebP; undefined where no client has it. */
export async function readLogo(db: Db, file: string): Promise<Buffer | undefined> {
  const [, hash] = /^([\w-]{43})\.webp$/u.exec(file) ?? []
  return hash === undefined ? undefined : (await findLogoPicture(db, { hash }))?.picture
}
