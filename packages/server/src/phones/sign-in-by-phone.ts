/**
 * Signs a person in with a code from a text message, where the operator has switched that on.
 *
 * Asking is taken in the same way, in the same time, whether anybody has the number: who has it is found out by a job. For a number of
 * nobody the job makes a code too, which is sent to nobody, so that trying it costs the same.
 *
 * Signing in:
 * 1. Is another guess at this number let through, from this network or this known device?
 * 2. Try the code. Each try counts, and a wrong one counts as a guess.
 * 3. Use it up, and start the session. What was revoked since the code was made wins.
 *
 * A message proves little: it can be read on its way, and numbers are taken over. So it is one factor and never the second.
 *
 * Errors: NOT_ENABLED, INVALID_ARGUMENT, LINK_INVALID, RATE_LIMITED, UNAVAILABLE.
 * Specs: NIST SP 800-63B-4 §3.1.3.3 (restricted authenticators), RFC 8176 §2 (amr), OWASP ASVS 5.0 V6.3.8.
 */

import { randomUUID } from 'node:crypto'
import { ErrorReason } from '@signet/contract'
import { ownClientId } from '../clients/own-client.ts'
import type { Deps } from '../deps.ts'
import { SignetError, type Violation } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import type { UserId } from '../ids.ts'
import { enqueue } from '../queue/enqueue.ts'
import type { Job } from '../queue/job.ts'
import type { RequestContext } from '../request-context.ts'
import { type Device, deviceViolations } from '../sessions/device.ts'
import type { StartedSignIn, Yield } from '../sign-in/simultaneous-sign-ins.ts'
import {
  checkGuess,
  countFailedGuess,
  type Guess,
  type GuessState,
  prepareGuess,
  tooManyGuesses,
} from '../throttling/guess.ts'
import { admitSms } from '../throttling/sms-requests.ts'
import { codeLifetimeSeconds, type ProvedCode, proveCode, useCode } from './phone-codes.ts'
import { parsePhone } from './phone-number.ts'
import { findOwner, insertCode, readGuessState } from './phones.sql.ts'
import { orderCode } from './send-sms.ts'

type RequestDeps = Pick<Deps, 'config' | 'db' | 'masterSecret'>
type SignInDeps = RequestDeps & Pick<Deps, 'signIns'>

export interface PhoneSignIn {
  /** What the request answered. */
  id: string
  phone: string
  code: string
  device: Device | undefined
  /** What the device was given at an earlier sign-in; empty where it has none. */
  deviceSecret: string
  /** What the session yields. */
  yields: Yield
}

/** Whether people sign in here with a code to their phone. */
export function offersPhoneSignIn({ phones }: Pick<Deps['config'], 'phones'>): boolean {
  return phones.sends && phones.signIn
}

/** Takes in that somebody wants to sign in with a number. `id` is what the code comes with, `canonical` the number as it is dialled. */
export async function requestPhoneSignIn(
  deps: RequestDeps,
  ctx: RequestContext,
  { phone }: { phone: string },
): Promise<{ id: string; canonical: string }> {
  const canonical = requireNumber(deps, phone)
  const codeId = randomUUID()
  await deps.db.transaction(async (tx) => {
    const inTransaction = { ...deps, db: tx }
    await admitSms(inTransaction, { ipAddress: ctx.ipAddress, canonical })
    await recordEvent(inTransaction, ctx, {
      kind: 'phone_sign_in.requested',
      outcome: 'success',
      personal: { phone: canonical },
    })
    await enqueue(tx, 'write_to_number', { codeId, canonical })
  })
  return { id: codeId, canonical }
}

/** The job behind it: makes the code, and sends it where somebody has the number. */
export async function writeToNumber(
  { db }: Pick<Deps, 'db'>,
  { payload: { codeId: id, canonical } }: Pick<Job<'write_to_number'>, 'payload'>,
): Promise<void> {
  await db.transaction(async (tx) => {
    const owner = await findOwner(tx, { canonical })
    const code = { id, purpose: 'sign_in', userId: owner?.userId ?? null, canonical } as const
    const made = await insertCode(tx, { ...code, lifetimeSeconds: codeLifetimeSeconds })
    if (made === 0 || owner === undefined) return
    await orderCode(tx, { ...code, locale: owner.locale }, new Date())
  })
}

/** Signs the person in, and records whether it worked. */
export async function signInByPhone(
  deps: SignInDeps,
  ctx: RequestContext,
  input: PhoneSignIn,
): Promise<StartedSignIn> {
  const canonical = requireNumber(deps, input.phone, input.device)
  const { deviceSecret } = input
  const guess = prepareGuess(deps, ctx, { account: `phone ${canonical}`, deviceSecret })
  const state = await readGuessState(deps.db, { ...guess, canonical })
  checkGuess(state)
  const { id, code } = input
  const proved = await proveCode(deps, { purpose: 'sign_in', id, code, canonical })
  if (proved === 'wrong') throw await wrong(deps, ctx, { guess, state, canonical })
  if (proved === 'over' || !(await useCode(deps.db, proved))) {
    // Of many at once, who was right hears no more than those who were wrong.
    checkGuess(await readGuessState(deps.db, { ...guess, canonical }))
    throw new SignetError(ErrorReason.LINK_INVALID)
  }
  return start(deps, ctx, { input, proved, guess, state })
}

async function start(
  deps: SignInDeps,
  ctx: RequestContext,
  {
    input: { device, deviceSecret, yields },
    proved,
    guess,
    state,
  }: { input: PhoneSignIn; proved: ProvedCode; guess: Guess; state: GuessState },
): Promise<StartedSignIn> {
  const userId = proved.userId as UserId
  const started = await deps.signIns.start({
    ctx,
    guess,
    state,
    userId,
    deviceSecret,
    session: { device, amr: ['sms'], acr: 'aal1', rev: proved.rev },
    yields,
  })
  if (started === 'revoked') throw new SignetError(ErrorReason.LINK_INVALID)
  if ('retryAfter' in started) throw tooManyGuesses(started.retryAfter)
  return started
}

function requireNumber({ config }: RequestDeps, text: string, device?: Device): string {
  if (!offersPhoneSignIn(config)) throw new SignetError(ErrorReason.NOT_ENABLED)
  const phone = parsePhone(text, 'phone', config.phones.prefixes)
  const violations: Violation[] = [
    ...('violations' in phone ? phone.violations : []),
    ...deviceViolations(device),
  ]
  if ('violations' in phone || violations.length > 0)
    throw new SignetError(ErrorReason.INVALID_ARGUMENT, { violations })
  return phone.canonical
}

async function wrong(
  deps: RequestDeps,
  ctx: RequestContext,
  { guess, state, canonical }: { guess: Guess; state: GuessState; canonical: string },
): Promise<SignetError> {
  const closedSeconds = await countFailedGuess(deps, guess, state)
  const subjectId = (await findOwner(deps.db, { canonical }))?.userId as UserId | undefined
  const event = { outcome: 'failure', subjectId, clientId: ownClientId } as const
  const personal = { phone: canonical }
  await recordEvent(deps, ctx, { ...event, kind: 'sign_in.failed', personal })
  if (closedSeconds !== undefined)
    await recordEvent(deps, ctx, {
      ...event,
      kind: 'sign_in.throttled',
      details: { closedSeconds },
    })
  return new SignetError(ErrorReason.LINK_INVALID)
}
