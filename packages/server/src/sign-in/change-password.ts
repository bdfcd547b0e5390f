/**
 * Changes the password of the signed-in user.
 *
 * 1. The current password is verified outside of any transaction; where there is none, one hash is computed all the same.
 * 2. The new one meets the policy, and is hashed.
 * 3. One transaction locks the user and the caller's session, replaces the hash only where it is still the one that was
 *    verified (of two changes at once, one wins), and writes the log entry that ends everything else: sessions, grants,
 *    and sign-ins that have read the old password and are still at work on it. The caller's session goes on.
 *
 * Errors: INVALID_CREDENTIALS, PASSWORD_REJECTED, UNAUTHENTICATED (the session ended meanwhile), UNAVAILABLE.
 * Specs: OWASP ASVS 5.0 V6.2.3, V7.4.3.
 */

import { ErrorReason } from '@signet/contract'
import { checkPassword } from '../authenticators/password-policy.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import { type RequestContext, type UserCaller, userCaller } from '../request-context.ts'
import { cutUser, lockUserSession } from '../revocation/cut-user.ts'
import { findPasswordToChange, replacePassword } from './change-password.sql.ts'

export interface PasswordChange {
  currentPassword: string
  newPassword: string
}

type ChangeDeps = Pick<Deps, 'config' | 'db' | 'masterSecret' | 'passwords' | 'revocations'>

/** Sets the new password and ends everything but the caller's session. */
export async function changePassword(
  deps: ChangeDeps,
  ctx: RequestContext,
  { currentPassword, newPassword }: PasswordChange,
): Promise<void> {
  const caller = userCaller(ctx)
  const user = await findPasswordToChange(deps.db, { userId: caller.userId })
  const hashRead = user?.hash ?? undefined
  const { matches } = await deps.passwords.verify(hashRead, currentPassword, ctx.signal)
  if (!matches || user === undefined || hashRead === undefined)
    throw await failed(deps, ctx, caller)
  checkNewPassword(deps, newPassword, [...user.identifiers, user.displayName])
  const hash = await deps.passwords.hash(newPassword, ctx.signal)
  const outcome = await replaceVerified(deps, ctx, { caller, hash, hashRead })
  if (outcome === 'session ended') throw new SignetError(ErrorReason.UNAUTHENTICATED)
  if (outcome === 'changed before') throw await failed(deps, ctx, caller)
  deps.revocations.announce()
  await deps.revocations.settled()
}

function checkNewPassword(deps: ChangeDeps, newPassword: string, context: string[]): void {
  const { passwordMinLength: minLength } = deps.config
  const violations = checkPassword(newPassword, { minLength, context })
  if (violations.length === 0) return
  throw new SignetError(ErrorReason.PASSWORD_REJECTED, {
    violations: violations.map((violation) => ({ ...violation, field: 'newPassword' })),
  })
}

async function replaceVerified(
  deps: ChangeDeps,
  ctx: RequestContext,
  { caller, hash, hashRead }: { caller: UserCaller; hash: string; hashRead: string },
): Promise<'changed' | 'changed before' | 'session ended'> {
  const { userId, sessionId } = caller
  return deps.db.transaction(async (tx) => {
    if (!(await lockUserSession(tx, { userId, sessionId }))) return 'session ended'
    const replaced = await replacePassword(tx, { userId, hash, hashRead, now: ctx.now })
    if (replaced === 0) return 'changed before'
    await cutUser(tx, { userId, reason: 'password_changed', keep: sessionId })
    await recordEvent({ ...deps, db: tx }, ctx, {
      kind: 'password.set',
      outcome: 'success',
      subjectId: userId,
      details: { reason: 'changed', keptSessionId: sessionId },
    })
    return 'changed'
  })
}

/** Records that the current password was wrong, and answers the refusal. */
async function failed(
  deps: ChangeDeps,
  ctx: RequestContext,
  { userId }: UserCaller,
): Promise<SignetError> {
  await recordEvent(deps, ctx, {
    kind: 'password_change.failed',
    outcome: 'failure',
    subjectId: userId,
  })
  return new SignetError(ErrorReason.INVALID_CREDENTIALS)
}
