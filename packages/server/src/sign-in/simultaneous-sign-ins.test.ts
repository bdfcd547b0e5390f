import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { Db } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import { reasonName, SignetError } from '../errors.ts'
import { openTestUser, testPassword } from '../testing/accounts.ts'
import { openTestDeps, rowsOf, type TestDeps, testContext, withParts } from '../testing/deps.ts'
import { suspendUser } from '../users/suspend-user.ts'
import { signIn } from './sign-in.ts'

let test: TestDeps
let deps: Deps

before(async () => {
  test = await openTestDeps()
  deps = test.deps
})
after(() => test.close())
beforeEach(async () => {
  await rowsOf(deps, 'delete from users')
  await rowsOf(deps, 'delete from guess_counters')
})

const addresses = ['ada', 'grace', 'edsger', 'barbara', 'tony'].map((name) => `${name}@example.com`)

/** The same parts, with hashes that let nobody go before everybody is there, and the names of all statements. */
function watched(people: number): { together: Deps; statements: string[] } {
  const statements: string[] = []
  const watch = (db: Db): Db => ({
    query(statement) {
      statements.push(statement.name)
      return db.query(statement)
    },
  })
  let hashed = 0
  const everybody = Promise.withResolvers<void>()
  const together = withParts(deps, {
    db: {
      ...deps.db,
      ...watch(deps.db),
      transaction: (run) => deps.db.transaction((tx) => run(watch(tx))),
    },
    passwords: {
      ...deps.passwords,
      async verify(...args) {
        const verification = await deps.passwords.verify(...args)
        hashed += 1
        if (hashed === people) everybody.resolve()
        await everybody.promise
        return verification
      },
    },
  })
  return { together, statements }
}

function send(at: Deps, identifier: string, password = testPassword, deviceSecret = '') {
  const input = { identifier, password, device: undefined, deviceSecret }
  return signIn(at, testContext({ ipAddress: '192.0.2.7' }), input)
}

function reasonOf(outcome: PromiseSettledResult<unknown>): string {
  if (outcome.status === 'fulfilled') return 'signed in'
  const { reason } = outcome
  return reason instanceof SignetError ? reasonName(reason.reason) : String(reason)
}

describe('people who sign in at the same moment', () => {
  it('share what they ask the database', async () => {
    for (const email of addresses) await openTestUser(deps, email)
    // Their first sign-ins make the keys of their events.
    for (const email of addresses) await send(deps, email)
    await rowsOf(deps, 'delete from sessions')
    const { together, statements } = watched(addresses.length)
    const signedIn = await Promise.all(addresses.map((email) => send(together, email)))
    assert.deepEqual(statements, [
      'sign-in.listSignInCandidates',
      'throttling.admitGuesses',
      'sessions.insertSessions',
      'grants.insertGrants',
    ])
    const text = `select s.id, g.id is not null, e.subject_id = s.user_id, i.value
                    from sessions s join grants g on g.session_id = s.id join identifiers i on i.user_id = s.user_id
                    join events e on e.kind = 'session.started' and e.details->>'sessionId' = s.id::text`
    const rows = await rowsOf(deps, text)
    const expected = signedIn.map(({ sessionId }, place) => [
      sessionId,
      true,
      true,
      addresses[place],
    ])
    assert.deepEqual(rows.toSorted(), expected.toSorted(), 'each has a session of their own')
    assert.equal(new Set(signedIn.map(({ deviceSecret }) => deviceSecret)).size, addresses.length)
    assert.equal(new Set(signedIn.map(({ refreshToken }) => refreshToken)).size, addresses.length)
  })

  it('are judged each for themselves', async () => {
    const [ada = '', grace = '', edsger = '', barbara = '', tony = ''] = addresses
    for (const email of [ada, grace, edsger, barbara]) await openTestUser(deps, email)
    const suspended = await openTestUser(deps, 'suspended@example.com')
    await suspendUser(deps, testContext(), { userId: suspended })
    const { together } = watched(6)
    const outcomes = await Promise.allSettled([
      send(together, ada),
      send(together, grace, 'not her password'),
      send(together, edsger),
      send(together, tony),
      send(together, 'suspended@example.com'),
      send(together, barbara),
    ])
    assert.deepEqual(outcomes.map(reasonOf), [
      'signed in',
      'INVALID_CREDENTIALS',
      'signed in',
      'INVALID_CREDENTIALS',
      'ACCOUNT_SUSPENDED',
      'signed in',
    ])
  })

  it('from one device, and at one account, get a session each', async () => {
    await openTestUser(deps, 'ada@example.com')
    const { deviceSecret } = await send(deps, 'ada@example.com')
    const { together } = watched(12)
    const all = await Promise.all(
      Array.from({ length: 12 }, () =>
        send(together, 'ada@example.com', testPassword, deviceSecret),
      ),
    )
    assert.equal(new Set(all.map(({ sessionId }) => sessionId)).size, 12)
    assert.deepEqual(new Set(all.map((each) => each.deviceSecret)), new Set([deviceSecret]))
    assert.deepEqual(await rowsOf(deps, 'select count(*)::integer from known_devices'), [[1]])
  })
})
