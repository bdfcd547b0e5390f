import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { removeEmail } from '../emails/remove-email.ts'
import { sealBatch } from '../events/seal-events.ts'
import type { UserId } from '../ids.ts'
import { readBatch } from '../jobs/notices.ts'
import type { RequestContext } from '../request-context.ts'
import { changePassword } from '../sign-in/change-password.ts'
import { tokensOf } from '../sign-in/sign-in.ts'
import { assertRefused, openTestUser, signInAs, testPassword } from '../testing/accounts.ts'
import { secondsAhead } from '../testing/clock.ts'
import { openFileDeps, rowsOf, testContext, withParts } from '../testing/deps.ts'
import { openTextMessages } from '../testing/text-messages.ts'
import { smsPerDay } from '../throttling/sms-requests.ts'
import { apiAudience } from '../tokens/access-token.ts'
import { authenticateBearer } from '../tokens/authenticate.ts'
import { suspendUser } from '../users/suspend-user.ts'
import { requestPhone, verifyPhone } from './add-phone.ts'
import { forgetOldCodes } from './phone-codes.ts'
import { removePhone } from './remove-phone.ts'
import { requestPhoneSignIn, signInByPhone } from './sign-in-by-phone.ts'

const tables = ['jobs.job', 'phone_codes', 'mail_requests', 'guess_counters', 'users']
const opened = await openFileDeps({ emptied: tables })
const number = '+4915112345678'
const otherNumber = '+4915187654321'
const { signal } = new AbortController()

let deps: Deps
let userId: UserId
let ada: RequestContext
const { delivered, deliveredCode } = openTextMessages(() => deps)

beforeEach(async () => {
  deps = withPhones({ signIn: true })
  userId = await openTestUser(deps, 'ada@example.com')
  ada = await contextOf('ada@example.com')
})

function withPhones(changes: Partial<Deps['config']['phones']>): Deps {
  const { config } = opened.deps
  return withParts(opened.deps, { config: { ...config, phones: { ...config.phones, ...changes } } })
}

async function contextOf(email: string): Promise<RequestContext> {
  const { accessToken } = await signInAs(deps, email)
  return testContext({ caller: await authenticateBearer(deps, testContext(), accessToken) })
}

async function addPhone(ctx = ada, phone = number): Promise<void> {
  await forget()
  const { id } = await requestPhone(deps, ctx, { phone })
  await verifyPhone(deps, ctx, { id, code: await deliveredCode() })
  await forget()
}

/** So that a test need not wait between messages. */
const forget = () => rowsOf(deps, 'delete from mail_requests')
const phones = async (id = userId) =>
  (
    await rowsOf(
      deps,
      `select canonical from identifiers where kind = 'phone' and user_id = $1 and verified_at is not null`,
      [id],
    )
  ).flat()
const wrongOf = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0')
const invalid = (answer: Promise<unknown>) => assertRefused(answer, ErrorReason.LINK_INVALID)

const yields = { kind: 'grant', audience: [apiAudience(opened.deps.config.issuer)] } as const
const signIn = (
  id: string,
  code: string,
  changes: { phone?: string; deviceSecret?: string } = {},
) =>
  signInByPhone(deps, testContext(), {
    id,
    code,
    phone: changes.phone ?? number,
    device: undefined,
    deviceSecret: changes.deviceSecret ?? '',
    yields,
  }).then((started) => tokensOf(deps, testContext(), started))

