import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it, type TestContext } from 'node:test'
import { openDatabase } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import type { ClientId } from '../ids.ts'
import type { ClientCaller, UserCaller } from '../request-context.ts'
import { createTestDatabase } from '../testing/database.ts'
import { openTestDeps, rowsOf, type TestDeps } from '../testing/deps.ts'
import { openEntrySet, type RevocableToken } from './entry-set.ts'
import { declareTokenLifetime, sweepLog } from './live-log.sql.ts'
import { type LiveLog, type LiveLogOptions, openLiveLog } from './live-log.ts'

let test: TestDeps
let deps: Deps

before(async () => {
  test = await openTestDeps()
  deps = test.deps
})
after(() => test.close())
beforeEach(() => rowsOf(deps, 'delete from revocation_log'))

const token = (changes: Partial<RevocableToken> = {}): RevocableToken => ({
  jti: 'token',
  gid: 'grant',
  sid: 'session',
  sub: '019a0000-0000-7000-8000-000000000001',
  client_id: 'app',
  rev: 0,
  ...changes,
})

async function log(scope: string, value: string, exceptSid: string | null = null): Promise<bigint> {
  const text = `select log_revocation($1, $2, 'test', $3)`
  const [[id]] = (await rowsOf(deps, text, [scope, value, exceptSid])) as [[bigint]]
  const where = 'select position from revocation_log where id = $1'
  return ((await rowsOf(deps, where, [id])) as [[bigint]])[0][0]
}

async function open(t: TestContext, options: Partial<LiveLogOptions> = {}): Promise<LiveLog> {
  const live = await openLiveLog(deps, {
    directAddress: test.address,
    tokenLifetimeSeconds: 300,
    ...options,
  })
  t.after(() => live.stop())
  return live
}

const soon = () => AbortSignal.timeout(10_000)
const never = 3_600_000

describe('the entries in memory', () => {
  it('name a token, a grant and a session, whatever their age', async (t) => {
    for (const [scope, value] of [
      ['jti', 'token'],
      ['gid', 'grant'],
      ['sid', 'session'],
    ] as const)
      await log(scope, value)
    const live = await open(t)
    const rev = Number.MAX_SAFE_INTEGER
    const strange = { jti: 'a', gid: 'b', sid: 'c', rev }
    assert.equal(live.revokes(token(strange)), false)
    assert.equal(live.revokes(token({ ...strange, jti: 'token' })), true)
    assert.equal(live.revokes(token({ ...strange, gid: 'grant' })), true)
    assert.equal(live.revokes(token({ ...strange, sid: 'session' })), true)
    assert.equal(live.revokes(token({ ...strange, sid: 'grant' })), false)
  })

  it('of a user, a client and everything kill what is older, but for the session that is left out', async (t) => {
    const kept = '019a0000-0000-7000-8000-00000000000a'
    const sub = Number(await log('sub', token().sub, kept))
    const client = Number(await log('client', 'other'))
    const live = await open(t)
    assert.equal(live.revokes(token({ rev: sub - 1 })), true)
    assert.equal(live.revokes(token({ rev: sub })), false)
    assert.equal(live.revokes(token({ rev: sub - 1, sid: kept })), false)
    assert.equal(live.revokes(token({ rev: sub - 1, sid: undefined })), true)
    assert.equal(live.revokes(token({ rev: sub, client_id: 'other' })), true)
    assert.equal(live.revokes(token({ rev: client, client_id: 'other' })), false)
    const all = Number(await log('all', ''))
    live.announce()
    await live.applied(BigInt(all), soon())
    assert.equal(live.revokes(token({ rev: all - 1, sid: kept })), true)
    assert.equal(live.revokes(token({ rev: all })), false)
    await rowsOf(deps, 'update revocation_head set cut = 0')
  })

  it('of two that leave out different sessions, each kills the session of the other', async (t) => {
    const [one, two] = [
      '019a0000-0000-7000-8000-00000000000a',
      '019a0000-0000-7000-8000-00000000000b',
    ]
    await log('sub', token().sub, one)
    await log('sub', token().sub, two)
    const live = await open(t)
    assert.equal(live.revokes(token({ sid: one })), true)
    assert.equal(live.revokes(token({ sid: two })), true)
  })

  it('that are outdated only kill nothing', async (t) => {
    await rowsOf(
      deps,
      `insert into revocation_log (kind, scope, value, reason) values ('stale', 'sub', $1, 'test')`,
      [token().sub],
    )
    assert.equal((await open(t)).revokes(token()), false)
  })

  it('are bounded, and expire', () => {
    const set = openEntrySet(3)
    for (let position = 1; position <= 5; position += 1) {
      const value = String(position)
      set.add({ position, scope: 'sid', value, exceptSid: null, expiresAtMs: position * 10 })
    }
    const alive = () => [1, 2, 3, 4, 5].filter((sid) => set.revokes(token({ sid: String(sid) })))
    assert.deepEqual(alive(), [3, 4, 5])
    set.expire(40)
    assert.deepEqual(alive(), [5])
    set.add({ position: 6, scope: 'all', value: '', exceptSid: null, expiresAtMs: 60 })
    assert.equal(set.revokes(token()), true)
    set.expire(60)
    assert.deepEqual([set.count(), set.revokes(token())], [0, false])
  })

  it('say that one is missing until it could kill no token any more', () => {
    const set = openEntrySet(2)
    const add = (position: number, expiresAtMs: number) =>
      set.add({ position, scope: 'sid', value: String(position), exceptSid: null, expiresAtMs })
    add(1, 50)
    add(2, 40)
    assert.equal(set.complete(0), true)
    add(3, 60)
    add(4, 60)
    assert.deepEqual([set.complete(0), set.complete(49), set.complete(50)], [false, false, true])
    set.clear()
    assert.equal(set.complete(0), true)
  })

  it('end a client by what is newer than its secret, and by nothing else', () => {
    const set = openEntrySet(10)
    const add = (position: number, scope: 'client' | 'all' | 'sub', value: string) =>
      set.add({ position, scope, value, exceptSid: null, expiresAtMs: 100 })
    add(5, 'client', 'ledger')
    add(6, 'sub', 'ledger')
    const ends = (id: string, rev: number) => set.endsClient(id, rev)
    assert.deepEqual([ends('ledger', 4), ends('ledger', 5), ends('other', 4)], [true, false, false])
    add(7, 'all', '')
    assert.deepEqual([ends('ledger', 6), ends('other', 6), ends('other', 7)], [true, true, false])
  })
})

