/**
 * Suspends an account, and opens it again.
 *
 * 1. Wait for whoever else changes who is an active administrator.
 * 2. Suspend, and write it to the revocation log, which raises the user's cut: every session dies, and so does every
 *    sign-in that read the password before this commits. Unsuspending does not lower the cut, so nothing comes back to life.
 * 3. Record the event in the same transaction, and tell every instance once it is committed.
 *
 * Doing either twice changes nothing and records nothing.
 *
 * Errors: NOT_FOUND, INVALID_ARGUMENT (rule `user.last_administrator`).
 */

import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import type { UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import {
  findUser,
  lockAdministrators,
  suspendUser as suspendActiveUser,
  unsuspendUser as unsuspendSuspendedUser,
} from './users.sql.ts'

type SuspendDeps = Pick<Deps, 'db' | 'masterSecret'> & {
  revocations: Pick<Deps['revocations'], 'told'>
}

/** Suspends a user; `changed` is false where that was so before. `reason` is what an administrator typed. */
export async function suspendUser(
  deps: SuspendDeps,
  ctx: RequestContext,
  input: { userId: UserId; reason?: string },
): Promise<{ changed: boolean }> {
  const outcome = await deps.db.transaction(async (tx) => {
    await lockAdministrators(tx)
    const suspended = await suspendActiveUser(tx, { id: input.userId, now: ctx.now })
    if (suspended === undefined) {
      const user = await findUser(tx, { id: input.userId })
      if (user === undefined) throw unknownUser()
      if (user.status === 'active') throw lastAdministrator()
      return { changed: false }
    }
    await recordEvent({ ...deps, db: tx }, ctx, {
      kind: 'user.suspended',
      outcome: 'success',
      subjectId: input.userId,
      ...(input.reason !== undefined && { personal: { reason: input.reason } }),
    })
    return { changed: true }
  })
  if (outcome.changed) await deps.revocations.told()
  return outcome
}

/** Opens a suspended account again; `changed` is false where it was open. */
export async function unsuspendUser(
  deps: SuspendDeps,
  ctx: RequestContext,
  input: { userId: UserId },
): Promise<{ changed: boolean }> {
  return deps.db.transaction(async (tx) => {
    const opened = await unsuspendSuspendedUser(tx, { id: input.userId, now: ctx.now })
    if (opened === 0) {
      if ((await findUser(tx, { id: input.userId })) === undefined) throw unknownUser()
      return { changed: false }
    }
    await recordEvent({ ...deps, db: tx }, ctx, {
      kind: 'user.unsuspended',
      outcome: 'success',
      subjectId: input.userId,
    })
    return { changed: true }
  })
}

function unknownUser(): SignetError {
  return new SignetError(ErrorReason.NOT_FOUND, { detail: 'no such user' })
}

function lastAdministrator(): SignetError {
  return new SignetError(ErrorReason.INVALID_ARGUMENT, {
    violations: [
      {
        field: 'userId',
        rule: 'user.last_administrator',
        message: 'This is the last active administrator. Make another one first.',
      },
    ],
  })
}
