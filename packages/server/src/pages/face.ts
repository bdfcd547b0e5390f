/** What tells this installation from every other one at a glance: drawn from its id, so that it never changes, and its brand. */

import { createHash } from 'node:crypto'
import type { Deps } from '../deps.ts'
import { rosette } from '../html/rosette.ts'
import { readInstallation } from '../roles/set-up.ts'
import { brandMarkup } from './brand-markup.ts'
import type { Face } from './page-frame.ts'

/** The face of this installation. */
export async function openFace({ db, config }: Pick<Deps, 'db' | 'config'>): Promise<Face> {
  const { instanceId } = await readInstallation(db)
  const seed = createHash('sha256').update(`signet installation ${instanceId}`).digest()
  const shortId = seed.toString('hex', 16, 18).toUpperCase()
  const brand = brandMarkup(config.brand)
  return { rosette: rosette(seed, { name: 'face', stroke: 0.6 }), shortId, brand }
}
