/**
 * Makes an avatar of an upload, in a job.
 *
 * 1. Is it still wanted: the last upload of its user, who is active and has not deleted the avatar since?
 * 2. Read the bytes, and look at what they claim to be, before anything is decoded.
 * 3. Decode, in a process of its own.
 * 4. Note the pictures, then store them, under a key that was never used.
 * 5. In one transaction: the avatar names them, the upload is settled, the event is recorded. From here on the address of the
 *    version before answers nothing.
 * 6. Delete what nobody needs any more. What a crash leaves behind is deleted by the clean-up.
 *
 * Run again, it finds the upload settled, or begins anew with another key.
 *
 * Errors: UNAVAILABLE where the store is away: the job is tried again.
 */

import type { Deps } from '../deps.ts'
import { recordEvent } from '../events/record-event.ts'
import type { UserId } from '../ids.ts'
import { inspectPicture } from '../pictures/picture-header.ts'
import type { PictureRenderer } from '../pictures/picture-renderer.ts'
import type { Job } from '../queue/job.ts'
import { findWork, insertPicture, lockAvatar, publishPicture, settleUpload } from './avatars.sql.ts'
import { deleteUnneeded } from './delete-unneeded.ts'
import { avatarSides, newKey, pictureName, uploadName } from './object-store.ts'
import type { UploadRule } from './picture-violation.ts'

type RenderDeps = Pick<Deps, 'config' | 'db' | 'masterSecret' | 'avatarObjects'> & {
  pictures: PictureRenderer
}

/** Does the work of one job. */
export async function renderAvatar(
  deps: RenderDeps,
  { payload: { uploadId }, signal }: Pick<Job<'render_avatar'>, 'payload' | 'signal'>,
): Promise<void> {
  await settle(deps, uploadId, signal)
  await deleteUnneeded(deps, signal)
}

async function settle(deps: RenderDeps, uploadId: string, signal: AbortSignal): Promise<void> {
  const { db, avatarObjects } = deps
  const settled = { id: uploadId, openUntilExpiry: avatarObjects.presign !== undefined }
  const work = await findWork(db, { id: uploadId })
  if (work === undefined) {
    await settleUpload(db, { ...settled, state: 'replaced', refusal: null })
    return
  }
  const rendered = await renderUpload(deps, work.objectKey, signal)
  if (typeof rendered === 'string') {
    await settleUpload(db, { ...settled, state: 'refused', refusal: rendered })
    return
  }
  const version = newKey()
  await insertPicture(db, { key: version })
  for (const [n, side] of avatarSides.entries())
    await avatarObjects.put(pictureName(version, side), rendered.pictures[n] ?? Buffer.alloc(0))
  await publish(deps, { ...work, settled, version, blurhash: rendered.blurhash })
}

async function renderUpload(
  { config, avatarObjects, pictures }: RenderDeps,
  objectKey: string,
  signal: AbortSignal,
): Promise<UploadRule | { pictures: Buffer[]; blurhash: string }> {
  const { bytesMax } = config.avatars
  // One byte more than is allowed shows that there are too many.
  const bytes = await avatarObjects.get(uploadName(objectKey), bytesMax + 1)
  if (bytes === undefined) return 'missing'
  if (bytes.length > bytesMax) return 'too_large'
  const picture = inspectPicture(bytes)
  if ('broken' in picture) return picture.broken
  const task = { bytes: picture.bytes, sides: avatarSides, fit: 'cover' } as const
  const answer = await pictures.render(task, signal)
  return 'failure' in answer ? 'broken' : answer
}

interface Publication {
  userId: string
  reference: string
  settled: { id: string; openUntilExpiry: boolean }
  version: string
  blurhash: string
}

async function publish(
  deps: RenderDeps,
  { userId, reference, settled, version, blurhash }: Publication,
): Promise<void> {
  await deps.db.transaction(async (tx) => {
    await lockAvatar(tx, { userId })
    const publication = { userId, uploadId: settled.id, version, blurhash }
    const published = await publishPicture(tx, publication)
    const state = published === undefined ? 'replaced' : 'ready'
    await settleUpload(tx, { ...settled, state, refusal: null })
    if (published === undefined) return
    const [actorId, subjectId] = [userId as UserId, userId as UserId]
    const ctx = { now: new Date(), reference, ipAddress: '', userAgent: '' }
    await recordEvent(
      { ...deps, db: tx },
      { ...ctx, caller: { kind: 'anonymous' } },
      { kind: 'avatar.set', outcome: 'success', actorId, subjectId },
    )
  })
}
