/** The table of `find-or-create.ts`: what an identity is × what the provider says of the address × what is known of it here. */

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { setTimeout as nextTurn } from 'node:timers/promises'
import { ErrorReason } from '@signet/contract'
import { openDatabase } from '../db/database.ts'
import type { Db } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import { insertVerifiedEmail } from '../emails/emails.sql.ts'
import { SignetError } from '../errors.ts'
import type { UserId } from '../ids.ts'
import { lockUserToCut } from '../revocation/cut-user.ts'
import { signUp } from '../sign-in/sign-up.ts'
import { assertRefused, openTestUser, signInAs, testPassword } from '../testing/accounts.ts'
import { openFileDeps, rowsOf, testContext, withParts } from '../testing/deps.ts'
import { refreshTokens } from '../tokens/refresh-tokens.ts'
import { type Found, findOrCreate, type VouchedIdentity } from './find-or-create.ts'

const test = await openFileDeps({ emptied: ['users', 'mail_requests', 'guess_counters'] })
const { deps } = test

const email = 'ada@example.com'
const ada: VouchedIdentity = {
  provider: 'acme',
  issuer: 'https://login.acme.example',
  subject: '4711',
  email,
  emailVerified: true,
  name: 'Ada Lovelace',
}

const find = (changes: Partial<VouchedIdentity> = {}, parts: Deps = deps): Promise<Found> =>
  parts.db.transaction((tx) =>
    findOrCreate({ ...parts, db: tx }, testContext(), { ...ada, ...changes }),
  )
/** The same, asked again where the machine is too busy for so many at once, as a browser is told to. */
async function findAgain(...args: Parameters<typeof find>): Promise<Found> {
  for (;;) {
    try {
      return await find(...args)
    } catch (error) {
      if (!(error instanceof SignetError) || error.reason !== ErrorReason.UNAVAILABLE) throw error
      await nextTurn(50)
    }
  }
}
const verifyFirst = withParts(deps, {
  config: { ...deps.config, emailVerification: { when: 'before-sign-in', scopes: [] } },
})
const claim = (address = email) =>
  signUp(deps, testContext(), {
    email: address,
    password: testPassword,
    displayName: '',
    locale: '',
  })
const column = async (text: string, values: unknown[] = []) =>
  (await rowsOf(deps, text, values)).flat()
const usersNow = () => column('select id from users order by created_at, id')
const identitiesOf = (userId: unknown) =>
  column('select subject from federated_identities where user_id = $1 order by 1', [userId])
const eventsOf = (userId: unknown) =>
  column('select kind from events where subject_id = $1 order by arrival', [userId])

/** Who had the address here before, and what is known of it. */
const before = {
  verified: () => openTestUser(deps, email),
  unverified: async () => {
    await claim()
    return (await usersNow())[0] as UserId
  },
  absent: async () => undefined,
} as const

/** The identity is somebody's already, who opened the account with an address of their own. */
async function knownBefore(): Promise<UserId> {
  const found = await find({ email: 'first@example.com' })
  assert.equal(found.kind, 'created')
  return 'userId' in found ? found.userId : assert.fail()
}

const upstream = {
  verified: { emailVerified: true },
  unverified: { emailVerified: false },
  none: { email: undefined, emailVerified: false },
} as const

const table: Record<
  keyof typeof upstream,
  Record<keyof typeof before, Exclude<Found['kind'], 'known' | 'refused'>>
> = {
  verified: { verified: 'linked', unverified: 'handed over', absent: 'created' },
  unverified: { verified: 'ask', unverified: 'ask', absent: 'created' },
  none: { verified: 'created', unverified: 'created', absent: 'created' },
}

for (const there of Object.keys(upstream) as (keyof typeof upstream)[])
  for (const here of Object.keys(before) as (keyof typeof before)[])
    describe(`${there === 'none' ? 'no address' : `an address that is ${there} there`}, and ${here} here`, () => {
      it('of a known identity: it is its user, whoever has the address', async () => {
        const userId = await knownBefore()
        await before[here]()
        const found = await find(upstream[there])
        assert.deepEqual(found, { kind: 'known', userId })
        assert.deepEqual(await identitiesOf(userId), ['4711'])
        assert.deepEqual(
          await column('select value from identifiers where user_id = $1', [userId]),
          ['first@example.com'],
        )
      })

      it(`of an unknown identity: ${table[there][here]}`, async () => {
        const owner = await before[here]()
        const users = await usersNow()
        const found = await find(upstream[there])
        assert.equal(found.kind, table[there][here])
        const made = (await usersNow()).filter((id) => !users.includes(id))
        switch (found.kind) {
          case 'linked':
            assert.deepEqual([found.userId, made], [owner, []])
            assert.deepEqual(await identitiesOf(owner), ['4711'])
            assert.ok((await eventsOf(owner)).includes('identity.linked'))
            await signInAs(deps, email)
            break
          case 'handed over':
            assert.deepEqual([found.userId, made], [owner, []])
            assert.deepEqual(await identitiesOf(owner), ['4711'])
            await assertRefused(signInAs(deps, email), ErrorReason.INVALID_CREDENTIALS)
            assert.deepEqual(await column('select verified_at is not null from identifiers'), [
              true,
            ])
            break
          case 'created':
            assert.deepEqual(made, [found.userId])
            assert.deepEqual(
              await column(
                'select value, verified_at is not null from identifiers where user_id = $1',
                [found.userId],
              ),
              there === 'none' ? [] : [email, there === 'verified'],
            )
            if (owner !== undefined) await signInAs(deps, email)
            break
          default:
            assert.equal(found.kind, 'ask')
            assert.deepEqual(made, [])
            assert.deepEqual(await column('select subject from federated_identities'), [])
            await signInAs(deps, email)
        }
      })
    })

