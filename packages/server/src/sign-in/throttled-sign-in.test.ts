import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ErrorReason } from '@signet/contract'
import { openDatabase } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { openTestUser, testPassword } from '../testing/accounts.ts'
import { openFileDeps, rowsOf, testContext, withParts } from '../testing/deps.ts'
import { type SignIn, signIn } from './sign-in.ts'

const test = await openFileDeps({ emptied: ['users', 'guess_counters', 'event_windows'] })
const { deps } = test

const email = 'ada@example.com'
const wrong = 'not the password'
const victim = '192.0.2.1'

type Try = Partial<SignIn> & { from?: string; with?: Deps }

function attempt({ from = victim, with: parts = deps, ...changes }: Try = {}) {
  const input = { identifier: email, password: testPassword, device: undefined, deviceSecret: '' }
  return signIn(parts, testContext({ ipAddress: from }), { ...input, ...changes })
}

/** What came of an attempt: 'in', a reason, or the seconds to wait. */
async function verdict(tried: Try): Promise<string | number> {
  try {
    await attempt(tried)
    return 'in'
  } catch (error) {
    assert.ok(error instanceof SignetError, String(error))
    if (error.reason === ErrorReason.RATE_LIMITED) return error.retryAfterSeconds ?? 0
    assert.equal(error.reason, ErrorReason.INVALID_CREDENTIALS)
    return 'wrong'
  }
}

async function verdicts(count: number, tried: (index: number) => Try) {
  const all: (string | number)[] = []
  for (let index = 0; index < count; index += 1) all.push(await verdict(tried(index)))
  return all
}

/** The same parts some time later: another instance, because a session keeps the clock it began with. */
async function later(seconds: number): Promise<Deps> {
  const text = `do $$ begin execute format('alter database %I set signet.clock_offset = %L', current_database(), '${seconds} s'); end $$`
  await rowsOf(deps, text)
  return withParts(deps, {
    db: openDatabase({ address: test.address, poolSize: 4, prepared: true }),
  })
}

async function inTheFuture(seconds: number, run: (parts: Deps) => Promise<void>): Promise<void> {
  const parts = await later(seconds)
  await run(parts).finally(async () => {
    await parts.db.end()
    await later(0).then(({ db }) => db.end())
  })
}

const stranger = (index: number) => `198.51.100.${index}`
const guesses = (count: number) =>
  verdicts(count, (index) => ({ password: wrong, from: stranger(index) }))
const ten = Array<string>(10).fill('wrong')

describe('an account', () => {
  it('takes ten wrong passwords, from wherever and however spelled, then none and not the right one', async () => {
    await openTestUser(deps, email)
    const spellings = [email, 'ADA@example.com', 'Ada@EXAMPLE.com', 'ａda@example.com']
    const tried = await verdicts(12, (index) => ({
      identifier: spellings[index % spellings.length] ?? email,
      password: wrong,
      from: stranger(index),
    }))
    assert.deepEqual(tried.slice(0, 10), ten)
    for (const wait of tried.slice(10)) assert.ok(Number(wait) > 0 && Number(wait) <= 30)
    assert.ok(Number(await verdict({})) > 0)
    assert.deepEqual(await rowsOf(deps, 'select count(*)::integer from sessions'), [[0]])
  })

  it('that nobody has is limited alike', async () => {
    const identifier = 'nobody@example.com'
    const tried = await verdicts(11, (index) => ({ identifier, from: stranger(index) }))
    assert.deepEqual(tried.slice(0, 10), ten)
    assert.ok(Number(tried[10]) > 0)
  })

  it('computes no hash while it is closed', async () => {
    await openTestUser(deps, email)
    await guesses(10)
    const passwords = { ...deps.passwords, verify: () => assert.fail('a hash was computed') }
    assert.ok(Number(await verdict({ with: { ...deps, passwords } })) > 0)
  })

  it('opens again; each further wrong password doubles the wait, up to a day', async () => {
    await openTestUser(deps, email)
    await guesses(10)
    let [now, wait] = [0, 30]
    for (let failures = 11; failures <= 24; failures += 1) {
      now += wait + 1
      wait = Math.min(wait * 2, 86_400)
      await inTheFuture(now, async (parts) => {
        assert.equal(await verdict({ password: wrong, with: parts }), 'wrong')
        const retryAfter = Number(await verdict({ with: parts }))
        assert.ok(retryAfter <= wait && retryAfter > wait - 10, `${failures}: ${retryAfter}`)
      })
    }
  })

  it('takes no more than a hundred wrong passwords in a row', async () => {
    await openTestUser(deps, email)
    await guesses(1)
    await rowsOf(deps, 'update guess_counters set failures = 99, closed_until = null')
    assert.equal(await verdict({ password: wrong, from: stranger(1) }), 'wrong')
    assert.ok(Number(await verdict({ from: stranger(2) })) > 29 * 86_400)
  })

  it('forgives what the same source got wrong, and nothing else', async () => {
    await openTestUser(deps, email)
    await guesses(5)
    assert.deepEqual(await verdicts(4, () => ({ password: wrong })), Array(4).fill('wrong'))
    assert.equal(await verdict({}), 'in')
    const text = 'select failures from guess_counters order by failures desc'
    assert.deepEqual((await rowsOf(deps, text)).slice(0, 2), [[5], [4]], 'account and own address')
    assert.equal(await verdict({}), 'in')
    assert.deepEqual((await rowsOf(deps, text))[0], [5])
  })

  it('records when it is closed', async () => {
    const userId = await openTestUser(deps, email)
    await guesses(11)
    const text = `select subject_id, details->>'closedSeconds' from events where kind = 'sign_in.throttled'
                   and subject_id = $1`
    assert.deepEqual(await rowsOf(deps, text, [userId]), [[userId, '30']])
  })
})

