import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Database, openDatabase } from '../db/database.ts'
import { ensureEventPartitions } from './events.sql.ts'
import { startSealer } from './sealer.ts'
import { type EventLog, log as logger, masterSecret, openEventLog } from './testing/event-log.ts'
import { verifyChain } from './verify-chain.ts'

/** The database with its clock set. */
async function withClock(log: EventLog, t: TestContext, now: string): Promise<Database> {
  const [[seconds] = []] = await log.sql(
    `select extract(epoch from timestamptz '${now}' - clock_timestamp())`,
  )
  await log.sql(
    `do $$ begin execute format('alter database %I set signet.clock_offset = %L', current_database(), '${seconds} s'); end $$`,
  )
  const db = openDatabase({ address: log.address, poolSize: 2, prepared: true })
  t.after(() => db.end())
  return db
}

async function partitions(log: EventLog): Promise<string[]> {
  const rows = await log.sql(
    "select inhrelid::regclass::text from pg_inherits where inhparent = 'events'::regclass order by 1",
  )
  return rows.flat()
}

const event = { kind: 'user.signed_up', outcome: 'success' } as const

test('months are made ahead, and the last instant of one is not in the next', async (t) => {
  const log = await openEventLog(t)
  const db = await withClock(log, t, '2031-12-31T23:59:59Z')
  assert.equal((await ensureEventPartitions(db)).made, 4)
  assert.equal((await ensureEventPartitions(db)).made, 0)
  const made = (await partitions(log)).filter((name) => /_203/.test(name))
  assert.deepEqual(made, ['events_2031_12', 'events_2032_01', 'events_2032_02', 'events_2032_03'])
  for (const now of ['2031-12-31T23:59:59.999Z', '2032-01-01T00:00:00.000Z'])
    await log.record(event, { now: new Date(now) })
  await log.seal()
  assert.deepEqual(await log.sql('select tableoid::regclass, seq from events order by seq'), [
    ['events_2031_12', '1'],
    ['events_2032_01', '2'],
  ])
  assert.equal((await verifyChain(log.db)).intact, true)
})

test('bounds are months of UTC whatever the time zone of the session', async (t) => {
  const log = await openEventLog(t)
  await log.sql(
    "do $$ begin execute format('alter database %I set timezone = %L', current_database(), 'Pacific/Kiritimati'); end $$",
  )
  const db = await withClock(log, t, '2031-12-31T23:59:59Z')
  await ensureEventPartitions(db)
  await log.record(event, { now: new Date('2031-12-31T23:59:59.999Z') })
  assert.deepEqual(await log.sql('select tableoid::regclass from events'), [['events_2031_12']])
})

test('an event for which no month was made is kept, sealed and verified all the same', async (t) => {
  const log = await openEventLog(t)
  await log.record(event, { now: new Date('2040-05-05T00:00:00Z') })
  await log.seal()
  const db = await withClock(log, t, '2040-05-06T00:00:00Z')
  assert.equal((await ensureEventPartitions(db)).made, 3)
  await log.record(event, { now: new Date('2040-05-06T00:00:00Z') })
  await log.record(event, { now: new Date('2040-06-01T00:00:00Z') })
  await log.seal()
  assert.deepEqual(await log.sql('select tableoid::regclass, seq from events order by seq'), [
    ['events_default', '1'],
    ['events_default', '2'],
    ['events_2040_06', '3'],
  ])
  assert.equal((await verifyChain(log.db)).intact, true)
})

test('partitions that are made later are append-only too', async (t) => {
  const log = await openEventLog(t)
  await ensureEventPartitions(await withClock(log, t, '2031-12-01T00:00:00Z'))
  await log.record(event, { now: new Date('2031-12-02T00:00:00Z') })
  for (const change of ['delete from', 'truncate'])
    await assert.rejects(log.sql(`${change} events_2031_12`), { code: '23000' })
})

test('a running sealer makes the months and the keys that come', async (t) => {
  const log = await openEventLog(t)
  const db = await withClock(log, t, '2031-12-31T23:59:59Z')
  const sealer = startSealer({ db, masterSecret, log: logger })
  await sealer.feed.settled()
  await sealer.stop()
  assert.ok((await partitions(log)).includes('events_2032_03'))
  assert.deepEqual(await log.sql('select owner from event_keys order by 1'), [
    ['month 2031-12'],
    ['month 2032-01'],
  ])
})

test('while partitions are attached, writers write', async (t) => {
  const log = await openEventLog(t)
  const db = await withClock(log, t, '2031-12-01T00:00:00Z')
  await log.record(event)
  await db.transaction(async (tx) => {
    await ensureEventPartitions(tx)
    // The attached partitions are not committed, and their locks are held.
    await log.record(event)
  })
  assert.equal((await log.sql('select id from events')).length, 2)
})