describe('a number is added', () => {
  it('by the code that was sent there', async () => {
    const { id } = await requestPhone(deps, ada, { phone: '+49 151 1234 5678' })
    assert.deepEqual(await phones(), [])
    const [sms] = await delivered()
    assert.equal(sms?.to, number)
    const [, code = ''] =
      /^(\d{6}) is your code for Signet\. .+\n\n@localhost #\1$/s.exec(sms?.text ?? '') ?? []
    assert.deepEqual(await verifyPhone(deps, ada, { id, code }), { phone: number })
    assert.deepEqual(await phones(), [number])
  })

  it('by one of fifty who try the code at once', async () => {
    const { id } = await requestPhone(deps, ada, { phone: number })
    const code = await deliveredCode()
    const tries = await Promise.allSettled(
      Array.from({ length: 50 }, () => verifyPhone(deps, ada, { id, code })),
    )
    assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1)
    await invalid(verifyPhone(deps, ada, { id, code }))
  })

  it('never by a code that is wrong, foreign, for something else, late, or tried too often', async (t) => {
    await openTestUser(deps, 'eve@example.com')
    const eve = await contextOf('eve@example.com')
    const { id } = await requestPhone(deps, ada, { phone: number })
    const code = await deliveredCode()
    await invalid(verifyPhone(deps, eve, { id, code }))
    await invalid(signIn(id, code))
    await invalid(verifyPhone(deps, ada, { id, code: code.slice(1) }))
    await invalid(verifyPhone(await secondsAhead(opened, t, 601), ada, { id, code }))
    await rowsOf(deps, 'delete from guess_counters')
    const again = await requestPhone(deps, ada, { phone: otherNumber })
    const second = await deliveredCode()
    for (let n = 0; n < 5; n += 1)
      await invalid(verifyPhone(deps, ada, { id: again.id, code: wrongOf(second) }))
    await invalid(verifyPhone(deps, ada, { id: again.id, code: second }))
    assert.deepEqual(await phones(), [])
  })

  it('not once the session that asked was cut off', async () => {
    const { id } = await requestPhone(deps, ada, { phone: number })
    const code = await deliveredCode()
    await suspendUser(deps, testContext(), { userId })
    await invalid(verifyPhone(deps, ada, { id, code }))
    await assertRefused(
      requestPhone(deps, ada, { phone: otherNumber }),
      ErrorReason.UNAUTHENTICATED,
    )
  })

  it('and is taken from whoever had it, who is told', async () => {
    const eveId = await openTestUser(deps, 'eve@example.com')
    await addPhone(await contextOf('eve@example.com'))
    const { id } = await requestPhoneSignIn(deps, testContext(), { phone: number })
    const code = await deliveredCode()
    await addPhone()
    assert.deepEqual([await phones(), await phones(eveId)], [[number], []])
    await invalid(signIn(id, code))
  })

  it('guesses at codes are limited for an account', async () => {
    for (let n = 0; n < 2; n += 1) {
      await forget()
      const { id } = await requestPhone(deps, ada, { phone: number })
      const code = await deliveredCode()
      for (let tries = 0; tries < 5; tries += 1)
        await invalid(verifyPhone(deps, ada, { id, code: wrongOf(code) }))
    }
    await forget()
    const { id } = await requestPhone(deps, ada, { phone: number })
    const right = verifyPhone(deps, ada, { id, code: await deliveredCode() })
    await assertRefused(right, ErrorReason.RATE_LIMITED)
  })

  it('no more than three times, once each, and only where messages go', async () => {
    await addPhone()
    const again = requestPhone(deps, ada, { phone: number })
    await assertRefused(again, ErrorReason.INVALID_ARGUMENT, ['phone.yours'])
    await addPhone(ada, otherNumber)
    await addPhone(ada, '+15550100')
    const fourth = requestPhone(deps, ada, { phone: '+15550101' })
    await assertRefused(fourth, ErrorReason.INVALID_ARGUMENT, ['phone.too_many'])
    const elsewhere = withPhones({ prefixes: ['+41'] })
    const refused = requestPhone(elsewhere, ada, { phone: otherNumber })
    await assertRefused(refused, ErrorReason.INVALID_ARGUMENT, ['phone.not_served'])
    const nowhere = requestPhone(withPhones({ sends: false }), ada, { phone: number })
    await assertRefused(nowhere, ErrorReason.NOT_ENABLED)
  })
})

describe('a message', () => {
  it('has to be waited for, longer each time', async (t) => {
    await requestPhone(deps, ada, { phone: number })
    await assertRefused(requestPhone(deps, ada, { phone: number }), ErrorReason.RATE_LIMITED)
    const later = await secondsAhead(opened, t, 31)
    await requestPhone(later, ada, { phone: number })
    await assertRefused(requestPhone(later, ada, { phone: number }), ErrorReason.RATE_LIMITED)
  })

  it('is sent so often in a day to one number, for one account and from one network', async () => {
    const ask = (phone: string, ipAddress: string) =>
      requestPhoneSignIn(deps, testContext({ ipAddress }), { phone })
    for (let n = 0; n < smsPerDay.number; n += 1) {
      await forget()
      await ask(number, `192.0.2.${n}`)
    }
    await forget()
    await assertRefused(ask(number, '192.0.2.99'), ErrorReason.RATE_LIMITED)
    for (let n = 0; n < smsPerDay.network; n += 1)
      await ask(`+1555${1_000_000 + n}`, '198.51.100.1')
    await assertRefused(ask('+15552000000', '198.51.100.1'), ErrorReason.RATE_LIMITED)
    await rowsOf(deps, 'delete from guess_counters')
    for (let n = 0; n < smsPerDay.account; n += 1)
      await requestPhone(deps, ada, { phone: `+1556${1_000_000 + n}` })
    const next = requestPhone(deps, ada, { phone: '+15562000000' })
    await assertRefused(next, ErrorReason.RATE_LIMITED)
  })

  it('holds a code that stands nowhere else: neither in the queue nor in the database', async () => {
    const { id } = await requestPhone(deps, ada, { phone: number })
    const queue = JSON.stringify(await rowsOf(deps, 'select data from jobs.job'))
    const code = await deliveredCode()
    const stored = JSON.stringify(
      await rowsOf(deps, 'select row_to_json(c)::text from phone_codes c where id = $1', [id]),
    )
    assert.ok(!queue.includes(code) && !stored.includes(code))
  })
})