describe('an address', () => {
  const spraying = () => {
    const signInAttempts = { perAccount: 10, perAddress: 12, addressWindowSeconds: 900 }
    return { ...deps, config: { ...deps.config, signInAttempts } }
  }
  const spray = (count: number, from: (index: number) => string) =>
    verdicts(count, (index) => ({
      identifier: `person-${index}@example.com`,
      from: from(index),
      with: spraying(),
    }))

  it('takes so many wrong passwords at whatever accounts, in any spelling of IPv4', async () => {
    const spellings = ['203.0.113.7', '::ffff:203.0.113.7', '::ffff:cb00:7107']
    const tried = await spray(13, (index) => spellings[index % 3] ?? '')
    assert.deepEqual(tried.slice(0, 12), Array(12).fill('wrong'))
    assert.ok(Number(tried[12]) > 0 && Number(tried[12]) <= 900)
  })

  it('is a whole /64 of IPv6, and no more', async () => {
    const tried = await spray(13, (index) => `2001:db8:1:2:${index}::1`)
    assert.ok(Number(tried[12]) > 0)
    await openTestUser(deps, email)
    assert.ok(Number(await verdict({ from: '2001:db8:1:2::9', with: spraying() })) > 0)
    assert.equal(await verdict({ from: '2001:db8:1:3::9', with: spraying() }), 'in')
  })

  it('is open again when its window is over, and then takes as many again', async () => {
    await spray(12, () => victim)
    await openTestUser(deps, email)
    await inTheFuture(901, async ({ db }) => {
      const parts = withParts(spraying(), { db })
      assert.equal(await verdict({ with: parts }), 'in')
      assert.equal(await verdict({ password: wrong, with: parts }), 'wrong')
      assert.equal(await verdict({ with: parts }), 'in')
    })
  })

  it('does not count for the account while it is closed', async () => {
    await spray(12, () => victim)
    await openTestUser(deps, email)
    await verdicts(20, () => ({ password: wrong, with: spraying() }))
    assert.equal(await verdict({ from: stranger(1), with: spraying() }), 'in')
  })
})

