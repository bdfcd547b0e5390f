import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { ErrorReason } from '@signet/contract'
import type { Db } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import { newId, type SessionId, type UserId } from '../ids.ts'
import { openTestUser } from '../testing/accounts.ts'
import { openTestDeps, rowsOf, type TestDeps, testContext } from '../testing/deps.ts'
import { runSql } from '../testing/statement.ts'
import { batchMax, openSessionEnds, type SessionEnd } from './session-ends.ts'

let test: TestDeps
let deps: Deps
let userId: UserId

before(async () => {
  test = await openTestDeps()
  deps = test.deps
})
after(() => test.close())
beforeEach(async () => {
  await rowsOf(deps, 'delete from users')
  userId = await openTestUser(deps, 'ada@example.com')
})

/** Sessions without a sign-in each, so that there are many in no time. */
async function openSessions(count: number): Promise<SessionId[]> {
  const ids = Array.from({ length: count }, () => newId<SessionId>(new Date(), userId))
  await rowsOf(
    deps,
    `insert into sessions (id, user_id, client_id, amr, acr, auth_time, rev, created_at, last_active_at,
                           idle_expires_at, expires_at)
     select id, $2, 'signet', '{pwd}', 'aal1', now(), revocation_position(), now(), now(),
            now() + interval '1 hour', now() + interval '1 hour'
       from unnest($1::uuid[]) id`,
    [ids, userId],
  )
  return ids
}

const end = (sessionId: SessionId, changes: Partial<SessionEnd> = {}) =>
  deps.sessionEnds.end(testContext(), { sessionId, userId, reason: 'signed_out', ...changes })

/** Whether what was acknowledged stands: the session has ended, with one entry at that position and one event. */
async function standing(sessionId: SessionId): Promise<unknown[] | undefined> {
  const [row] = await rowsOf(
    deps,
    `select s.ended_at is not null,
            array(select position from revocation_log where value = s.id::text),
            (select count(*)::integer from events e
              where kind = 'session.ended' and details ->> 'sessionId' = s.id::text)
       from sessions s where id = $1`,
    [sessionId],
  )
  return row
}

/** The transactions that wrote these entries. */
async function transactionsOf(sessionIds: SessionId[]): Promise<number> {
  const text = `select count(distinct xmin::text)::integer from revocation_log where value = any($1)`
  return (await rowsOf(deps, text, [sessionIds]))[0]?.[0] as number
}

describe('ending many sessions at once', () => {
  it('takes few transactions, and acknowledges each with its own position', async () => {
    const sessions = await openSessions(200)
    const positions = await Promise.all(sessions.map((sessionId) => end(sessionId)))
    assert.equal(new Set(positions).size, sessions.length)
    for (const [i, sessionId] of sessions.entries())
      assert.deepEqual(await standing(sessionId), [true, [positions[i]], 1])
    const transactions = await transactionsOf(sessions)
    assert.ok(transactions >= Math.ceil(sessions.length / batchMax))
    assert.ok(transactions < sessions.length / 2, `${transactions} transactions`)
  })

  it('ends a session once, and tells all who asked for it', async () => {
    const [sessionId] = (await openSessions(1)) as [SessionId]
    const positions = await Promise.all(Array.from({ length: 20 }, () => end(sessionId)))
    const [position] = [...new Set(positions)].filter((each) => each !== 0n)
    assert.deepEqual(await standing(sessionId), [true, [position], 1])
    for (const each of positions) assert.ok(each === 0n || each === position)
  })

  it('on two instances, ends each once', async () => {
    const sessions = await openSessions(50)
    const other = openSessionEnds(deps)
    const positions = await Promise.all(
      sessions.flatMap((sessionId) => [
        end(sessionId),
        other.end(testContext(), { sessionId, userId, reason: 'signed_out' }),
      ]),
    )
    assert.equal(new Set(positions.filter((position) => position !== 0n)).size, sessions.length)
    for (const sessionId of sessions) {
      const [ended, entries, events] = (await standing(sessionId)) as [boolean, bigint[], number]
      assert.deepEqual([ended, entries.length, events], [true, 1, 1])
    }
  })
})

