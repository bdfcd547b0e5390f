/**
 * Changes the password of the signed-in user.
 *
 * 1. Guesses at the current password are limited as those at a sign-in are, in a count of the user's own: whoever holds
 *    a stolen access token can neither go on guessing nor keep the owner from signing in.
 * 2. The current password is verified outside of any transaction; where there is none, one hash is computed all the same.
 * 3. The new one meets the policy, and is hashed.
 * 4. One transaction locks the user and the caller's session, replaces the hash only where it is still the one that was
 *    verified (of two changes at once, one wins), and writes the log entry that ends everything else: sessions, grants,
 *    and sign-ins that have read the old password and are still at work on it. The caller's session goes on.
 *
 * A repeat under the same idempotency key is answered as done, although the current password is not current any more.
 *
 * Errors: INVALID_CREDENTIALS, PASSWORD_REJECTED, RATE_LIMITED, IDEMPOTENCY_KEY_REUSED, UNAUTHENTICATED (the session ended meanwhile),
 * UNAVAILABLE.
 * Specs: OWASP ASVS 5.0 V6.2.3, V7.4.3.
 */

import { ErrorReason } from '@signet/contract'
import { requireGoodPassword } from '../authenticators/password-policy.ts'
import { replacePassword } from '../authenticators/write-password.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import { isRepeat, type KeyedRequest, keyedRequest, takeKey } from '../idempotency/idempotency.ts'
import { type RequestContext, type UserCaller, userCaller } from '../request-context.ts'
import { cutUser, lockUserSession } from '../revocation/cut-user.ts'
import {
  admitSignedInGuess,
  checkGuess,
  countFailedGuess,
  type Guess,
  prepareGuess,
} from '../throttling/guess.ts'
import { findPasswordToChange } from './change-password.sql.ts'

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
  const fields = [currentPassword, newPassword]
  const request = keyedRequest(ctx, { method: 'ChangePassword', by: caller.userId, fields })
  if (await isRepeat(deps.db, request)) return
  const guess = prepareGuess(deps, ctx, { account: `user ${caller.userId}`, deviceSecret: '' })
  const user = await findPasswordToChange(deps.db, { ...guess, userId: caller.userId })
  checkGuess(user)
  const hashRead = user.hash ?? undefined
  const { matches } = await deps.passwords.verify(hashRead, currentPassword, ctx.signal)
  if (!matches || hashRead === undefined) {
    // Its twin may have set the new password since.
    if (await isRepeat(deps.db, request)) return
    throw await wrongPassword(deps, ctx, { caller, guess })
  }
  await admitSignedInGuess(deps, guess)
  const words = [...user.identifiers, user.displayName ?? '']
  requireGoodPassword(deps.config, newPassword, { words, field: 'newPassword' })
  const hash = await deps.passwords.hash(newPassword, ctx.signal)
  const outcome = await replaceVerified(deps, ctx, { caller, hash, hashRead, request })
  if (outcome === 'session ended') throw new SignetError(ErrorReason.UNAUTHENTICATED)
  if (outcome === 'changed before') {
    if (await isRepeat(deps.db, request)) return
    throw await failed(deps, ctx, caller)
  }
  await deps.revocations.told()
}

interface VerifiedChange {
  caller: UserCaller
  hash: string
  hashRead: string
  request: KeyedRequest | undefined
}

async function replaceVerified(
  deps: ChangeDeps,
  ctx: RequestContext,
  { caller, hash, hashRead, request }: VerifiedChange,
): Promise<'changed' | 'changed before' | 'session ended'> {
  const { userId, sessionId } = caller
  return deps.db.transaction(async (tx) => {
    if (!(await lockUserSession(tx, { userId, sessionId }))) return 'session ended'
    const replaced = await replacePassword(tx, { userId, hash, hashRead, now: ctx.now })
    if (replaced === 0 || !(await takeKey(tx, request))) return 'changed before'
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

/** Counts and records that the current password was wrong, and answers the refusal. */
async function wrongPassword(
  deps: ChangeDeps,
  ctx: RequestContext,
  { caller, guess }: { caller: UserCaller; guess: Guess },
): Promise<SignetError> {
  const closedSeconds = await countFailedGuess(deps, guess, { deviceUserId: null })
  const refusal = await failed(deps, ctx, caller)
  if (closedSeconds === undefined) return refusal
  await recordEvent(deps, ctx, {
    kind: 'password_change.throttled',
    outcome: 'failure',
    subjectId: caller.userId,
    details: { closedSeconds },
  })
  return refusal
}

/** Records that the password given is not the current one, and answers the refusal. */
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
