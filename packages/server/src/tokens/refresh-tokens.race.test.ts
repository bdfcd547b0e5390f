/** One refresh token in many hands at once, over two instances; and refreshes that meet whoever ends things. */

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it, type TestContext } from 'node:test'
import { ErrorReason } from '@signet/contract'
import { openDatabase } from '../db/database.ts'
import type { Db } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { openKnownGrants } from '../grants/grant-keys.ts'
import { endSessionWithGrants, lockGrantsOfSession } from '../grants/grants.sql.ts'
import type { UserId } from '../ids.ts'
import type { SignedIn } from '../sign-in/sign-in.ts'
import { assertRefused, openTestUser, signInAs } from '../testing/accounts.ts'
import { openTestDeps, rowsOf, type TestDeps, testContext, withParts } from '../testing/deps.ts'
import { generationOf, grantRow, loggedRevocations, refreshEvents } from '../testing/grants.ts'
import { runSql } from '../testing/statement.ts'
import { authenticateBearer } from './authenticate.ts'
import type { IssuedTokens } from './issue-tokens.ts'
import { confirmRefresh, refreshTokens } from './refresh-tokens.ts'

let test: TestDeps
/** Two instances: each with its own connections and its own memory. */
let instances: [Deps, Deps]
let deps: Deps
let userId: UserId
let signedIn: SignedIn

before(async () => {
  test = await openTestDeps()
  deps = test.deps
  const db = openDatabase({ address: test.address, poolSize: 8, prepared: true })
  instances = [deps, withParts(deps, { db, knownGrants: openKnownGrants(deps.masterSecret) })]
})
after(async () => {
  await instances[1].db.end()
  await test.close()
})
beforeEach(async () => {
  await rowsOf(deps, 'delete from users')
  await rowsOf(deps, 'delete from revocation_log')
  userId = await openTestUser(deps, 'ada@example.com')
  signedIn = await signInAs(deps, 'ada@example.com')
})

const instance = (i: number) => instances[(i % 2) as 0 | 1]

/** Retried as a client does while a busy database is unavailable: that must not make any difference. */
async function refresh(at: Deps, refreshToken: string): Promise<IssuedTokens> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await refreshTokens(at, testContext(), { refreshToken })
    } catch (error) {
      const isBusy = error instanceof SignetError && error.reason === ErrorReason.UNAVAILABLE
      if (!isBusy || attempt === 20) throw error
    }
  }
}

/** As if so much time had passed since the last rotation: all instances see it alike. */
function age(seconds: number): Promise<unknown> {
  const text = `update grants set rotated_at = rotated_at - make_interval(secs => $1),
                                  window_opened_at = window_opened_at - make_interval(secs => $1)`
  return rowsOf(deps, text, [seconds])
}

/** The reason of a refusal, or the refresh token of an answer. */
function outcome(answer: Promise<IssuedTokens>): Promise<string | ErrorReason> {
  return answer.then(
    ({ refreshToken }) => refreshToken,
    (error: unknown) => {
      assert.ok(error instanceof SignetError, String(error))
      return error.reason
    },
  )
}

/** Runs `meanwhile` in a transaction that holds the grants of the session, while the work waits for one of them. */
async function whileWaiting<T>(
  work: () => Promise<T>,
  meanwhile: (tx: Db) => Promise<unknown>,
): Promise<T> {
  let working: Promise<T> | undefined
  await deps.db.transaction(async (tx) => {
    await lockGrantsOfSession(tx, { sessionId: signedIn.sessionId })
    working = work()
    working.catch(() => undefined)
    const waiting = `select count(*)::integer from pg_stat_activity
                      where datname = current_database() and wait_event_type = 'Lock'`
    while ((await runSql(instances[1].db, waiting))[0]?.[0] === 0);
    await meanwhile(tx)
  })
  return working ?? assert.fail()
}

