/**
 * Changes the profile of the signed-in user. What is left out stays, and what is the same changes nothing.
 *
 * The event names the fields, never what stands in them.
 *
 * Errors: INVALID_ARGUMENT.
 */

import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import type { UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { checkPrintable } from './printable.ts'
import { updateProfile } from './update-me.sql.ts'

export interface ProfileChange {
  displayName?: string | undefined
  locale?: string | undefined
}

/** Changes what is given, and records it where anything is different. */
export async function updateUserProfile(
  deps: Pick<Deps, 'db' | 'masterSecret'>,
  ctx: RequestContext,
  { userId, change }: { userId: UserId; change: ProfileChange },
): Promise<void> {
  const violations = checkPrintable('displayName', change.displayName ?? '')
  if (violations.length > 0) throw new SignetError(ErrorReason.INVALID_ARGUMENT, { violations })
  await deps.db.transaction(async (tx) => {
    const changed = await updateProfile(tx, {
      id: userId,
      displayName: change.displayName ?? null,
      locale: change.locale ?? null,
      now: ctx.now,
    })
    if (changed === undefined) return
    const fields = [
      ...(changed.displayNameChanged ? ['displayName'] : []),
      ...(changed.localeChanged ? ['locale'] : []),
    ]
    await recordEvent({ ...deps, db: tx }, ctx, {
      kind: 'user.updated',
      outcome: 'success',
      subjectId: userId,
      details: { fields },
    })
  })
}
