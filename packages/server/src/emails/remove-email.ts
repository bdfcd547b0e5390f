/**
 * Takes an address away, or withdraws one that waits for its proof.
 *
 * One transaction, with the caller's session locked and alive: of two that would take the last two addresses away, one is
 * refused. The links that went to the address go with it. It is told by the notices, which read the event.
 *
 * Errors: NOT_FOUND, INVALID_ARGUMENT (rule `email.last_way_in`), UNAUTHENTICATED, UNAVAILABLE.
 * Specs: OWASP ASVS 5.0 V7.5.1.
 */

import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import { type RequestContext, userCaller } from '../request-context.ts'
import { lockCallerSession } from '../revocation/cut-user.ts'
import { deleteEmail, listEmails, withdrawPendingEmail } from './emails.sql.ts'

/** Takes it away. */
export async function removeEmail(
  deps: Pick<Deps, 'config' | 'db' | 'masterSecret'>,
  ctx: RequestContext,
  { emailId: id }: { emailId: string },
): Promise<void> {
  const { userId } = userCaller(ctx)
  await deps.db.transaction(async (tx) => {
    await lockCallerSession(tx, ctx)
    if ((await withdrawPendingEmail(tx, { id, userId })) === 1) return
    const removed = await deleteEmail(tx, { id, userId, ...waysInOf(deps.config) })
    if (removed === undefined) {
      const isOwn = (await listEmails(tx, { userId })).some((email) => email.id === id)
      throw isOwn
        ? lastWayIn()
        : new SignetError(ErrorReason.NOT_FOUND, { detail: 'no such address' })
    }
    await recordEvent({ ...deps, db: tx }, ctx, {
      kind: 'email.removed',
      outcome: 'success',
      subjectId: userId,
      details: { verified: removed.verified },
      personal: { email: removed.value },
    })
  })
}

/** What the settings say about who comes in: by which providers, and whether an address has to be proved. */
export function waysInOf({ providers, emailVerification }: Deps['config']) {
  return {
    configuredProviders: providers.map(({ id }) => id),
    addressNeeded: emailVerification.when === 'before-sign-in',
  }
}

function lastWayIn(): SignetError {
  const message = 'This is the last way in to the account. Add and confirm another address first.'
  const violations = [{ field: 'emailId', rule: 'email.last_way_in', message }]
  return new SignetError(ErrorReason.INVALID_ARGUMENT, { violations })
}
