import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { assertRefused, openTestUser } from '../testing/accounts.ts'
import { openFileDeps, rowsOf, testContext, withParts } from '../testing/deps.ts'
import { type SignUp, signUp } from './sign-up.ts'

const { deps } = await openFileDeps({
  emptied: ['users', 'event_windows', 'mail_requests', 'guess_counters'],
})

const form: SignUp = {
  email: 'Ada@Example.com',
  password: 'correct horse battery',
  displayName: 'Ada',
  locale: 'en',
}

const send = (changes: Partial<SignUp> = {}) => signUp(deps, testContext(), { ...form, ...changes })

async function users(): Promise<unknown[][]> {
  return rowsOf(
    deps,
    `select u.status, u.display_name, u.locale, u.cut, i.kind, i.value, i.canonical, i.verified_at, p.hash
       from users u join identifiers i on i.user_id = u.id join passwords p on p.user_id = u.id order by u.id`,
  )
}

async function latestEvent(): Promise<unknown[] | undefined> {
  const text =
    'select kind, outcome, subject_id, client_id, details from events order by id desc limit 1'
  return (await rowsOf(deps, text))[0]
}

it('sends a hundred mails an hour for one network, and tells nobody', async () => {
  await rowsOf(deps, `delete from jobs.job where name = 'write_to_address'`)
  const quick = withParts(deps, { passwords: { ...deps.passwords, hash: async () => 'none' } })
  const enroll = (n: number, ipAddress: string) =>
    signUp(quick, testContext({ ipAddress }), { ...form, email: `ada+${n}@example.com` })
  for (let n = 0; n < 103; n += 1) await enroll(n, '192.0.2.77')
  const mails = async () =>
    (await rowsOf(deps, `select from jobs.job where name = 'write_to_address'`)).length
  assert.equal(await mails(), 100)
  await enroll(103, '198.51.100.1')
  assert.equal(await mails(), 101)
})

describe('signUp', () => {
  it('opens an account with an unverified claim and a hashed password', async () => {
    await send()
    const [row, ...others] = await users()
    assert.deepEqual(others, [])
    assert.deepEqual(row?.slice(0, 8), [
      'active',
      'Ada',
      'en',
      0n,
      'email',
      'Ada@Example.com',
      'ada@example.com',
      null,
    ])
    assert.match(String(row?.[8]), /^\$argon2id\$/)
    const [[userId]] = (await rowsOf(deps, 'select id from users')) as [[string]]
    assert.deepEqual(await latestEvent(), ['user.signed_up', 'success', userId, 'signet', {}])
  })

  it('answers the same and changes nothing where somebody proved to own the address', async () => {
    const ownerId = await openTestUser(deps, 'ada@example.com')
    const kept = await users()
    assert.equal(await send({ password: 'another password' }), undefined)
    assert.deepEqual(await users(), kept)
    const refused = { reason: 'address_verified' }
    assert.deepEqual(await latestEvent(), [
      'sign_up.refused',
      'failure',
      ownerId,
      'signet',
      refused,
    ])
  })

  it('lets three users claim one address, and answers the same to the fourth', async () => {
    const spellings = [
      'ada@example.com',
      'ADA@example.com',
      'ａｄａ@EXAMPLE.com',
      'Ada@example.com',
    ]
    for (const email of spellings) assert.equal(await send({ email }), undefined)
    assert.deepEqual(
      (await users()).map((row) => row[5]),
      spellings.slice(0, 3),
    )
    const refused = { reason: 'too_many_claims' }
    assert.deepEqual(await latestEvent(), ['sign_up.refused', 'failure', null, 'signet', refused])
  })

  it('hashes whoever holds the address', async () => {
    let hashes = 0
    const passwords: Deps['passwords'] = {
      ...deps.passwords,
      hash(password, signal) {
        hashes += 1
        return deps.passwords.hash(password, signal)
      },
    }
    await openTestUser(deps, 'known@example.com')
    for (const email of ['known@example.com', 'unknown@example.com']) {
      await signUp({ ...deps, passwords }, testContext(), { ...form, email })
    }
    assert.equal(hashes, 2)
  })

  it('says everything that is wrong at once, and changes nothing', async () => {
    const bad = { email: 'ada', displayName: 'A\u0000da', password: 'short' }
    await assertRefused(send(bad), ErrorReason.INVALID_ARGUMENT, [
      'email.at',
      'text.printable',
      'password.too_short',
    ])
    await assertRefused(send({ displayName: 'a\u202eb' }), ErrorReason.INVALID_ARGUMENT, [
      'text.printable',
    ])
    assert.deepEqual(await users(), [])
  })

  it('refuses passwords that are weak, common, or made of the address', async () => {
    const weak: [string, string][] = [
      ['seven77', 'password.too_short'],
      ['password1', 'password.common'],
      ['a'.repeat(129), 'password.too_long'],
      ['ada@example.com', 'password.contains_name'],
      ['correct horse\u0000', 'password.control_character'],
    ]
    for (const [password, rule] of weak) {
      await assertRefused(send({ password }), ErrorReason.PASSWORD_REJECTED, [rule])
    }
    assert.deepEqual(await users(), [])
  })

  it('stores neither the password nor, in the event log, the address in the clear', async () => {
    await send({ email: 'canary-address@example.com', password: 'canary-password-71' })
    const tables = ['users', 'identifiers', 'passwords', 'events', 'event_windows', 'sessions']
    for (const table of tables) {
      const text = JSON.stringify(await rowsOf(deps, `select t::text from ${table} t`))
      assert.equal(text.includes('canary-password'), false, table)
      if (table.startsWith('event')) assert.equal(text.includes('canary-address'), false, table)
    }
  })

  it('opens no account where the event cannot be recorded', async () => {
    await rowsOf(
      deps,
      `alter table events add constraint refused check (kind <> 'user.signed_up') not valid`,
    )
    try {
      await assert.rejects(send())
    } finally {
      await rowsOf(deps, 'alter table events drop constraint refused')
    }
    assert.deepEqual(await users(), [])
    await send()
    assert.equal((await users()).length, 1)
  })
})
