/**
 * Takes in that somebody wants a mail to an address of theirs: for a new password, for a proof once more, or
 * to sign in.
 *
 * 1. Refuse what is no address, and what comes too often.
 * 2. Record it, and leave the rest to a job: who has the address, and whether anybody has, is asked where nobody waits.
 *
 * So the answer is the same, and takes the same time, for an address that is known and one that is not.
 *
 * Errors: INVALID_ARGUMENT, RATE_LIMITED, UNAVAILABLE.
 * Specs: OWASP ASVS 5.0 V6.3.8.
 */

import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import type { UserId } from '../ids.ts'
import { enqueue } from '../queue/enqueue.ts'
import type { RequestContext } from '../request-context.ts'
import { admitMailRequest } from '../throttling/mail-requests.ts'
import { parseEmail } from '../users/identifier.ts'

export interface WantedMail {
  about: 'password_reset' | 'email_verification' | 'email_sign_in'
  email: string
  /** Whose proof it is to be, where whoever asks waits for that of one account. */
  userId?: UserId
  /** Of what the request is answered with, where the mail is good for this request alone. */
  requestHash?: Buffer
}

/** Takes the request in, and answers how many seconds the next one for this address has to wait. */
export async function requestMail(
  deps: Pick<Deps, 'db' | 'masterSecret'>,
  ctx: RequestContext,
  { about, email: text, userId, requestHash }: WantedMail,
): Promise<{ waitSeconds: number }> {
  const email = parseEmail(text, 'email')
  if ('violations' in email) {
    throw new SignetError(ErrorReason.INVALID_ARGUMENT, { violations: email.violations })
  }
  const { canonical, value } = email.identifier
  const { ipAddress } = ctx
  return deps.db.transaction(async (tx) => {
    const inTransaction = { ...deps, db: tx }
    const asked = { ipAddress, purpose: about, canonical }
    const waitSeconds = await admitMailRequest(inTransaction, asked)
    await recordEvent(inTransaction, ctx, {
      kind: `${about}.requested`,
      outcome: 'success',
      personal: { email: value },
    })
    await enqueue(tx, 'write_to_address', {
      about,
      canonical,
      ...(userId !== undefined && { userId }),
      ...(requestHash !== undefined && { requestHash: requestHash.toString('hex') }),
    })
    return { waitSeconds }
  })
}