describe('signing in with a number', () => {
  it('is off unless it was switched on', async () => {
    const off = withPhones({})
    await assertRefused(
      requestPhoneSignIn(off, testContext(), { phone: number }),
      ErrorReason.NOT_ENABLED,
    )
    const entering = {
      ...{ id: 'x', phone: number, code: '1', device: undefined, deviceSecret: '', yields },
    }
    await assertRefused(signInByPhone(off, testContext(), entering), ErrorReason.NOT_ENABLED)
  })

  it('takes one code, once: of fifty who try at once one gets in', async () => {
    await addPhone()
    const { id } = await requestPhoneSignIn(deps, testContext(), { phone: number })
    const code = await deliveredCode()
    const tries = await Promise.allSettled(Array.from({ length: 50 }, () => signIn(id, code)))
    const entered = tries.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    assert.equal(entered.length, 1)
    const [{ accessToken } = assert.fail()] = entered
    const caller = await authenticateBearer(deps, testContext(), accessToken)
    assert.equal(caller.userId, userId)
    const amr = await rowsOf(deps, 'select amr, acr from sessions where id = $1', [
      caller.sessionId,
    ])
    assert.deepEqual(amr, [[['sms'], 'aal1']])
    await invalid(signIn(id, code))
  })

  it('tells nobody whether a number is known: the same answer, the same work, and a code to try', async () => {
    await addPhone()
    const ask = async (phone: string) => {
      const answer = await requestPhoneSignIn(deps, testContext(), { phone })
      const work = `select (select count(*) from mail_requests)::integer, (select count(*) from guess_counters)::integer,
                           (select count(*) from jobs.job)::integer`
      return {
        keys: Object.keys(answer),
        work: (await rowsOf(deps, work))[0] as number[],
        ...answer,
      }
    }
    const difference = ({ work: a }: { work: number[] }, { work: b }: { work: number[] }) =>
      a.map((value, n) => (b[n] ?? 0) - value)
    await rowsOf(deps, 'delete from guess_counters')
    const before = await ask('+15550199')
    const known = await ask(number)
    const unknown = await ask('+15550100')
    assert.deepEqual(difference(before, known), difference(known, unknown))
    assert.deepEqual(known.keys, unknown.keys)
    const sent = await delivered()
    assert.deepEqual(
      sent.map(({ to }) => to),
      [number],
    )
    // Tries of both are counted in the same rows.
    for (const [{ id }, phone] of [
      [known, number],
      [unknown, '+15550100'],
    ] as const) {
      await invalid(signIn(id, '000000', { phone }))
      const tries = await rowsOf(deps, 'select code_tries from phone_codes where id = $1', [id])
      assert.deepEqual(tries, [[1]])
    }
  })

  it('does not get into an account by the code of a number that nobody has', async () => {
    const { id } = await requestPhoneSignIn(deps, testContext(), { phone: number })
    assert.deepEqual(await delivered(), [])
    for (const code of ['000000', '123456']) await invalid(signIn(id, code))
    await addPhone()
    await invalid(signIn(id, '654321'))
  })

  it('ends with what was revoked since: password, number, account', async () => {
    await addPhone()
    const code = async () => {
      await forget()
      const { id } = await requestPhoneSignIn(deps, testContext(), { phone: number })
      return [id, await deliveredCode()] as const
    }
    const beforePassword = await code()
    const change = { currentPassword: testPassword, newPassword: 'lantern orbit velvet 42' }
    await changePassword(deps, ada, change)
    await invalid(signIn(...beforePassword))
    const beforeRemoval = await code()
    await removePhone(deps, ada, { phone: number })
    await invalid(signIn(...beforeRemoval))
    await addPhone()
    await invalid(signIn(...beforeRemoval))
    const beforeSuspension = await code()
    await suspendUser(deps, testContext(), { userId })
    await invalid(signIn(...beforeSuspension))
  })

  it('guesses are limited for a number, and a device that is known still gets in', async () => {
    await addPhone()
    const first = await requestPhoneSignIn(deps, testContext(), { phone: number })
    const { deviceSecret } = await signIn(first.id, await deliveredCode())
    const stranger = '0199f3a4-1e9b-7a63-8c55-62d0b7f1a8e4'
    for (let n = 0; n < 10; n += 1) await invalid(signIn(stranger, '000000'))
    await assertRefused(signIn(stranger, '000000'), ErrorReason.RATE_LIMITED)
    await forget()
    const { id } = await requestPhoneSignIn(deps, testContext(), { phone: number })
    const code = await deliveredCode()
    await assertRefused(signIn(id, code), ErrorReason.RATE_LIMITED)
    await signIn(id, code, { deviceSecret })
  })
})

