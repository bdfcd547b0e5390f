/**
 * Deletes the objects that nobody needs any more: pictures that were replaced, uploads that are settled, and what a crash left
 * half-way. First the object, then its row, so that nothing is forgotten before it is gone.
 *
 * Errors: UNAVAILABLE.
 */

import type { Db } from '../db/query.ts'
import { deleteOldUploads, forgetObject, listUnneeded } from './avatars.sql.ts'
import { avatarSides, type ObjectStore, pictureName, uploadName } from './object-store.ts'

const batchSizeDefault = 100
const batchesMax = 200

/** Deletes until nothing is left, the signal aborts, or the run has done its share. */
export async function deleteUnneeded(
  { db, avatarObjects }: { db: Db; avatarObjects: ObjectStore },
  signal: AbortSignal,
  { batchSize = batchSizeDefault }: { batchSize?: number } = {},
): Promise<void> {
  for (let batches = 0; batches < batchesMax && !signal.aborted; batches += 1) {
    const objects = await listUnneeded(db, { limit: batchSize })
    for (const { key, kind } of objects) {
      const names =
        kind === 'upload' ? [uploadName(key)] : avatarSides.map((side) => pictureName(key, side))
      await avatarObjects.remove(names)
      await forgetObject(db, { key })
    }
    const deleted = await deleteOldUploads(db, { limit: batchSize })
    if (objects.length < batchSize && deleted < batchSize) return
  }
}
