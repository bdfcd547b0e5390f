/**
 * Opens an account with an email address and a password.
 *
 * 1. Refuse what is malformed, saying everything that is wrong at once.
 * 2. Hash the password, whoever holds the address: the work is the same.
 * 3. In one transaction, alone with this address: where somebody proved to own it, or as many as are allowed claim
 *    it, change nothing; else open the account with an unverified claim. (Where addresses must be proved before signing
 *    in, a claim beside an owner is opened too: see unverified.ts.) Either way record it, and leave it to a job to
 *    write to the address: for a proof, or that there is an account already. Where that was done too often, no mail is
 *    sent, and nobody is told so.
 *
 * Asked again under the same idempotency key, it changes nothing: a lost answer does not open a second account.
 *
 * The answer is the same in all cases and holds no token, so that nobody can ask who has an account.
 *
 * Errors: INVALID_ARGUMENT, PASSWORD_REJECTED, IDEMPOTENCY_KEY_REUSED, UNAVAILABLE.
 */

import { ErrorReason } from '@signet/contract'
import { checkPassword, installationWords } from '../authenticators/password-policy.ts'
import { ownClientId } from '../clients/own-client.ts'
import type { Db } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { recordEvent, type SecurityEvent } from '../events/record-event.ts'
import { isRepeat, keyedRequest, takeKey } from '../idempotency/idempotency.ts'
import type { UserId } from '../ids.ts'
import { enqueue } from '../queue/enqueue.ts'
import type { RequestContext } from '../request-context.ts'
import { admitSignUpMail } from '../throttling/mail-requests.ts'
import { type EmailIdentifier, parseEmail } from '../users/identifier.ts'
import { lockHolders, openAccount } from '../users/open-account.ts'
import { checkPrintable } from '../users/printable.ts'
import { claimLifetimeDays, claimsMax } from './claims.ts'
import { mustVerifyFirst } from './unverified.ts'

export interface SignUp {
  email: string
  password: string
  displayName: string
  locale: string
  /** Which id the account gets, if one is opened: the caller may watch for it, and is still not told. */
  id?: UserId
}

type SignUpDeps = Pick<Deps, 'config' | 'db' | 'masterSecret' | 'passwords'>

/** Opens the account, or does nothing; the caller cannot tell which. */
export async function signUp(deps: SignUpDeps, ctx: RequestContext, input: SignUp): Promise<void> {
  const identifier = checkSignUp(deps, input)
  const { email, password, displayName, locale } = input
  const fields = [email, password, displayName, locale]
  const request = keyedRequest(ctx, { method: 'SignUp', by: '', fields })
  if (await isRepeat(deps.db, request)) return
  const passwordHash = await deps.passwords.hash(input.password, ctx.signal)
  await deps.db.transaction(async (tx) => {
    if (!(await takeKey(tx, request))) return
    const event = await claim({ ...deps, db: tx }, ctx, { ...input, identifier, passwordHash })
    await recordEvent({ ...deps, db: tx }, ctx, { ...event, clientId: ownClientId })
    const opened = event.outcome === 'success' ? event.subjectId : undefined
    const { canonical } = identifier
    const mail = { ipAddress: ctx.ipAddress, canonical }
    if (!(await admitSignUpMail({ ...deps, db: tx }, mail))) return
    await enqueue(tx, 'write_to_address', {
      about: 'sign_up',
      canonical,
      ...(opened !== undefined && { userId: opened }),
    })
  })
}

function checkSignUp(deps: SignUpDeps, input: SignUp): EmailIdentifier {
  const email = parseEmail(input.email, 'email')
  const violations = [
    ...('violations' in email ? email.violations : []),
    ...checkPrintable('displayName', input.displayName),
  ]
  const passwordViolations = checkPassword(input.password, {
    minLength: deps.config.passwordMinLength,
    context: [...installationWords(deps.config.issuer), input.email, input.displayName],
  })
  if ('violations' in email || violations.length > 0) {
    throw new SignetError(ErrorReason.INVALID_ARGUMENT, {
      violations: [...violations, ...passwordViolations],
    })
  }
  if (passwordViolations.length > 0) {
    throw new SignetError(ErrorReason.PASSWORD_REJECTED, { violations: passwordViolations })
  }
  return email.identifier
}

interface CheckedSignUp extends SignUp {
  identifier: EmailIdentifier
  passwordHash: string
}

/** Opens the account where the address leaves room for one; the event that says what happened. */
async function claim(
  { db: tx, config }: Pick<SignUpDeps, 'config'> & { db: Db },
  ctx: RequestContext,
  input: CheckedSignUp,
): Promise<SecurityEvent> {
  const { ownerId, claims } = await lockHolders(tx, input.identifier)
  const personal = { email: input.identifier.value }
  const verifyFirst = mustVerifyFirst(config)
  if (ownerId !== undefined && !verifyFirst) {
    const details = { reason: 'address_verified' }
    return { kind: 'sign_up.refused', outcome: 'failure', subjectId: ownerId, details, personal }
  }
  if (claims >= claimsMax) {
    const details = { reason: 'too_many_claims' }
    return { kind: 'sign_up.refused', outcome: 'failure', details, personal }
  }
  const claimDays = verifyFirst ? claimLifetimeDays : undefined
  const userId = await openAccount(tx, { ...input, claimDays }, ctx.now)
  return {
    kind: 'user.signed_up',
    outcome: 'success',
    actorId: userId,
    subjectId: userId,
    personal,
  }
}