describe('a batch with one that cannot be ended', () => {
  it('refuses that one, and ends the others', async () => {
    const [bad, ...good] = (await openSessions(10)) as [SessionId, ...SessionId[]]
    const outcomes = await Promise.allSettled([
      end(good[0] as SessionId),
      end(bad, { reason: 'NOT A REASON' as 'revoked' }),
      ...good.slice(1).map((sessionId) => end(sessionId)),
    ])
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      outcomes.map((_, i) => (i === 1 ? 'rejected' : 'fulfilled')),
    )
    assert.deepEqual(await standing(bad), [false, [], 0])
    for (const sessionId of good) assert.equal((await standing(sessionId))?.[0], true)
  })

  it('does not let others wait for a row that somebody holds', async () => {
    const [held, ...free] = (await openSessions(10)) as [SessionId, ...SessionId[]]
    let ofHeld: Promise<bigint> | undefined
    await deps.db.transaction(async (tx) => {
      await lock(tx, 'select id from sessions where id = $1 for update', held)
      ofHeld = end(held)
      for (const position of await Promise.all(free.map((sessionId) => end(sessionId))))
        assert.ok(position > 0n)
      assert.equal((await standing(held))?.[0], false)
    })
    assert.ok(((await ofHeld) ?? 0n) > 0n)
    assert.deepEqual((await standing(held))?.[0], true)
  })

  it('waits for a refresh that holds the grant, and ends both', async () => {
    const [sessionId] = (await openSessions(1)) as [SessionId]
    const grantId = newId<SessionId>(new Date(), userId)
    await rowsOf(deps, insertGrant, [grantId, sessionId])
    let ending: Promise<bigint> | undefined
    await deps.db.transaction(async (tx) => {
      await lock(tx, 'update grants set confirmed_generation = 1 where id = $1', grantId)
      ending = end(sessionId)
      // Another session is ended meanwhile, so the batch with this one has been tried.
      const [other] = (await openSessions(1)) as [SessionId]
      await end(other)
      assert.equal((await standing(sessionId))?.[0], false)
    })
    assert.ok(((await ending) ?? 0n) > 0n)
    const text = 'select ended_at is not null, end_reason from grants where id = $1'
    assert.deepEqual(await rowsOf(deps, text, [grantId]), [[true, 'signed_out']])
  })

  it('is unavailable for all while the database is away, and acknowledges nothing', async () => {
    const sessions = await openSessions(3)
    const gone: Deps['db'] = {
      ...deps.db,
      query: (statement) =>
        deps.db.query(statement.name.endsWith('.endSessions') ? failing : statement),
    }
    const ends = openSessionEnds({ ...deps, db: gone })
    for (const sessionId of sessions) {
      const answer = ends.end(testContext(), { sessionId, userId, reason: 'signed_out' })
      await assert.rejects(answer, { reason: ErrorReason.UNAVAILABLE })
    }
    for (const sessionId of sessions) assert.deepEqual(await standing(sessionId), [false, [], 0])
  })
})

const insertGrant = `
  insert into grants
  select (jsonb_populate_record(null::grants, to_jsonb(s) || jsonb_build_object(
            'id', $1::uuid, 'session_id', s.id, 'scopes', '{}'::text[], 'audience', '{api}'::text[],
            'wrapped_secret', '\\x00', 'wrapping_key_id', 'k', 'generation', 1, 'rotated_at', now(),
            'window_opened_at', now(), 'confirmed_generation', 0, 'presenter', '\\x00'))).*
    from sessions s where s.id = $2`

/** A statement that Postgres ends as it ends one of a server that shuts down. */
const failing = {
  name: '',
  text: `do $$ begin raise exception 'shutting down' using errcode = '57P01'; end $$`,
  values: [],
  rowMode: 'array' as const,
}

async function lock(tx: Db, text: string, id: string): Promise<void> {
  await runSql(tx, text, [id])
}
