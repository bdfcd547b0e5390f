import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { Deps } from '../deps.ts'
import { recordEvent } from '../events/record-event.ts'
import { sealBatch } from '../events/seal-events.ts'
import { addProvider } from '../federation/manage-providers.ts'
import type { UserId } from '../ids.ts'
import { changePassword } from '../sign-in/change-password.ts'
import { type SignIn, signIn } from '../sign-in/sign-in.ts'
import { openTestUser, testPassword } from '../testing/accounts.ts'
import { openTestDeps, rowsOf, type TestDeps, testContext } from '../testing/deps.ts'
import { authenticateBearer } from '../tokens/authenticate.ts'
import { readBatch } from './notices.ts'

let test: TestDeps
let deps: Deps
let userId: UserId
const email = 'ada@example.com'

before(async () => {
  test = await openTestDeps()
  deps = test.deps
})
after(() => test.close())
beforeEach(async () => {
  for (const table of ['users', 'jobs.job', 'event_readers'])
    await rowsOf(deps, `delete from ${table}`)
  userId = await openTestUser(deps, email)
  await readAll()
})

async function readAll(): Promise<void> {
  while ((await sealBatch(deps.db, 100)).kind !== 'sealed' || (await unsealed()) > 0);
  while (await readBatch(deps));
}

const unsealed = async () =>
  Number((await rowsOf(deps, 'select count(*)::integer from events where seq is null'))[0]?.[0])

/** The notices that were ordered, as kind, address and device. */
async function ordered(): Promise<unknown[][]> {
  await readAll()
  return rowsOf(
    deps,
    `select data ->> 'kind', data ->> 'to', data #>> '{facts,device}' from jobs.job where name = 'send_mail' order by created_on`,
  )
}

const enter = (changes: Partial<SignIn> = {}) =>
  signIn(deps, testContext({ userAgent: 'Agent 1' }), {
    identifier: email,
    password: testPassword,
    device: undefined,
    deviceSecret: '',
    ...changes,
  })
const phone = { installationId: 'x', model: 'Pixel 11', os: 'Android 18', app: 'Ledger' }

describe('a person is told', () => {
  it('of a device that is new, and neither of the first nor of a known one', async () => {
    const { deviceSecret } = await enter()
    assert.deepEqual(await ordered(), [])
    await enter({ deviceSecret })
    assert.deepEqual(await ordered(), [])
    await enter({ device: phone })
    assert.deepEqual(await ordered(), [['new_device', email, 'Ledger, Pixel 11, Android 18']])
    await enter()
    assert.deepEqual((await ordered())[1], ['new_device', email, 'Agent 1'])
  })

  it('of a provider by the name on its button, and of one that has gone by its id', async () => {
    const settings = { issuer: 'https://login.acme.example' }
    const record = { name: 'Acme staff', clientId: 'signet', disabled: false, settings }
    const acme = { id: 'acme', kind: 'oidc', record, clientSecret: 'of Acme' } as const
    await addProvider(deps, testContext(), acme)
    const ctx = testContext()
    for (const provider of ['acme', 'github', 'gone']) {
      const details = { provider }
      const event = { kind: 'identity.linked', outcome: 'success', details } as const
      await recordEvent(deps, ctx, { ...event, actorId: userId, subjectId: userId })
    }
    await readAll()
    const called = `select data #>> '{facts,provider}' from jobs.job where name = 'send_mail' order by 1`
    assert.deepEqual(await rowsOf(deps, called), [['Acme staff'], ['GitHub'], ['gone']])
  })

  it('that the password was changed', async () => {
    const { accessToken } = await enter()
    const caller = await authenticateBearer(deps, testContext(), accessToken)
    const change = { currentPassword: testPassword, newPassword: 'lantern orbit velvet 42' }
    await changePassword(deps, testContext({ caller }), change)
    assert.deepEqual(await ordered(), [['password_changed', email, null]])
  })

  it('at a proved address, or not at all', async () => {
    await rowsOf(deps, 'update identifiers set verified_at = null where user_id = $1', [userId])
    await enter()
    await enter()
    assert.deepEqual(await ordered(), [])
  })

  it('once, however many instances read, and however often one fails half-way', async () => {
    await enter()
    for (let n = 0; n < 5; n += 1) await enter({ device: phone })
    while ((await sealBatch(deps.db, 100)).kind !== 'sealed' || (await unsealed()) > 0);
    const failing = {
      ...deps,
      masterSecret: { ...deps.masterSecret, unwrap: () => assert.fail('x') },
    }
    await assert.rejects(readBatch(failing))
    await Promise.all(Array.from({ length: 8 }, () => readBatch(deps)))
    assert.equal((await ordered()).length, 5)
    await rowsOf(deps, `update event_readers set seq = 0`)
    assert.equal((await ordered()).length, 5)
  })
})

it('what happened before the first reader came is no news', async () => {
  await enter()
  await enter()
  while ((await sealBatch(deps.db, 100)).kind !== 'sealed' || (await unsealed()) > 0);
  await rowsOf(deps, 'delete from event_readers')
  assert.deepEqual(await ordered(), [])
})
