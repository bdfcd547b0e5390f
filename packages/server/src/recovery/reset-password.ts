/**
 * Sets a new password for whoever reads the mailbox of the account.
 *
 * 1. Find what the link or the code is about; it is not used up yet, so that a password which is refused costs nothing.
 * 2. The new password meets the policy, and is hashed.
 * 3. One transaction uses the link up (of many at once one succeeds), sets the password, notes that the address is
 *    proved, and ends every session and every grant. A suspended account stays suspended, and has no link.
 *
 * 4. Answered once this instance has read in the log that they have ended.
 *
 * Nobody is signed in by it: signing in asks for whatever else the account asks for.
 *
 * Errors: LINK_INVALID, PASSWORD_REJECTED, UNAVAILABLE.
 * Specs: OWASP ASVS 5.0 V6.4.3, V7.4.3.
 */

import { requireGoodPassword } from '../authenticators/password-policy.ts'
import { setPassword } from '../authenticators/write-password.ts'
import type { Db } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import { recordEvent } from '../events/record-event.ts'
import type { UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { cutUser, lockUserToCut } from '../revocation/cut-user.ts'
import { dropEarlier } from './drop-earlier.ts'
import { consumeLink, type LiveLink, type MailedProof, requireLiveLink } from './mailed-links.ts'
import { proveAddress } from './verify-email.ts'

type ResetDeps = Pick<Deps, 'config' | 'db' | 'masterSecret' | 'passwords' | 'revocations'>

/** Sets the password and ends everything that the account held. */
export async function resetPassword(
  deps: ResetDeps,
  ctx: RequestContext,
  { proof, newPassword }: { proof: MailedProof; newPassword: string },
): Promise<void> {
  const link = await requireLiveLink(deps, ctx, { purpose: 'reset_password', proof })
  const words = [...link.identifiers, link.displayName]
  requireGoodPassword(deps.config, newPassword, { words, field: 'newPassword' })
  const passwordHash = await deps.passwords.hash(newPassword, ctx.signal)
  await deps.db.transaction((tx) => reset({ ...deps, db: tx }, ctx, { link, passwordHash }))
  await deps.revocations.told()
}

async function reset(
  deps: { db: Db } & Pick<Deps, 'masterSecret'>,
  ctx: RequestContext,
  { link, passwordHash }: { link: LiveLink; passwordHash: string },
): Promise<void> {
  const { db: tx } = deps
  const userId = link.userId as UserId
  await lockUserToCut(tx, userId)
  await consumeLink(tx, link)
  const isNews = await proveAddress(deps, ctx, link)
  await dropEarlier(deps, ctx, { ...link, isNews })
  await setPassword(tx, { userId, hash: passwordHash, now: ctx.now })
  await cutUser(tx, { userId, reason: 'password_reset' })
  await recordEvent(deps, ctx, {
    kind: 'password.set',
    outcome: 'success',
    actorId: userId,
    subjectId: userId,
    details: { reason: 'reset' },
  })
}
