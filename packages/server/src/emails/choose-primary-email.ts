/**
 * Chooses the address that notices go to, of those that are proved. The former one is told.
 *
 * Errors: NOT_FOUND, INVALID_ARGUMENT (rule `email.unverified`), UNAUTHENTICATED, UNAVAILABLE.
 */

import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import { type RequestContext, userCaller } from '../request-context.ts'
import { lockCallerSession } from '../revocation/cut-user.ts'
import { clearPrimaryEmail, listEmails, setPrimaryEmail } from './emails.sql.ts'

/** Chooses it; choosing the same again changes nothing. */
export async function choosePrimaryEmail(
  deps: Pick<Deps, 'db' | 'masterSecret'>,
  ctx: RequestContext,
  { emailId }: { emailId: string },
): Promise<void> {
  const { userId } = userCaller(ctx)
  await deps.db.transaction(async (tx) => {
    await lockCallerSession(tx, ctx)
    const emails = await listEmails(tx, { userId })
    const chosen = emails.find(({ id }) => id === emailId)
    if (chosen === undefined)
      throw new SignetError(ErrorReason.NOT_FOUND, { detail: 'no such address' })
    if (!chosen.verified) throw unverified()
    const former = emails.find(({ primary }) => primary)
    await clearPrimaryEmail(tx, { userId })
    await setPrimaryEmail(tx, { userId, canonical: chosen.canonical })
    if (former === undefined || former.id === chosen.id) return
    await recordEvent({ ...deps, db: tx }, ctx, {
      kind: 'email.primary_chosen',
      outcome: 'success',
      subjectId: userId,
      personal: { email: chosen.value, formerEmail: former.value },
    })
  })
}

function unverified(): SignetError {
  const message = 'This address is not proved yet. Use the link in the mail that went to it.'
  const violations = [{ field: 'emailId', rule: 'email.unverified', message }]
  return new SignetError(ErrorReason.INVALID_ARGUMENT, { violations })
}
