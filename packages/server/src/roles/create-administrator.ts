/**
 * Makes an administrator: opens the account where nobody owns the address, and assigns the role.
 *
 * The operator who can do this vouches for the address, so it counts as verified. Where somebody proved to own it,
 * that user gets the role and keeps their password. Claims without proof are not looked at: they hold nothing.
 *
 * The first administrator of an installation closes its setup; of two who set it up at once, one succeeds.
 *
 * Errors: INVALID_ARGUMENT, PASSWORD_REJECTED, LINK_INVALID (there was one before, where the first is to be made), UNAVAILABLE.
 */

import { ErrorReason } from '@signet/contract'
import { requireGoodPassword } from '../authenticators/password-policy.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import type { UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { parseEmail } from '../users/identifier.ts'
import { lockHolders, openAccount } from '../users/open-account.ts'
import { checkPrintable } from '../users/printable.ts'
import { assignRole } from './roles.sql.ts'
import { markSetUp } from './set-up.sql.ts'

export interface NewAdministrator {
  email: string
  password: string
  displayName: string
  /** Only where there has never been another one. */
  first?: boolean
}

/** The user who is an administrator from here on; `created` is false where the account existed. */
export async function createAdministrator(
  deps: Pick<Deps, 'config' | 'db' | 'masterSecret' | 'passwords'>,
  ctx: RequestContext,
  input: NewAdministrator,
): Promise<{ userId: UserId; created: boolean }> {
  const { email, password, displayName } = input
  const parsed = parseEmail(email, 'email')
  const unreadable = checkPrintable('displayName', displayName)
  if ('violations' in parsed || unreadable.length > 0) {
    const violations = 'violations' in parsed ? [...parsed.violations, ...unreadable] : unreadable
    throw new SignetError(ErrorReason.INVALID_ARGUMENT, { violations })
  }
  requireGoodPassword(deps.config, password, { words: [email, displayName] })
  const passwordHash = await deps.passwords.hash(password, ctx.signal)

  return deps.db.transaction(async (tx) => {
    const { identifier } = parsed
    const closed = (await markSetUp(tx)) === undefined
    if (closed && input.first === true) throw new SignetError(ErrorReason.LINK_INVALID)
    const { ownerId } = await lockHolders(tx, identifier)
    const verifiedAt = ctx.now
    const account = { identifier, verifiedAt, passwordHash, displayName, locale: '' }
    const userId = ownerId ?? (await openAccount(tx, account, ctx.now))
    await assignRole(tx, { userId, name: 'administrator', createdAt: ctx.now })
    const created = ownerId === undefined
    await recordEvent({ ...deps, db: tx }, ctx, {
      kind: created ? 'administrator.created' : 'role.assigned',
      outcome: 'success',
      subjectId: userId,
      details: { role: 'administrator' },
    })
    return { userId, created }
  })
}
