import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, it } from 'node:test'
import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { signUp } from '../sign-in/sign-up.ts'
import { assertRefused } from '../testing/accounts.ts'
import { secondsAhead } from '../testing/clock.ts'
import { openTestDeps, rowsOf, type TestDeps, testContext } from '../testing/deps.ts'
import { keyedRequest, takeKey } from './idempotency.ts'

let test: TestDeps
let deps: Deps

before(async () => {
  test = await openTestDeps()
  deps = test.deps
})
after(() => test.close())

const request = (key: string, fields = ['a'], { method = 'M', by = 'u' } = {}) =>
  keyedRequest({ idempotencyKey: key }, { method, by, fields })

const take = (keyed: ReturnType<typeof request>) => deps.db.transaction((tx) => takeKey(tx, keyed))

it('takes a key once, for one method and one caller', async () => {
  const key = randomUUID()
  assert.equal(await take(request(key)), true)
  assert.equal(await take(request(key)), false)
  assert.equal(await take(request(key, ['a'], { method: 'N' })), true)
  assert.equal(await take(request(key, ['a'], { by: 'v' })), true)
  await assertRefused(take(request(key, ['b'])), ErrorReason.IDEMPOTENCY_KEY_REUSED)
  assert.equal(keyedRequest({}, { method: 'M', by: 'u', fields: [] }), undefined)
  assert.equal(await take(undefined), true)
})

it('is not fooled by fields that read the same when they are joined', async () => {
  const key = randomUUID()
  await take(request(key, ['ab', 'c']))
  await assertRefused(take(request(key, ['a', 'bc'])), ErrorReason.IDEMPOTENCY_KEY_REUSED)
})

it('gives the key back where the work is rolled back, and lets one of many do it', async () => {
  const key = request(randomUUID())
  const failed = deps.db.transaction(async (tx) => {
    assert.equal(await takeKey(tx, key), true)
    throw new Error('no')
  })
  await assert.rejects(failed, /no/)
  const taken = await Promise.all(Array.from({ length: 20 }, () => take(key)))
  assert.equal(taken.filter(Boolean).length, 1)
})

it('forgets a key after a day, and sweeps what has expired', async (t) => {
  const key = request(randomUUID())
  await take(key)
  const tomorrow = await secondsAhead(test, t, 86_401)
  assert.equal(await tomorrow.db.transaction((tx) => takeKey(tx, key)), true)
  for (let n = 0; n < 5; n += 1) await take(request(randomUUID()))
  const count = () => rowsOf(deps, 'select count(*)::integer from idempotency_keys')
  assert.ok(Number((await count())[0]?.[0]) > 5)
  const later = await secondsAhead(test, t, 3 * 86_400)
  assert.equal(await later.db.transaction((tx) => takeKey(tx, request(randomUUID()))), true)
  assert.deepEqual(await count(), [[1]])
})

it('keeps neither the key nor the request', async () => {
  const idempotencyKey = randomUUID()
  const password = `CANARY ${randomUUID()}`
  const input = { email: 'ada@example.com', password, displayName: '', locale: '' }
  await signUp(deps, testContext({ idempotencyKey }), input)
  const [stored] = await rowsOf(deps, `select string_agg(k::text, '') from idempotency_keys k`)
  assert.ok(!String(stored).includes(idempotencyKey) && !String(stored).includes('CANARY'))
})

it('leaves no key where the request was refused: it may be mended and sent again', async () => {
  const ctx = testContext({ idempotencyKey: randomUUID() })
  const input = { email: 'bob@example.com', displayName: '', locale: '' }
  await assertRefused(
    signUp(deps, ctx, { ...input, password: 'short' }),
    ErrorReason.PASSWORD_REJECTED,
  )
  await signUp(deps, ctx, { ...input, password: 'a good long sentence' })
})
