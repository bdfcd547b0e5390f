/**
 * Adds a number to the account of who is signed in, by a code that is sent there.
 *
 * Asking: refuse what is no number or too much, then one transaction, with the caller's session locked and alive, makes the code
 * and orders its message. Nothing about the account changes.
 *
 * Proving, with the session locked and alive again: the code is used up, and the number becomes one of the account. Where somebody else
 * had it, it is theirs no more: carriers give numbers to other people, and who reads its messages today must not be able to get into an
 * account of yesterday. Both are told.
 *
 * Errors: INVALID_ARGUMENT (`phone.…`), NOT_ENABLED, LINK_INVALID, RATE_LIMITED, UNAUTHENTICATED, UNAVAILABLE.
 * Specs: OWASP ASVS 5.0 V7.5.1.
 */

import { randomUUID } from 'node:crypto'
import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import { newId, type UserId } from '../ids.ts'
import { type RequestContext, userCaller } from '../request-context.ts'
import { lockCallerSession } from '../revocation/cut-user.ts'
import { checkGuess, countFailedGuess, prepareGuess } from '../throttling/guess.ts'
import { admitSms } from '../throttling/sms-requests.ts'
import { codeLifetimeSeconds, proveCode, useCode } from './phone-codes.ts'
import { parsePhone } from './phone-number.ts'
import {
  countPhones,
  findLocale,
  insertCode,
  insertPhone,
  lockNumber,
  readGuessState,
  takeFromOthers,
} from './phones.sql.ts'
import { orderCode } from './send-sms.ts'

type PhoneDeps = Pick<Deps, 'config' | 'db' | 'masterSecret'>

const phonesMax = 3

/** Sends a code to a number. `id` is what the code comes with. */
export async function requestPhone(
  deps: PhoneDeps,
  ctx: RequestContext,
  { phone: text }: { phone: string },
): Promise<{ id: string }> {
  const { userId } = userCaller(ctx)
  if (!deps.config.phones.sends) throw new SignetError(ErrorReason.NOT_ENABLED)
  const phone = parsePhone(text, 'phone', deps.config.phones.prefixes)
  if ('violations' in phone)
    throw new SignetError(ErrorReason.INVALID_ARGUMENT, { violations: phone.violations })
  const { canonical } = phone
  const id = randomUUID()
  await deps.db.transaction(async (tx) => {
    const inTransaction = { ...deps, db: tx }
    await lockCallerSession(tx, ctx)
    const { count, has } = await countPhones(tx, { userId, canonical })
    if (has) throw violation('yours', 'This number is one of yours already.')
    if (count >= phonesMax) throw tooMany()
    await admitSms(inTransaction, { ipAddress: ctx.ipAddress, canonical, account: userId })
    const code = { id, purpose: 'add_phone', userId, canonical } as const
    await insertCode(tx, { ...code, lifetimeSeconds: codeLifetimeSeconds })
    const { locale = '' } = (await findLocale(tx, { userId })) ?? {}
    await orderCode(tx, { ...code, locale }, ctx.now)
    await recordEvent(inTransaction, ctx, {
      kind: 'phone.requested',
      outcome: 'success',
      subjectId: userId,
      personal: { phone: canonical },
    })
  })
  return { id }
}

/** Proves a number with the code from it, and answers the number. */
export async function verifyPhone(
  deps: PhoneDeps,
  ctx: RequestContext,
  { id, code }: { id: string; code: string },
): Promise<{ phone: string }> {
  const { userId } = userCaller(ctx)
  const guess = prepareGuess(deps, ctx, { account: `phone of ${userId}`, deviceSecret: '' })
  const state = await readGuessState(deps.db, { ...guess, canonical: '' })
  checkGuess(state)
  const proved = await proveCode(deps, { purpose: 'add_phone', id, code, userId })
  if (proved === 'wrong') await countFailedGuess(deps, guess, state)
  if (proved === 'wrong' || proved === 'over') throw await refused(deps, ctx)
  const { canonical } = proved
  const isDone = await deps.db.transaction(async (tx) => {
    const inTransaction = { ...deps, db: tx }
    await lockNumber(tx, { canonical })
    await lockCallerSession(tx, ctx)
    if (!(await useCode(tx, proved))) return false
    const { count, has } = await countPhones(tx, { userId, canonical })
    if (!has && count >= phonesMax) throw tooMany()
    const subjectId = userId
    const personal = { phone: canonical }
    for (const former of await takeFromOthers(tx, { canonical, userId })) {
      const details = { becauseOfAnother: true }
      const event = { kind: 'phone.removed', outcome: 'success', details, personal } as const
      await recordEvent(inTransaction, ctx, { ...event, subjectId: former.userId as UserId })
    }
    await insertPhone(tx, { id: newId(ctx.now, userId), userId, canonical, now: ctx.now })
    const event = { kind: 'phone.verified', outcome: 'success', subjectId, personal } as const
    await recordEvent(inTransaction, ctx, event)
    return true
  })
  if (!isDone) throw await refused(deps, ctx)
  return { phone: canonical }
}

function tooMany(): SignetError {
  return violation('too_many', `${phonesMax} numbers are the most. Take one away first.`)
}

async function refused(deps: PhoneDeps, ctx: RequestContext): Promise<SignetError> {
  const details = { purpose: 'add_phone' }
  await recordEvent(deps, ctx, { kind: 'phone_code.refused', outcome: 'failure', details })
  return new SignetError(ErrorReason.LINK_INVALID)
}

function violation(rule: string, message: string): SignetError {
  const violations = [{ field: 'phone', rule: `phone.${rule}`, message }]
  return new SignetError(ErrorReason.INVALID_ARGUMENT, { violations })
}
