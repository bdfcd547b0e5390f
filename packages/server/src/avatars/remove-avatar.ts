/**
 * Takes an avatar away: one's own, or somebody's by an administrator. Its address answers nothing from then on, and an upload
 * that is still worked on comes to nothing. Where there is none, nothing happens.
 *
 * Errors: NOT_FOUND (no such user).
 */

import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import type { UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { removeAvatar as removeAvatarOf, userExists } from './avatars.sql.ts'

/** Removes it, and records that where there was one. */
export async function removeAvatar(
  deps: Pick<Deps, 'db' | 'masterSecret'>,
  ctx: RequestContext,
  { userId }: { userId: UserId },
): Promise<void> {
  await deps.db.transaction(async (tx) => {
    const removed = await removeAvatarOf(tx, { userId })
    if (removed === undefined && (await userExists(tx, { userId })) === undefined)
      throw new SignetError(ErrorReason.NOT_FOUND, { detail: 'no such user' })
    if (removed?.hadOne !== true) return
    await recordEvent({ ...deps, db: tx }, ctx, {
      kind: 'avatar.removed',
      outcome: 'success',
      subjectId: userId,
    })
  })
}