describe('a known device', () => {
  it('gets in with the right password while strangers have closed the account and its address', async () => {
    await openTestUser(deps, email)
    const { deviceSecret } = await attempt()
    await guesses(10)
    await rowsOf(deps, `update guess_counters set closed_until = now() + interval '1 hour'`)
    assert.ok(Number(await verdict({})) > 0)
    const again = await attempt({ deviceSecret, from: stranger(1) })
    assert.equal(again.deviceSecret, deviceSecret)
    assert.ok(Number(await verdict({})) > 0, 'and opens the account to nobody else')
  })

  it('has a limit of its own, which a right password clears', async () => {
    await openTestUser(deps, email)
    const { deviceSecret } = await attempt()
    const own = (count: number) => verdicts(count, () => ({ password: wrong, deviceSecret }))
    await own(9)
    assert.equal(await verdict({ deviceSecret }), 'in')
    assert.deepEqual(await own(10), ten)
    assert.ok(Number(await verdict({ deviceSecret })) > 0)
    assert.equal(await verdict({}), 'in', 'which closes the account to nobody else')
  })

  it('is no device that presents an installation id, a made-up, changed or expired secret', async () => {
    await openTestUser(deps, email)
    const device = { installationId: 'i-1', model: '', os: '', app: '' }
    const { deviceSecret } = await attempt({ device })
    const { deviceSecret: expired } = await attempt()
    await rowsOf(
      deps,
      'update known_devices set expires_at = now() where secret_hash = sha256($1)',
      [Buffer.from(expired)],
    )
    await guesses(10)
    for (const presented of ['', 'i-1', `${deviceSecret}x`, deviceSecret.slice(0, -1), expired]) {
      const tried = await verdict({ device, deviceSecret: presented })
      assert.ok(Number(tried) > 0, presented)
    }
    assert.equal(await verdict({ device, deviceSecret }), 'in')
  })

  it('of somebody else does not help, even of another who claims the address', async () => {
    await openTestUser(deps, email, { verified: false })
    await openTestUser(deps, email, { verified: false, password: 'of the other claimant' })
    await openTestUser(deps, 'eve@example.com')
    const eve = await attempt({ identifier: 'eve@example.com' })
    const claimant = await attempt({ password: 'of the other claimant' })
    await guesses(10)
    assert.ok(Number(await verdict({ deviceSecret: eve.deviceSecret })) > 0)
    const { deviceSecret } = claimant
    assert.equal(await verdict({ deviceSecret, password: testPassword }), 'wrong')
    assert.equal(await verdict({ deviceSecret, password: 'of the other claimant' }), 'in')
  })

  it('is stored as a hash alone, and the 32 used last are kept', async () => {
    const userId = await openTestUser(deps, email)
    const first = await attempt()
    const { deviceSecret } = await attempt()
    const text = 'select secret_hash from known_devices where user_id = $1'
    const stored = await rowsOf(deps, text, [userId])
    assert.equal(stored.length, 2)
    for (const [hash] of stored) assert.ok(!Buffer.from(deviceSecret).includes(hash as Buffer))
    await rowsOf(
      deps,
      `insert into known_devices select sha256(n::text::bytea), $1, now() - interval '2 days', now() + interval '1 day'
         from generate_series(1, 60) n`,
      [userId],
    )
    await rowsOf(
      deps,
      `update known_devices set last_used_at = now() - interval '3 days' where secret_hash = sha256($1)`,
      [Buffer.from(first.deviceSecret)],
    )
    await attempt({ deviceSecret: first.deviceSecret })
    const kept = await rowsOf(deps, text, [userId])
    assert.equal(kept.length, 32)
    assert.equal(
      (await attempt({ deviceSecret: first.deviceSecret })).deviceSecret,
      first.deviceSecret,
    )
  })
})

it('forgets counters in bounded batches, whatever plan Postgres chooses', async (t) => {
  const db = openDatabase({ address: test.address, poolSize: 1, prepared: true })
  t.after(() => db.end())
  const parts = { ...deps, db }
  // The plan of a table without statistics that looks small: each row is compared with the list of those to forget.
  for (const plan of [
    'hashjoin',
    'mergejoin',
    'hashagg',
    'sort',
    'material',
    'indexscan',
    'bitmapscan',
  ]) {
    await rowsOf(parts, `set enable_${plan} = off`)
  }
  await rowsOf(
    deps,
    `insert into guess_counters (key, failures, forget_at)
     select n::text::bytea, 1, now() - interval '1 second' from generate_series(1, 250) n`,
  )
  const left = async () =>
    (await rowsOf(deps, 'select count(*)::integer from guess_counters where forget_at < now()'))[0]
  for (const count of [150, 50, 0]) {
    await verdict({ identifier: `n-${count}@example.com`, with: parts })
    assert.deepEqual(await left(), [count])
  }
})