it('a fourth number is refused, however many were asked for before one was proved', async () => {
  const asked: [id: string, code: string][] = []
  for (const last of [1, 2, 3, 4]) {
    await forget()
    const { id } = await requestPhone(deps, ada, { phone: `+491511234567${last}` })
    asked.push([id, await deliveredCode()])
  }
  const verify = ([id, code]: [string, string]) => verifyPhone(deps, ada, { id, code })
  // All at once: which of them is the fourth is decided one after the other.
  const outcomes = await Promise.allSettled(asked.map(verify))
  const fourth = asked.find((_, n) => outcomes[n]?.status === 'rejected')
  assert.ok(fourth)
  assert.equal((await phones()).length, 3)
  await assertRefused(verify(fourth), ErrorReason.INVALID_ARGUMENT, ['phone.too_many'])
  await removePhone(deps, ada, { phone: String((await phones())[0]) })
  await verify(fourth)
  assert.equal((await phones()).length, 3)
})

describe('a number is taken away', () => {
  it('by its owner alone, in any spelling', async () => {
    await addPhone()
    await openTestUser(deps, 'eve@example.com')
    const eve = await contextOf('eve@example.com')
    await assertRefused(removePhone(deps, eve, { phone: number }), ErrorReason.NOT_FOUND)
    await removePhone(deps, ada, { phone: '+49 151 12345678' })
    assert.deepEqual(await phones(), [])
    await assertRefused(removePhone(deps, ada, { phone: number }), ErrorReason.NOT_FOUND)
  })
})

it('a number is no way in by itself: the last address stays', async () => {
  await addPhone()
  const text = `select id from identifiers where user_id = $1 and kind = 'email'`
  const emailId = String((await rowsOf(deps, text, [userId]))[0]?.[0])
  const removing = removeEmail(deps, ada, { emailId })
  await assertRefused(removing, ErrorReason.INVALID_ARGUMENT, ['email.last_way_in'])
})

it('a person is told by mail of a number that comes and of one that goes, by its end', async () => {
  const readAll = async () => {
    const open = 'select count(*)::integer from events where seq is null'
    while (Number((await rowsOf(deps, open))[0]?.[0]) > 0) await sealBatch(deps.db, 100)
    while (await readBatch(deps));
  }
  await rowsOf(deps, 'delete from event_readers')
  await readAll()
  await addPhone()
  await removePhone(deps, ada, { phone: number })
  await readAll()
  const text = `select data ->> 'kind', data #>> '{facts,phone}' from jobs.job where name = 'send_mail' order by created_on, id`
  const told = await rowsOf(deps, text)
  assert.deepEqual(told.toSorted(), [
    ['phone_added', '…5678'],
    ['phone_removed', '…5678'],
  ])
})

it('codes that are over are deleted', async () => {
  await requestPhone(deps, ada, { phone: number })
  await forgetOldCodes(deps.db, signal)
  assert.equal((await rowsOf(deps, 'select from phone_codes')).length, 1)
  await rowsOf(deps, `update phone_codes set expires_at = now() - interval '2 days'`)
  await forgetOldCodes(deps.db, signal)
  assert.equal((await rowsOf(deps, 'select from phone_codes')).length, 0)
})
