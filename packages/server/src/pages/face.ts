/** What tells this installation from every other one at a glance: drawn from its id, so that it never changes. */

import { createHash } from 'node:crypto'
import type { Db } from '../db/query.ts'
import { rosette } from '../html/rosette.ts'
import { readInstallation } from '../roles/set-up.ts'
import type { Face } from './page-frame.ts'

/** The face of this installation. */
export async function openFace(db: Db): Promise<Face> {
  const { instanceId } = await readInstallation(db)
  const seed = createHash('sha256').update(`signet installation ${instanceId}`).digest()
  const shortId = seed.toString('hex', 16, 18).toUpperCase()
  return { rosette: rosette(seed, { name: 'face', stroke: 0.6 }), shortId }
}