describe('an open log', () => {
  async function hasTold(told: readonly string[], count: number): Promise<void> {
    const deadline = performance.now() + 20_000
    while (told.length < count) {
      assert.ok(performance.now() < deadline, `only ${told.join()}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  it('tells at once that a caller has ended: a user by its token, a client by its secret', async (t) => {
    const live = await open(t)
    const { position } = live.state()
    const rev = Number(position)
    const told: string[] = []
    const client = (clientId: string, of = rev) =>
      ({ kind: 'client', clientId: clientId as ClientId, rev: of }) as ClientCaller
    const user = { kind: 'user', token: token({ rev }) } as UserCaller
    const stops = [
      live.watchCaller(user, () => told.push('user')),
      live.watchCaller(client('ledger'), () => told.push('ledger')),
      live.watchCaller(client('gateway'), () => told.push('gateway')),
      live.watchCaller(client('ledger', rev + 1_000_000), () => told.push('newer secret')),
      live.watchCaller({ kind: 'anonymous' }, () => told.push('anonymous')),
    ]
    const stopped = live.watchCaller(client('ledger'), () => told.push('stopped'))
    stopped()
    const entry = await log('client', 'ledger')
    live.announce()
    await live.applied(entry, soon())
    assert.equal(told.length, 0, 'its streams are told of the entry first')
    await hasTold(told, 1)
    assert.deepEqual(told, ['ledger'])
    live.watchCaller(client('ledger'), () => told.push('late'))
    assert.deepEqual(told, ['ledger', 'late'])
    for (const each of stops.slice(1, 2)) each()
    const everything = await log('all', '')
    live.announce()
    await live.applied(everything, soon())
    await hasTold(told, 4)
    assert.deepEqual(told.sort(), ['gateway', 'late', 'ledger', 'user'])
    for (const each of stops) each()
  })

  it('hears of what another connection announces, long before it would look', async (t) => {
    const live = await open(t, { netMs: never })
    const other = await open(t, { netMs: never })
    await listening(live)
    const position = await log('sid', 'session')
    other.announce()
    await live.applied(position, soon())
    assert.equal(live.revokes(token()), true)
  })

  it('finds what nobody announced, by looking', async (t) => {
    const live = await open(t, { netMs: 20 })
    const position = await log('sid', 'session')
    await live.applied(position, soon())
    assert.equal(live.revokes(token()), true)
  })

  it('finds it also while it cannot listen, and listens again when it can', async (t) => {
    const cut = await open(t, { netMs: 20, directAddress: { ...test.address, port: 1 } })
    assert.equal(cut.state().listening, false)
    await cut.applied(await log('sid', 'session'), soon())

    const live = await open(t, { netMs: never })
    await listening(live)
    const text = `select pg_terminate_backend(pid) from pg_stat_activity
                   where query like 'listen %' and datname = current_database()`
    await rowsOf(deps, text)
    const position = await log('sid', 'other')
    // The connection that is made again wakes it, although nobody announced anything.
    await live.applied(position, soon())
    assert.equal(live.revokes(token({ sid: 'other' })), true)
  })

  it('reads more than a page, and nothing twice', async (t) => {
    const text = `insert into revocation_log (scope, value, reason)
                  select 'sid', n::text, 'test' from generate_series($1::integer + 1, $1 + 500) n`
    for (let last = 0; last < 6000; last += 500) await rowsOf(deps, text, [last])
    const live = await open(t)
    assert.equal(live.state().entries, 6000)
    assert.equal(live.revokes(token({ sid: '6000' })), true)
    assert.equal(live.revokes(token({ sid: '1' })), true)
  })

  it('forgets everything and reads it anew where the log has another id', async (t) => {
    await log('sid', 'session')
    const live = await open(t, { netMs: 20 })
    const { logId, position } = live.state()
    // The database of an earlier time: the entry is gone, and so is its position.
    await rowsOf(deps, 'delete from revocation_log')
    await rowsOf(deps, `update revocation_head set timeline = '000000FF', position = position - 1`)
    await live.applied(position - 1n + 2n ** 32n, soon())
    assert.notEqual(live.state().logId, logId)
    assert.equal(live.revokes(token()), false)
    const next = await log('sid', 'session')
    await live.applied(next, soon())
    assert.equal(live.revokes(token()), true)
  })

  it('lives through an outage of its database', async (t) => {
    const db = openDatabase({ address: test.address, poolSize: 1, prepared: true })
    let away = false
    const noticed = Promise.withResolvers<void>()
    const flaky: typeof db = {
      ...db,
      query: async (statement) => {
        if (away) {
          noticed.resolve()
          throw new Error('away')
        }
        return db.query(statement)
      },
    }
    const live = await openLiveLog(
      { db: flaky, log: deps.log },
      { directAddress: test.address, tokenLifetimeSeconds: 300, netMs: 20 },
    )
    t.after(() => live.stop().then(() => db.end()))
    away = true
    const position = await log('sid', 'session')
    live.announce()
    await noticed.promise
    away = false
    await live.applied(position, soon())
    assert.equal(live.revokes(token()), true)
  })
})

describe('how long an entry lives', () => {
  const lifetimes = 'select token_lifetime_seconds from revocation_head'
  const lifetime = async () => (await rowsOf(deps, lifetimes))[0]?.[0]

  it('is the longest token that it can kill, with a leeway', async () => {
    await rowsOf(deps, 'update revocation_head set token_lifetime_seconds = 600')
    await log('sid', 'session')
    const text = `select extract(epoch from expires_at - created_at)::integer between 719 and 722 from revocation_log`
    assert.deepEqual(await rowsOf(deps, text), [[true]])
  })

  it('is what the first instance of a new installation says, at once', async (t) => {
    const fresh = await createTestDatabase()
    t.after(() => fresh.drop())
    assert.deepEqual(await rowsOf(fresh, lifetimes), [[900]])
    await declareTokenLifetime(fresh.db, { lifetimeSeconds: 300 })
    assert.deepEqual(await rowsOf(fresh, lifetimes), [[300]])
    await declareTokenLifetime(fresh.db, { lifetimeSeconds: 60 })
    assert.deepEqual(await rowsOf(fresh, lifetimes), [[300]])
  })

  it('is raised at once, and lowered only after a day without a longer one', async () => {
    await rowsOf(deps, 'update revocation_head set token_lifetime_seconds = 300')
    await declareTokenLifetime(deps.db, { lifetimeSeconds: 900 })
    assert.equal(await lifetime(), 900)
    await declareTokenLifetime(deps.db, { lifetimeSeconds: 300 })
    assert.equal(await lifetime(), 900)
    const past = `update revocation_head set token_lifetime_until = signet_now() - interval '1 second'`
    await rowsOf(deps, past)
    await declareTokenLifetime(deps.db, { lifetimeSeconds: 300 })
    assert.equal(await lifetime(), 300)
  })

  it('is over when it is swept, but the last entry stays', async () => {
    for (const value of ['a', 'b', 'c']) await log('sid', value)
    await rowsOf(deps, `update revocation_log set expires_at = signet_now() - interval '1 second'`)
    await log('sid', 'd')
    assert.equal(await sweepLog(deps.db, { limit: 2 }), 2)
    assert.equal(await sweepLog(deps.db, { limit: 2 }), 1)
    await rowsOf(deps, `update revocation_log set expires_at = signet_now() - interval '1 second'`)
    assert.equal(await sweepLog(deps.db, { limit: 2 }), 0)
    assert.deepEqual(await rowsOf(deps, 'select value from revocation_log'), [['d']])
  })
})

async function listening(live: LiveLog): Promise<void> {
  while (!live.state().listening) await new Promise((resolve) => setImmediate(resolve))
}