describe('50 at once with one refresh token, over two instances', () => {
  it('make one advance, and 49 get the same successor', async () => {
    let { refreshToken } = signedIn
    for (let round = 1; round <= 40; round++) {
      await age(40)
      const presented = refreshToken
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, i) => refresh(instance(i), presented)),
      )
      const successors = new Set(answers.map((answer) => answer.refreshToken))
      assert.equal(successors.size, 1, `round ${round}`)
      refreshToken = answers[0]?.refreshToken ?? ''
      assert.equal(generationOf(refreshToken), round + 1)
      const row = {
        generation: round + 1,
        confirmedGeneration: round,
        ended: false,
        endReason: null,
      }
      assert.deepEqual(await grantRow(deps, refreshToken), row)
    }
    assert.deepEqual(await refreshEvents(deps, userId), [])
  })

  it('that was replaced long ago: all are refused, with one event and one entry', async () => {
    for (let round = 0; round < 5; round++) {
      const { refreshToken, sessionId } = await signInAs(deps, 'ada@example.com')
      await age(40)
      const second = await refresh(deps, refreshToken)
      await confirmRefresh(deps, second.refreshToken)
      await age(40)
      const answers = Array.from({ length: 20 }, (_, i) =>
        outcome(refresh(instance(i), refreshToken)),
      )
      assert.deepEqual(new Set(await Promise.all(answers)), new Set([ErrorReason.INVALID_GRANT]))
      const entries = (await loggedRevocations(deps)).filter(([, value]) => value === sessionId)
      assert.equal(entries.length, 1)
      assert.equal((await refreshEvents(deps, userId)).length, round + 1)
    }
  })

  it('half of them confirming the successor: nobody is refused', async (t) => {
    let { refreshToken } = signedIn
    for (let round = 0; round < 20; round++) {
      await age(40)
      const presented = refreshToken
      const answers = await Promise.all(
        Array.from({ length: 10 }, async (_, i) => {
          const answer = await refresh(instance(i), presented)
          if (i % 2 === 0) await confirmRefresh(instance(i + 1), answer.refreshToken)
          return answer.refreshToken
        }),
      )
      assert.equal(new Set(answers).size, 1)
      refreshToken = answers[0] ?? ''
      assert.equal((await grantRow(deps, refreshToken)).confirmedGeneration, round + 2)
    }
    t.diagnostic(`${generationOf(refreshToken)} generations`)
  })
})

describe('two tabs that ask again as the window ends, when the answer to both was lost', () => {
  it('both get on: the confirmation of the first does not log the second out', async () => {
    const { refreshToken } = signedIn
    await age(40)
    await refresh(instances[0], refreshToken)
    await age(29)
    const first = await refresh(instances[0], refreshToken)
    await confirmRefresh(instances[0], first.refreshToken)
    await age(2)
    const second = await refresh(instances[1], refreshToken)
    assert.equal(second.refreshToken, first.refreshToken)
    assert.deepEqual(await refreshEvents(deps, userId), [])
  })

  it('for as long as a window from the first of them on, and no longer', async () => {
    const { refreshToken } = signedIn
    await age(40)
    await refresh(instances[0], refreshToken)
    await age(29)
    const first = await refresh(instances[0], refreshToken)
    await confirmRefresh(instances[0], first.refreshToken)
    await age(20)
    await refresh(instances[1], refreshToken)
    await age(11)
    await assertRefused(refresh(instances[1], refreshToken), ErrorReason.INVALID_GRANT)
    assert.deepEqual(await refreshEvents(deps, userId), ['refresh_token.reused'])
  })
})

describe('a confirmation that races the next rotation', () => {
  it('never confirms what it does not name', async () => {
    let { refreshToken } = signedIn
    for (let round = 0; round < 20; round++) {
      await age(40)
      const [next] = await Promise.all([
        refresh(instance(round), refreshToken),
        confirmRefresh(instance(round + 1), refreshToken),
      ])
      const { generation, confirmedGeneration } = await grantRow(deps, refreshToken)
      assert.deepEqual([generation, confirmedGeneration], [round + 2, round + 1])
      refreshToken = next.refreshToken
    }
  })
})

describe('refreshes of many grants at once', () => {
  it('are each judged on their own', async () => {
    const live = await Promise.all(
      Array.from({ length: 20 }, () => signInAs(deps, 'ada@example.com')),
    )
    const [ended, reused, older] = await Promise.all([
      signInAs(deps, 'ada@example.com'),
      signInAs(deps, 'ada@example.com'),
      signInAs(deps, 'ada@example.com'),
    ])
    await age(40)
    await confirmRefresh(deps, (await refresh(deps, reused.refreshToken)).refreshToken)
    await age(40)
    await rowsOf(
      deps,
      `update grants set ended_at = now(), end_reason = 'test' where session_id = $1`,
      [ended.sessionId],
    )
    await rowsOf(deps, 'update grants set generation = 7 where session_id = $1', [older.sessionId])
    const [answers, ...refused] = await Promise.all([
      Promise.all(live.map(({ refreshToken }) => refresh(deps, refreshToken))),
      ...[ended, reused, older].map(({ refreshToken }) => outcome(refresh(deps, refreshToken))),
    ])
    assert.deepEqual(refused, Array(3).fill(ErrorReason.INVALID_GRANT))
    assert.deepEqual(
      answers.map(({ sessionId, refreshToken }) => [sessionId, generationOf(refreshToken)]),
      live.map(({ sessionId }) => [sessionId, 2]),
    )
    const events = await refreshEvents(deps, userId)
    assert.equal(
      events.length,
      2,
      'one for each that was reused: the token of a seventh generation is none of these',
    )
  })

  it('do not wait for one that somebody holds', async () => {
    const other = await signInAs(deps, 'ada@example.com')
    await age(40)
    const waited = await whileWaiting(
      () => refresh(instances[0], signedIn.refreshToken),
      async () => {
        const { refreshToken } = await refresh(instances[0], other.refreshToken)
        assert.equal(generationOf(refreshToken), 2)
      },
    )
    assert.equal(generationOf(waited.refreshToken), 2)
  })
})

