import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { ErrorReason } from '@signet/contract'
import pg from 'pg'
import { SignetError } from '../errors.ts'
import { createTestDatabase, type TestDatabase } from '../testing/database.ts'
import { administer } from '../testing/postgres.ts'
import { runSql } from '../testing/statement.ts'
import { type Database, openDatabase } from './database.ts'
import type { Db } from './query.ts'

describe('database', () => {
  let test: TestDatabase
  let db: Database

  before(async () => {
    test = await createTestDatabase({ empty: true })
    // Deadlocks are looked for after a second, which is most of the time that a statement has.
    const { database } = test.address
    await administer(test.address, `alter database ${database} set deadlock_timeout = '100ms'`)
    db = test.db
    await runSql(db, 'create table counters (id int primary key, n int not null check (n < 100))')
  })
  after(() => test.drop())
  beforeEach(() => runSql(db, 'truncate counters').then(() => insert(db, 1)))

  const insert = (on: Db, id: number) => runSql(on, 'insert into counters values ($1, 0)', [id])
  const increment = (on: Db, id: number) =>
    runSql(on, 'update counters set n = n + 1 where id = $1 returning n', [id])
  const list = () => runSql(db, 'select id, n from counters order by id')

  describe('transaction', () => {
    it('commits what it returns', async () => {
      const returned = await db.transaction(async (tx) => {
        await insert(tx, 2)
        assert.deepEqual(await list(), [[1, 0]], 'seen by nobody else before the commit')
        return 'done'
      })
      assert.equal(returned, 'done')
      assert.deepEqual(await list(), [
        [1, 0],
        [2, 0],
      ])
    })

    it('rolls back when it throws, and throws the same', async () => {
      const thrown = new Error('on purpose')
      const failing = db.transaction(async (tx) => {
        await insert(tx, 2)
        throw thrown
      })
      await assert.rejects(failing, (error) => error === thrown)
      assert.deepEqual(await list(), [[1, 0]])
    })

    it('never reports success where an error in it was ignored', async () => {
      const careless = db.transaction(async (tx) => {
        await insert(tx, 2)
        await insert(tx, 2).catch(() => undefined)
        return 'done'
      })
      await assert.rejects(careless, /its error was ignored: the transaction was rolled back/)
      assert.deepEqual(await list(), [[1, 0]])
    })

    it('lets a violated constraint through as what it is, and keeps the connection', async () => {
      const [[pid] = []] = await runSql(db, 'select pg_backend_pid()')
      const violation = db.transaction((tx) => insert(tx, 1))
      await assert.rejects(violation, (error) => {
        return error instanceof pg.DatabaseError && error.constraint === 'counters_pkey'
      })
      assert.deepEqual(await runSql(db, 'select pg_backend_pid()'), [[pid]])
    })

    it('runs statements one after the other, in the order of their calls', async () => {
      const counted = await db.transaction((tx) =>
        Promise.all([increment(tx, 1), increment(tx, 1), increment(tx, 1)]),
      )
      assert.deepEqual(counted, [[[1]], [[2]], [[3]]])
    })

    it('waits for a statement that was not awaited, and refuses one that comes too late', async () => {
      let late: Db = db
      await db.transaction(async (tx) => {
        late = tx
        void increment(tx, 1)
      })
      assert.deepEqual(await list(), [[1, 1]])
      await assert.rejects(increment(late, 1), /its transaction is over/)
      assert.deepEqual(await list(), [[1, 1]])
    })

    it('repeats the victim of a deadlock', async () => {
      await insert(db, 2)
      const rendezvous = barrier(2)
      const attempts = { first: 0, second: 0 }
      const cross = (who: 'first' | 'second', ids: [number, number]) =>
        db.transaction(async (tx) => {
          await increment(tx, ids[0])
          if (attempts[who]++ === 0) await rendezvous()
          await increment(tx, ids[1])
        })
      await Promise.all([cross('first', [1, 2]), cross('second', [2, 1])])
      assert.ok(attempts.first + attempts.second > 2)
      assert.deepEqual(await list(), [
        [1, 2],
        [2, 2],
      ])
    })

    it('gives up on a conflict that stays', async () => {
      let attempts = 0
      const losing = db.transaction(async (tx) => {
        attempts++
        await increment(tx, 1)
        await runSql(tx, "do $$ begin raise exception 'lost' using errcode = '40001'; end $$")
      })
      await assert.rejects(losing, unavailable('40001'))
      assert.equal(attempts, 3)
      assert.deepEqual(await list(), [[1, 0]])
    })
  })

  it('reads 64-bit integers exactly, and leaves the parsers of the driver alone', async () => {
    assert.deepEqual(
      await runSql(db, `select 9007199254740993::int8, '{1,NULL}'::int8[], '{{a,b}}'::text[]`),
      [[9_007_199_254_740_993n, [1n, null], [['a', 'b']]]],
    )
    assert.equal(pg.types.getTypeParser(20)('5'), '5')
  })

  it('bounds what a session may do, and where its names are looked up', async () => {
    const settings = await runSql(
      db,
      `select name, setting from pg_settings where name in ('statement_timeout', 'lock_timeout', 'search_path',
         'idle_in_transaction_session_timeout', 'client_connection_check_interval', 'application_name') order by name`,
    )
    assert.deepEqual(Object.fromEntries(settings as [string, string][]), {
      application_name: 'signet',
      client_connection_check_interval: '500',
      idle_in_transaction_session_timeout: '2000',
      lock_timeout: '1500',
      search_path: 'public,pg_temp',
      statement_timeout: '1500',
    })
  })

  it('is not misled by a temporary table of the same name', async () => {
    await db.transaction(async (tx) => {
      await runSql(tx, 'create temporary table counters (id int, n int) on commit drop')
      assert.deepEqual(await runSql(tx, 'select id from counters'), [[1]])
    })
  })

  it('is UNAVAILABLE where a lock is held, and where a statement takes too long', async () => {
    await db.transaction(async (tx) => {
      await increment(tx, 1)
      const blocked = assert.rejects(increment(db, 1), unavailable('55P03', '57014'))
      // Keeps the transaction from resting for longer than it may.
      while ((await Promise.race([blocked.then(() => true), runSql(tx, 'select 1')])) !== true)
        await new Promise((resolve) => setTimeout(resolve, 50))
    })
    await assert.rejects(runSql(db, 'select pg_sleep(10)'), unavailable('57014'))
    assert.deepEqual(await list(), [[1, 1]])
  })

  it('treats what the server lacks as being away, and keeps other errors', async () => {
    const raise = (code: string) =>
      runSql(db, `do $$ begin raise exception 'simulated' using errcode = '${code}'; end $$`)
    for (const code of ['53100', '53200', '53300', '53400', '57P01', '58030', '25006'])
      await assert.rejects(raise(code), unavailable(code), code)
    for (const code of ['23505', '42P01', 'P0001', '22001'])
      await assert.rejects(
        raise(code),
        (error) => error instanceof pg.DatabaseError && error.code === code,
      )
  })

  it('survives a migration that changes the type of a prepared column', async () => {
    const narrow = openDatabase({ address: test.address, poolSize: 1, prepared: true })
    const statement = { name: 'test.types', text: 'select n from counters', values: [] }
    const read = () => narrow.query({ ...statement, rowMode: 'array' })
    try {
      await read()
      await runSql(db, 'alter table counters alter n type bigint')
      await read().catch((error) => assert.ok(unavailable('0A000')(error)))
      assert.deepEqual((await read()).rows, [[0n]])
    } finally {
      await narrow.end()
      await runSql(db, 'alter table counters alter n type int')
    }
  })

  it('makes named statements, and none behind a transaction pooler', async () => {
    for (const prepared of [true, false]) {
      const other = openDatabase({ address: test.address, poolSize: 1, prepared })
      try {
        const statement = { name: 'test.named', text: 'select $1::int', values: [7] }
        assert.deepEqual((await other.query({ ...statement, rowMode: 'array' })).rows, [[7]])
        const names = await runSql(
          other,
          "select name from pg_prepared_statements where name <> ''",
        )
        assert.deepEqual(names, prepared ? [['test.named']] : [])
        const limits = await other.transaction((tx) =>
          runSql(tx, "select current_setting('lock_timeout'), current_setting('search_path')"),
        )
        assert.deepEqual(
          limits,
          [['1500ms', 'public, pg_temp']].map(([lock, path]) => [
            lock,
            prepared ? 'public,pg_temp' : path,
          ]),
        )
      } finally {
        await other.end()
      }
    }
  })

  it('lets callers wait for a connection, in bounds, and counts them', async () => {
    const narrow = openDatabase({ address: test.address, poolSize: 1, prepared: true })
    try {
      const release = Promise.withResolvers<void>()
      const entered = Promise.withResolvers<void>()
      const holding = narrow.transaction(async () => {
        entered.resolve()
        await release.promise
      })
      await entered.promise
      const waiting = runSql(narrow, 'select 1')
      assert.deepEqual(narrow.counts(), { total: 1, idle: 0, waiting: 1 })
      await assert.rejects(waiting, unavailable())
      const next = runSql(narrow, 'select 2')
      release.resolve()
      await holding
      assert.deepEqual(await next, [[2]])
    } finally {
      await narrow.end()
    }
  })

  it('wraps each statement in the trace that it is given', async () => {
    const names: string[] = []
    const traced = openDatabase({
      address: test.address,
      poolSize: 1,
      prepared: true,
      trace: (name, run) => {
        names.push(name)
        return run()
      },
    })
    try {
      const statement = {
        name: 'test.one',
        text: 'select 1',
        values: [],
        rowMode: 'array',
      } as const
      await traced.transaction((tx) => tx.query({ ...statement, values: [] }))
      assert.deepEqual(names, ['test.one'])
    } finally {
      await traced.end()
    }
  })
})

function unavailable(...codes: string[]): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof SignetError, String(error))
    assert.equal(error.reason, ErrorReason.UNAVAILABLE)
    assert.ok((error.retryAfterSeconds ?? 0) > 0)
    const code = error.cause instanceof pg.DatabaseError ? error.cause.code : undefined
    if (codes.length > 0) assert.ok(codes.includes(code ?? ''), `${code}: ${error.message}`)
    return true
  }
}

/** Resolves for everyone when all have come. */
function barrier(parties: number): () => Promise<void> {
  const all = Promise.withResolvers<void>()
  let arrived = 0
  return () => {
    if (++arrived === parties) all.resolve()
    return all.promise
  }
}
