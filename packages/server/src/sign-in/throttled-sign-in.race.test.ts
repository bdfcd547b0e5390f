import assert from 'node:assert/strict'
import { after, before, beforeEach, it } from 'node:test'
import { ErrorReason } from '@signet/contract'
import { openDatabase } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { assertRefused, openTestUser, testPassword } from '../testing/accounts.ts'
import { openTestDeps, rowsOf, type TestDeps, testContext, withParts } from '../testing/deps.ts'
import { signIn } from './sign-in.ts'

const email = 'ada@example.com'
let test: TestDeps
let instances: Deps[]

before(async () => {
  test = await openTestDeps()
  const db = openDatabase({ address: test.address, poolSize: 8, prepared: true })
  instances = [test.deps, withParts(test.deps, { db })]
})
after(async () => {
  await instances[1]?.db.end()
  await test.close()
})
beforeEach(async () => {
  for (const table of ['users', 'guess_counters', 'event_windows']) {
    await rowsOf(test.deps, `delete from ${table}`)
  }
})

interface Guess {
  identifier?: string
  password?: string
  from?: string
}

/** All at once, over two instances, and none is counted before all have read that they may: the worst case. */
async function allAtOnce(guesses: Guess[]): Promise<Map<string, number>> {
  const reached = Promise.withResolvers<void>()
  let waiting = 0
  const counts = new Map<string, number>()
  const run = async (
    { identifier = email, password = 'wrong', from = '' }: Guess,
    index: number,
  ) => {
    const instance = instances[index % 2]
    assert.ok(instance)
    const passwords: Deps['passwords'] = {
      ...instance.passwords,
      async verify(_hash, presented) {
        waiting += 1
        if (waiting === guesses.length) reached.resolve()
        await reached.promise
        return { matches: presented === testPassword, rehash: false }
      },
    }
    const ctx = testContext({ ipAddress: from || `198.51.100.${index}` })
    const input = { identifier, password, device: undefined, deviceSecret: '' }
    const outcome = await signIn({ ...instance, passwords }, ctx, input).then(
      () => 'in',
      (error: unknown) => {
        assert.ok(error instanceof SignetError, String(error))
        if (error.reason === ErrorReason.RATE_LIMITED) return 'limited'
        assert.equal(error.reason, ErrorReason.INVALID_CREDENTIALS)
        return 'wrong'
      },
    )
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
  }
  await Promise.all(guesses.map(run))
  return counts
}

it('of 50 guesses at once at one account exactly ten are answered', async () => {
  await openTestUser(test.deps, email)
  for (let round = 0; round < 5; round += 1) {
    const counts = await allAtOnce(Array.from({ length: 50 }, () => ({})))
    assert.deepEqual(Object.fromEntries(counts), { wrong: 10, limited: 40 })
    await rowsOf(test.deps, 'delete from guess_counters')
  }
})

it('of 50 guesses at once from one address at as many accounts exactly the limit is answered', async () => {
  const signInAttempts = { perAccount: 10, perAddress: 12, addressWindowSeconds: 900 }
  const saved = instances
  instances = saved.map((parts) => ({ ...parts, config: { ...parts.config, signInAttempts } }))
  try {
    const guesses = Array.from({ length: 50 }, (_, n) => ({
      identifier: `person-${n}@example.com`,
      from: '192.0.2.1',
    }))
    const counts = await allAtOnce(guesses)
    assert.deepEqual(Object.fromEntries(counts), { wrong: 12, limited: 38 })
  } finally {
    instances = saved
  }
})

it('lets all of 50 right passwords in at once', async () => {
  await openTestUser(test.deps, email)
  const guesses = Array.from({ length: 50 }, () => ({ password: testPassword, from: '192.0.2.1' }))
  assert.deepEqual(Object.fromEntries(await allAtOnce(guesses)), { in: 50 })
})

it('does not answer a right password, known device or not, whose limit was used up while its hash ran', async () => {
  await openTestUser(test.deps, email)
  const [instance] = instances
  assert.ok(instance)
  const right = { identifier: email, password: testPassword, device: undefined, deviceSecret: '' }
  const { deviceSecret } = await signIn(instance, testContext(), right)
  for (const presented of ['', deviceSecret]) {
    const passwords: Deps['passwords'] = {
      ...instance.passwords,
      async verify(...args) {
        for (let n = 0; n < 10; n += 1) {
          const wrong = { ...right, password: 'wrong', deviceSecret: presented }
          await signIn(instance, testContext(), wrong).catch(() => undefined)
        }
        return instance.passwords.verify(...args)
      },
    }
    const tried = signIn({ ...instance, passwords }, testContext(), {
      ...right,
      deviceSecret: presented,
    })
    await assertRefused(tried, ErrorReason.RATE_LIMITED)
  }
})

it('counts, forgives and forgets at once without a deadlock', async () => {
  for (let n = 0; n < 4; n += 1) await openTestUser(test.deps, `person-${n}@example.com`)
  await rowsOf(
    test.deps,
    `insert into guess_counters (key, failures, forget_at)
     select n::text::bytea, 1, now() - interval '1 second' from generate_series(1, 2000) n`,
  )
  for (let round = 0; round < 5; round += 1) {
    const guesses = Array.from({ length: 40 }, (_, n) => ({
      identifier: `person-${n % 4}@example.com`,
      password: n % 3 === 0 ? testPassword : 'wrong',
      from: `192.0.2.${n % 5}`,
    }))
    await allAtOnce(guesses)
    await rowsOf(test.deps, `update guess_counters set forget_at = now(), closed_until = null`)
  }
})
