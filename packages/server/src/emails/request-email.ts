/**
 * Takes in that somebody who is signed in wants another address, beside those that there are or in the place of one.
 *
 * 1. Refuse what is no address, what the account has already, and what is too much.
 * 2. One transaction, with the caller's session locked and alive, records it and leaves the rest to a job: whether somebody
 *    else has the address is asked where nobody waits. What goes to the mailbox rests on the position of the revocation log that
 *    is read here, so that whatever ends this session ends the request too.
 *
 * Nothing about the account changes until the address is proved. An address that waits is not yet one of the account: nobody can sign
 * in or set a new password with it, however it was mistyped.
 *
 * Errors: INVALID_ARGUMENT (rules `email.yours`, `email.too_many`), NOT_FOUND, RATE_LIMITED, UNAUTHENTICATED, UNAVAILABLE.
 * Specs: OWASP ASVS 5.0 V7.5.1, V6.3.8.
 */

import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import { newId } from '../ids.ts'
import { enqueue } from '../queue/enqueue.ts'
import { type RequestContext, userCaller } from '../request-context.ts'
import { lockCallerSession } from '../revocation/cut-user.ts'
import { admitMailRequest } from '../throttling/mail-requests.ts'
import { type EmailIdentifier, parseEmail } from '../users/identifier.ts'
import { listEmails, readPosition } from './emails.sql.ts'

export interface WantedEmail {
  email: string
  /** The address whose place it takes; undefined where it is added. */
  replaces: string | undefined
}

/** More than anybody has use for. */
const emailsMax = 10

/** Takes the request in. `pendingId` is what the code from the mail comes with. */
export async function requestEmail(
  deps: Pick<Deps, 'db' | 'masterSecret'>,
  ctx: RequestContext,
  { email: text, replaces }: WantedEmail,
): Promise<{ pendingId: string }> {
  const { userId } = userCaller(ctx)
  const email = parseEmail(text, 'email')
  if ('violations' in email)
    throw new SignetError(ErrorReason.INVALID_ARGUMENT, { violations: email.violations })
  const { identifier } = email
  const { canonical, value } = identifier
  const pendingId = newId(ctx.now, userId)
  await deps.db.transaction(async (tx) => {
    const inTransaction = { ...deps, db: tx }
    await lockCallerSession(tx, ctx)
    checkWanted(await listEmails(tx, { userId }), { identifier, replaces })
    const { ipAddress } = ctx
    await admitMailRequest(inTransaction, { ipAddress, purpose: 'new_email', canonical })
    await recordEvent(inTransaction, ctx, {
      kind: 'email.requested',
      outcome: 'success',
      subjectId: userId,
      details: { replaces: replaces !== undefined },
      personal: { email: value },
    })
    const { position } = await readPosition(tx)
    await enqueue(tx, 'write_to_new_address', {
      linkId: pendingId,
      userId,
      canonical,
      value,
      rev: String(position),
      ...(replaces !== undefined && { replaces }),
    })
  })
  return { pendingId }
}

function checkWanted(
  emails: Awaited<ReturnType<typeof listEmails>>,
  { identifier, replaces }: { identifier: EmailIdentifier; replaces: string | undefined },
): void {
  if (replaces !== undefined && !emails.some(({ id }) => id === replaces))
    throw new SignetError(ErrorReason.NOT_FOUND, { detail: 'no such address' })
  const own = emails.find(({ canonical }) => canonical === identifier.canonical)
  if (own?.verified || (own !== undefined && own.id === replaces))
    throw violation('yours', 'This address is one of yours already.')
  if (replaces === undefined && emails.length >= emailsMax)
    throw violation('too_many', `${emailsMax} addresses are the most. Take one away first.`)
}

function violation(rule: string, message: string): SignetError {
  const violations = [{ field: 'email', rule: `email.${rule}`, message }]
  return new SignetError(ErrorReason.INVALID_ARGUMENT, { violations })
}
