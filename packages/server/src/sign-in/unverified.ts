/**
 * Where people must prove their address before they sign in: what happens to those who have not.
 *
 * Nobody may learn by signing up and then signing in whether an address is known. So a sign-up for an address that
 * somebody has proved leaves an account behind too, which claims the address and can never be entered; signing in tries
 * claims beside the owner, with as many hashes whether there is an owner or not, and refuses all claims alike.
 *
 * Whoever gave the right password is told to look into the mailbox, and a mail goes there again, each time after a longer
 * wait: to prove the address, or that there is an account already.
 *
 * Errors: EMAIL_NOT_VERIFIED, RATE_LIMITED.
 * Specs: OWASP ASVS 5.0 V6.3.8.
 */

import { ErrorReason } from '@signet/contract'
import { ownClientId } from '../clients/own-client.ts'
import type { Config } from '../config/config.ts'
import type { Db } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import type { UserId } from '../ids.ts'
import { enqueue } from '../queue/enqueue.ts'
import type { RequestContext } from '../request-context.ts'
import { admitGuess, type Guess, type GuessState, tooManyGuesses } from '../throttling/guess.ts'
import { admitUnaskedMail } from '../throttling/mail-requests.ts'
import type { EmailIdentifier } from '../users/identifier.ts'

/** Whether nobody gets in by an address that is not proved. */
export function mustVerifyFirst({ emailVerification }: Pick<Config, 'emailVerification'>): boolean {
  return emailVerification.when === 'before-sign-in'
}

/** Somebody gave the right password, and is kept out because the address is not proved. Whose account it is goes to no wire. */
export class AddressNotProved extends SignetError {
  readonly userId: UserId

  constructor(userId: UserId) {
    super(ErrorReason.EMAIL_NOT_VERIFIED)
    this.userId = userId
  }
}

/** Records who gave the right password for a mere claim, sends mail, and answers the refusal. */
export async function refuseUnverified(
  deps: Pick<Deps, 'db' | 'masterSecret'>,
  ctx: RequestContext,
  {
    identifier: { canonical },
    userId,
    guess,
    state,
  }: { identifier: EmailIdentifier; userId: UserId; guess: Guess; state: GuessState },
): Promise<SignetError> {
  const retryAfter = await deps.db.transaction(async (tx) => {
    const closed = await admitGuess(tx, guess, state)
    if (closed !== null) return closed
    await askForProof({ ...deps, db: tx }, ctx, { canonical, userId })
    return null
  })
  return retryAfter === null ? new AddressNotProved(userId) : tooManyGuesses(retryAfter)
}

/** Records that somebody is kept out by an address that is not proved, and has mail sent there, unless that was done a moment ago. */
export async function askForProof(
  deps: { db: Db } & Pick<Deps, 'masterSecret'>,
  ctx: RequestContext,
  { canonical, userId }: { canonical: string; userId: UserId },
): Promise<void> {
  await recordEvent(deps, ctx, {
    kind: 'sign_in.refused',
    outcome: 'failure',
    subjectId: userId,
    clientId: ownClientId,
    details: { reason: 'unverified' },
  })
  if (await admitUnaskedMail(deps, { purpose: 'email_verification', canonical }))
    await enqueue(deps.db, 'write_to_address', { about: 'sign_up', canonical, userId })
}