describe('the owner of an address comes by a provider, where somebody else has claimed it', () => {
  it('what the claimant held ends', async () => {
    await claim()
    const theirs = await signInAs(deps, email)
    assert.equal((await find()).kind, 'handed over')
    const { refreshToken } = theirs
    await assertRefused(
      refreshTokens(deps, testContext(), { refreshToken }),
      ErrorReason.INVALID_GRANT,
    )
  })

  it('nothing is handed over that somebody has proved otherwise, or by an identity of theirs', async () => {
    const other = await openTestUser(deps, 'eve@example.com')
    await rowsOf(
      deps,
      `insert into identifiers (id, user_id, kind, value, canonical, created_at)
       values (gen_random_uuid(), $1, 'email', $2, $2, now())`,
      [other, email],
    )
    const found = await find()
    assert.equal(found.kind, 'created')
    assert.deepEqual(await identitiesOf(other), [])
    await signInAs(deps, 'eve@example.com')
  })

  it('an account that a stranger opened by an identity of theirs is not handed over', async () => {
    const stranger = await find({ subject: 'stranger', emailVerified: false })
    assert.equal(stranger.kind, 'created')
    const found = await find()
    assert.equal(found.kind, 'created')
    assert.notEqual('userId' in found && found.userId, 'userId' in stranger && stranger.userId)
    // And who comes by the stranger's identity has the stranger's account, as before.
    const again = await find({ subject: 'stranger', emailVerified: false })
    assert.equal('userId' in again && again.userId, 'userId' in stranger && stranger.userId)
  })

  it('several claims hold nothing: none is handed over, and no password of theirs gets in', async () => {
    await claim()
    await claim()
    assert.equal((await find()).kind, 'created')
    await assertRefused(signInAs(deps, email), ErrorReason.INVALID_CREDENTIALS)
  })
})

const suspended = (userId: UserId) =>
  ({ kind: 'refused', why: 'suspended', userId, status: 'suspended' }) as const

