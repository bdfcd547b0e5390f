import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { openDatabase } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { openTestUser } from '../testing/accounts.ts'
import { openTestDeps, rowsOf, type TestDeps } from '../testing/deps.ts'
import { runSql } from '../testing/statement.ts'

let test: TestDeps
let deps: Deps

before(async () => {
  test = await openTestDeps()
  deps = test.deps
})
after(() => test.close())

it('positions become visible in order: a reader that polls "position > last" skips none', async () => {
  const committers = 20
  const each = 15
  const db = openDatabase({ address: test.address, poolSize: committers, prepared: true })
  const rollback = new Error('rolled back')
  const committed = new Set<string>()
  let writing = true

  const write = async (committer: number) => {
    for (let i = 0; i < each; i += 1) {
      const values = [`${committer} ${i} a`, `${committer} ${i} b`]
      await db
        .transaction(async (tx) => {
          // Two entries whose ids are far apart from their positions, because others come between.
          for (const value of values)
            await runSql(tx, `select log_revocation('sid', $1, 'test')`, [value])
          if ((committer + i) % 3 === 0) throw rollback
        })
        .then(
          () => values.forEach((value) => void committed.add(value)),
          (error) => assert.equal(error, rollback),
        )
    }
  }

  const seen: { position: bigint; value: string }[] = []
  const read = async () => {
    const text = `select position, value from revocation_log where position > $1 order by position`
    const rows = await rowsOf(deps, text, [seen.at(-1)?.position ?? 0n])
    for (const [position, value] of rows)
      seen.push({ position: position as bigint, value: value as string })
  }
  const reading = (async () => {
    while (writing) await read()
    await read()
  })()
  await Promise.all(Array.from({ length: committers }, (_, i) => write(i)))
  writing = false
  await reading
  await db.end()

  const [first] = seen
  assert.ok(first !== undefined)
  assert.deepEqual(
    seen.map(({ position }) => position),
    seen.map((_, i) => first.position + BigInt(i)),
    'no gap: a rollback takes no position',
  )
  assert.deepEqual(new Set(seen.map(({ value }) => value)), committed)
  assert.ok(committed.size >= (committers * each * 2 * 3) / 5)
})

it('nobody waits for a transaction that has written an entry and is still at work', async () => {
  const userId = await openTestUser(deps, 'ada@example.com')
  const [other] = await deps.db.transaction(async (tx) => {
    await runSql(tx, `select log_revocation('sid', 'slow', 'test')`)
    await rowsOf(deps, `select log_revocation('sid', 'fast', 'test')`)
    return rowsOf(deps, `select position from revocation_log where value = 'fast'`)
  })
  const [slow] = await rowsOf(deps, `select position from revocation_log where value = 'slow'`)
  assert.ok((slow?.[0] as bigint) > (other?.[0] as bigint), 'in the order of commits')
  await rowsOf(deps, `select log_revocation('sub', $1, 'test')`, [userId])
  const text = `select u.cut = h.position, h.position = revocation_position() from users u, revocation_head h`
  assert.deepEqual(await rowsOf(deps, text), [[true, true]])
})

it('an outdated entry has a position and raises no cut', async () => {
  const text = 'select cut from users union all select cut from clients'
  const before = await rowsOf(deps, text)
  const [user] = await rowsOf(deps, 'select id from users')
  await rowsOf(
    deps,
    `insert into revocation_log (kind, scope, value, reason) values ('stale', 'sub', $1, 'test')`,
    [user?.[0]],
  )
  assert.deepEqual(await rowsOf(deps, text), before)
  const last = `select kind from revocation_log where position = revocation_position()`
  assert.deepEqual(await rowsOf(deps, last), [['stale']])
})

it('where another server goes on, the log has another id and the next position is 2^32 further', async () => {
  const head = 'select log_id, position from revocation_head'
  const [before] = (await rowsOf(deps, head)) as [[string, bigint]]
  for (const change of [`timeline = '000000FF'`, 'system_identifier = 1']) {
    const [[id, position]] = (await rowsOf(deps, head)) as [[string, bigint]]
    await rowsOf(deps, `update revocation_head set ${change}`)
    await Promise.all(
      Array.from({ length: 5 }, () => rowsOf(deps, `select log_revocation('sid', 'x', 'test')`)),
    )
    const [[nextId, next]] = (await rowsOf(deps, head)) as [[string, bigint]]
    assert.notEqual(nextId, id)
    assert.equal(next, position + 2n ** 32n + 4n, 'the first one jumps, the others follow it')
  }
  assert.notEqual((await rowsOf(deps, head))[0]?.[0], before[0])
})