describe('a refresh that waits for its row', () => {
  it('is refused when the session ends meanwhile', async () => {
    await age(40)
    const { refreshToken, sessionId } = signedIn
    const waited = whileWaiting(
      () => refresh(instances[0], refreshToken),
      (tx) => endSessionWithGrants(tx, { id: sessionId, reason: 'test' }),
    )
    await assertRefused(waited, ErrorReason.INVALID_GRANT)
    const row = { generation: 1, confirmedGeneration: 0, ended: true, endReason: 'test' }
    assert.deepEqual(await grantRow(deps, refreshToken), row)
  })

  it('is refused when everything of the user is ended meanwhile', async () => {
    await age(40)
    const waited = whileWaiting(
      () => refresh(instances[0], signedIn.refreshToken),
      async (tx) => {
        await runSql(tx, 'select from users where id = $1 for no key update', [userId])
        await runSql(tx, `select log_revocation('sub', $1::text, 'test')`, [userId])
      },
    )
    await assertRefused(waited, ErrorReason.INVALID_GRANT)
    assert.equal((await grantRow(deps, signedIn.refreshToken)).generation, 1)
  })

  it('goes on when everything else of the user is ended, and this session is kept', async () => {
    await age(40)
    const { accessToken, refreshToken } = await whileWaiting(
      () => refresh(instances[0], signedIn.refreshToken),
      async (tx) => {
        await runSql(tx, 'select from users where id = $1 for no key update', [userId])
        await runSql(tx, 'select from sessions for no key update')
        const text = `select log_revocation('sub', $1::text, 'test', $2::uuid)`
        await runSql(tx, text, [userId, signedIn.sessionId])
      },
    )
    assert.ok(await authenticateBearer(deps, testContext(), accessToken))
    await age(40)
    assert.equal(generationOf((await refresh(deps, refreshToken)).refreshToken), 3)
  })

  it('is judged by what is there, and by the time, when its turn comes', async () => {
    await age(40)
    let turn: unknown
    const late = await whileWaiting(
      () => refresh(instances[0], signedIn.refreshToken),
      async (tx) => {
        const text = `update grants set generation = 2, confirmed_generation = 1`
        await runSql(tx, text)
        turn = (await runSql(tx, 'select clock_timestamp()'))[0]?.[0]
      },
    )
    // The window was opened 40 seconds ago, the successor is not confirmed: a late retry.
    assert.equal(generationOf(late.refreshToken), 2)
    const opened = await rowsOf(deps, 'select window_opened_at > $1 from grants', [turn])
    assert.deepEqual(opened, [[true]])
  })
})

describe('refreshes and ends of sessions at once', () => {
  it('wait for each other in one order: no deadlock, and nothing lives after', async (t: TestContext) => {
    const deadlocks = async () => {
      await rowsOf(deps, 'select pg_stat_force_next_flush()')
      const text =
        'select deadlocks::integer from pg_stat_database where datname = current_database()'
      return (await rowsOf(deps, text))[0]?.[0]
    }
    const before = await deadlocks()
    let accepted = 0
    for (let round = 0; round < 15; round++) {
      const { refreshToken, sessionId } = await signInAs(deps, 'ada@example.com')
      await age(40)
      const end = deps.db.transaction(async (tx) => {
        await lockGrantsOfSession(tx, { sessionId })
        await endSessionWithGrants(tx, { id: sessionId, reason: 'test' })
      })
      const answers = Array.from({ length: 8 }, (_, i) => refresh(instance(i), refreshToken))
      const settled = await Promise.allSettled(answers)
      await end
      for (const each of settled) {
        if (each.status === 'rejected') continue
        accepted += 1
        const access = authenticateBearer(deps, testContext(), each.value.accessToken)
        await assertRefused(access, ErrorReason.UNAUTHENTICATED)
        await assertRefused(refresh(deps, each.value.refreshToken), ErrorReason.INVALID_GRANT)
      }
    }
    t.diagnostic(`${accepted} of 120 came before the end`)
    assert.equal(await deadlocks(), before)
  })
})