describe('an account that the word of a provider does not open', () => {
  it('may do more than others: whoever sets providers up would be an administrator', async () => {
    const owner = await openTestUser(deps, email)
    await rowsOf(
      deps,
      `insert into role_assignments (user_id, role_id, created_at)
       select $1, id, now() from roles where name = 'administrator'`,
      [owner],
    )
    assert.deepEqual(await find(), { kind: 'ask' })
    assert.deepEqual(await identitiesOf(owner), [])
  })

  it('is suspended: it is said, and nothing is linked', async () => {
    const owner = await openTestUser(deps, email)
    await rowsOf(deps, `update users set status = 'suspended'`)
    assert.deepEqual(await find(), suspended(owner))
    assert.deepEqual(await identitiesOf(owner), [])
  })

  it('is suspended before its address was proved: that is said, and not that it has to be proved', async () => {
    const unproved = { emailVerified: false }
    const opened = await find(unproved, verifyFirst)
    assert.ok('mustProve' in opened)
    await rowsOf(deps, `update users set status = 'suspended'`)
    assert.deepEqual(await find(unproved, verifyFirst), suspended(opened.userId))
  })

  it('is suspended and only claims the address: its owner gets an account of their own', async () => {
    await claim()
    await rowsOf(deps, `update users set status = 'suspended'`)
    const found = await find()
    assert.equal(found.kind, 'created')
  })

  it('proves something while it is about to be handed over', async () => {
    await claim()
    const [userId] = await usersNow()
    const [locked, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const proving = deps.db.transaction(async (tx) => {
      await lockUserToCut(tx, userId as UserId)
      await proveOther(tx, userId as UserId)
      locked.resolve()
      await goOn.promise
    })
    await locked.promise
    const finding = find()
    const waits = `select count(*)::integer from pg_stat_activity
                    where datname = current_database() and wait_event_type = 'Lock'`
    const deadline = performance.now() + 10_000
    while ((await column(waits))[0] !== 1) {
      assert.ok(performance.now() < deadline, 'it does not wait')
      await nextTurn(10)
    }
    goOn.resolve()
    await proving
    assert.equal((await finding).kind, 'created')
    assert.deepEqual(await identitiesOf(userId), [])
  })
})

/** Another address of the account, proved. */
async function proveOther(tx: Db, userId: UserId): Promise<void> {
  const identifier = {
    kind: 'email',
    value: 'eve@example.com',
    canonical: 'eve@example.com',
  } as const
  await insertVerifiedEmail(tx, {
    ...{ value: identifier.value, canonical: identifier.canonical },
    ...{ id: randomUUID(), userId, now: new Date() },
  })
}

describe('an identity', () => {
  it('is found by provider, issuer and subject together, and by nothing else', async () => {
    const first = await find()
    for (const changes of [
      { subject: '4712' },
      { issuer: 'https://login.other.example' },
      { provider: 'other' },
    ]) {
      const found = await find({ ...changes, email: `${Object.keys(changes)[0]}@example.com` })
      assert.equal(found.kind, 'created', JSON.stringify(changes))
      assert.notEqual('userId' in found && found.userId, 'userId' in first && first.userId)
    }
  })

  it('whose address changes stays who it is, and takes no address over', async () => {
    const first = await find()
    const other = await openTestUser(deps, 'eve@example.com')
    const found = await find({ email: 'eve@example.com' })
    assert.deepEqual(found, {
      kind: 'known',
      userId: 'userId' in first && first.userId,
    })
    assert.deepEqual(await identitiesOf(other), [])
    assert.deepEqual(await column('select email from federated_identities'), ['eve@example.com'])
  })

  it('with an address that nobody could have here, or a name that cannot be shown, is taken without', async () => {
    const found = await find({ email: 'not an address', name: 'Ada\u202e\u0000' })
    assert.equal(found.kind, 'created')
    assert.deepEqual(await column('select display_name from users'), [''])
    assert.deepEqual(await column('select value from identifiers'), [])
  })

  it('of twenty that come at once over two pools makes one user', async (t) => {
    const db = openDatabase({ address: test.address, poolSize: 5, prepared: true })
    t.after(() => db.end())
    const other = withParts(deps, { db })
    const found = await Promise.all(
      Array.from({ length: 20 }, (_, index) => findAgain({}, index % 2 === 0 ? deps : other)),
    )
    const ids = new Set(found.map((each) => 'userId' in each && each.userId))
    assert.equal(ids.size, 1)
    assert.equal(found.filter(({ kind }) => kind === 'created').length, 1)
    assert.equal((await usersNow()).length, 1)
  })

  it('of twenty different ones with the same verified address makes one user', async () => {
    const found = await Promise.all(
      Array.from({ length: 20 }, (_, index) => findAgain({ subject: `subject ${index}` })),
    )
    assert.equal((await usersNow()).length, 1)
    assert.equal(found.filter(({ kind }) => kind === 'linked').length, 19)
  })

  it('makes a guest somebody', async () => {
    await rowsOf(
      deps,
      `insert into users (id, is_guest, created_at, updated_at) values (gen_random_uuid(), true, now(), now())`,
    )
    const [guest] = await usersNow()
    await rowsOf(
      deps,
      `insert into federated_identities (id, user_id, provider, issuer, subject, vouched, created_at, last_used_at)
       values (gen_random_uuid(), $1, 'acme', 'https://login.acme.example', '4711', true, now(), now())`,
      [guest],
    )
    assert.deepEqual(await column('select is_guest from users'), [false])
  })
})

describe('where an address must be proved before anybody gets in', () => {
  it('who is known, and who is new, is kept out until then, by a verified address not at all', async () => {
    const found = await find({ emailVerified: false }, verifyFirst)
    assert.deepEqual([found.kind, 'mustProve' in found && found.mustProve], ['created', email])
    const again = await find({ emailVerified: false }, verifyFirst)
    assert.deepEqual([again.kind, 'mustProve' in again && again.mustProve], ['known', email])
    await rowsOf(deps, 'update identifiers set verified_at = now()')
    assert.equal('mustProve' in (await find({ emailVerified: false }, verifyFirst)), false)
    const verified = await find({ subject: '4712', email: 'eve@example.com' }, verifyFirst)
    assert.equal('mustProve' in verified, false)
  })

  it('who has no address gets no account, and leaves none behind', async () => {
    assert.deepEqual(await find({ email: undefined }, verifyFirst), {
      kind: 'refused',
      why: 'address_needed',
    })
    assert.deepEqual(await usersNow(), [])
  })

  it('an account whose address nobody proves is deleted with its identity', async () => {
    await find({ emailVerified: false }, verifyFirst)
    assert.deepEqual(
      await column(`select claim_expires_at > now() + interval '6 days' from identifiers`),
      [true],
    )
  })
})
