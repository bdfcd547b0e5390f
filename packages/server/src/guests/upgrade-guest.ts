/**
 * Gives a guest something to sign in with: a password at once, and an address once its mailbox has proved it.
 *
 * 1. The password meets the policy, and is hashed, for guests alone.
 * 2. The address is asked for as any other (`emails/request-email.ts`). With its proof the guest is a user like any other: the
 *    database sees to it, whichever way something is proved.
 * 3. The password is set, where the account is still that of a guest. Nobody can sign in with it before the address is proved.
 *
 * The subject stays, and so do the sessions.
 *
 * Errors: NOT_FOUND (no guest), INVALID_ARGUMENT, PASSWORD_REJECTED, RATE_LIMITED, UNAUTHENTICATED, UNAVAILABLE.
 */

import { ErrorReason } from '@signet/contract'
import { requireGoodPassword } from '../authenticators/password-policy.ts'
import { setGuestPassword } from '../authenticators/write-password.ts'
import type { Deps } from '../deps.ts'
import { requestEmail } from '../emails/request-email.ts'
import { SignetError } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import { type RequestContext, userCaller } from '../request-context.ts'
import { isGuest } from './guests.sql.ts'

/** Sets the password, and has the address asked for. `pendingId` is what the code from the mail comes with. */
export async function upgradeGuest(
  deps: Pick<Deps, 'config' | 'db' | 'masterSecret' | 'passwords'>,
  ctx: RequestContext,
  { email, password }: { email: string; password: string },
): Promise<{ pendingId: string }> {
  const { userId } = userCaller(ctx)
  if (!(await isGuest(deps.db, { userId })).guest) throw noGuest()
  requireGoodPassword(deps.config, password, { words: [email] })
  const hash = await deps.passwords.hash(password, ctx.signal)
  const pending = await requestEmail(deps, ctx, { email, replaces: undefined })
  await deps.db.transaction(async (tx) => {
    if ((await setGuestPassword(tx, { userId, hash, now: ctx.now })) === 0) throw noGuest()
    await recordEvent({ ...deps, db: tx }, ctx, {
      kind: 'guest.upgrade_requested',
      outcome: 'success',
      subjectId: userId,
    })
  })
  return pending
}

function noGuest(): SignetError {
  return new SignetError(ErrorReason.NOT_FOUND, { detail: 'the caller is no guest' })
}
