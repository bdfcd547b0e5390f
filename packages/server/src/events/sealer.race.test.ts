import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openDatabase } from '../db/database.ts'
import { findChainForUpdateSkipLocked } from './events.sql.ts'
import { listEvents } from './list-events.ts'
import { recordEvent } from './record-event.ts'
import { sealBatch } from './seal-events.ts'
import { startSealer } from './sealer.ts'
import {
  callContext,
  type EventLog,
  log as logger,
  masterSecret,
  newUser,
  openEventLog,
} from './testing/event-log.ts'
import { verifyChain } from './verify-chain.ts'

/** A sealer process; `lines` are the places that it reports. */
function spawnSealer(log: EventLog, batchSize: number) {
  const script = fileURLToPath(import.meta.resolve('./testing/sealer-process.ts'))
  const child = spawn(process.execPath, [script, JSON.stringify(log.address), String(batchSize)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return { child, lines }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const ended = once(child, 'exit')
  child.kill(signal)
  await ended
}

/** Writes events, every third in a transaction that rolls back. Returns the references that were committed. */
async function write(log: EventLog, writer: number, count: number): Promise<string[]> {
  const committed: string[] = []
  const subjectId = newUser()
  for (let n = 0; n < count; n++) {
    const reference = `${writer}-${n}`
    const outcome = await log.db
      .transaction(async (tx) => {
        const ctx = callContext({ reference, now: new Date() })
        const event = { kind: 'session.started', outcome: 'success', subjectId } as const
        await recordEvent({ db: tx, masterSecret }, ctx, event)
        if (n % 3 === 2) throw new Error('changed its mind')
      })
      .then(
        () => true,
        () => false,
      )
    if (outcome) committed.push(reference)
  }
  return committed
}

async function sealedReferences(log: EventLog): Promise<string[]> {
  const rows = await log.sql('select reference from events where seq is not null order by seq')
  return rows.flat()
}

/** Everything that was committed is sealed once, in the order of its writer, without gaps. */
async function assertWhole(log: EventLog, committed: string[]): Promise<void> {
  const references = await sealedReferences(log)
  assert.deepEqual([...references].sort(), [...committed].sort())
  const places = new Map(references.map((reference, place) => [reference, place]))
  for (const [n, reference] of committed.entries()) {
    const next = committed[n + 1]
    if (next === undefined || next.split('-')[0] !== reference.split('-')[0]) continue
    assert.ok((places.get(reference) ?? 0) < (places.get(next) ?? 0), `${reference} after ${next}`)
  }
  const verdict = await verifyChain(log.db, { pageSize: 7 })
  assert.ok(verdict.intact)
  assert.equal(verdict.end.seq, BigInt(committed.length))
}

test('many writers and two sealers in two processes: every committed event once, in order', async (t) => {
  const log = await openEventLog(t)
  const sealers = [spawnSealer(log, 3), spawnSealer(log, 5)]
  t.after(() => sealers.map(({ child }) => child.kill('SIGKILL')))
  const written = await Promise.all([1, 2, 3, 4, 5].map((writer) => write(log, writer, 30)))
  const own = startSealer({ db: log.db, masterSecret, log: logger }, { batchSize: 2, pollMs: 1 })
  await own.feed.settled()
  await own.stop()
  await Promise.all(sealers.map(({ child }) => end(child, 'SIGTERM')))
  await assertWhole(log, written.flat())
})

test('a sealer that is killed at any moment leaves the chain whole, and the next goes on', async (t) => {
  const log = await openEventLog(t)
  let writing = true
  const written = (async () => {
    const committed: string[] = []
    for (let writer = 0; writing; writer++) committed.push(...(await write(log, writer, 9)))
    return committed
  })()
  for (let life = 0; life < 5; life++) {
    const { child, lines } = spawnSealer(log, 2)
    t.after(() => child.kill('SIGKILL'))
    // Dies in the midst of its batches, a few later in each life.
    for (let line = 0; line < 3 + 2 * life; line++) await lines.next()
    await end(child, 'SIGKILL')
  }
  writing = false
  const committed = await written
  await log.seal()
  await assertWhole(log, committed)
})

test('a sealer that hangs in its transaction is thrown out by Postgres, and another goes on', async (t) => {
  const log = await openEventLog(t)
  await log.record({ kind: 'user.signed_up', outcome: 'success' })
  const hanging = openDatabase({ address: log.address, poolSize: 1, prepared: true })
  const locked = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const hung = hanging.transaction(async (tx) => {
    await findChainForUpdateSkipLocked(tx)
    locked.resolve()
    await released.promise
  })
  await locked.promise
  const own = startSealer({ db: log.db, masterSecret, log: logger }, { pollMs: 1 })
  await own.feed.settled()
  await own.stop()
  released.resolve()
  await assert.rejects(hung)
  await hanging.end()
  assert.equal((await listEvents({ db: log.db, masterSecret }, { since: 0n, limit: 9 })).length, 1)
})

test('while one sealer holds the end of the chain another does nothing, and writers go on', async (t) => {
  const log = await openEventLog(t)
  await log.record({ kind: 'user.signed_up', outcome: 'success' })
  await log.db.transaction(async (tx) => {
    const text = 'select seq from event_chain for update'
    await tx.query({ name: '', text, values: [], rowMode: 'array' })
    assert.deepEqual(await sealBatch(log.db, 10), { kind: 'busy' })
    await log.record({ kind: 'user.signed_up', outcome: 'success' })
  })
  assert.deepEqual(await sealBatch(log.db, 10), { kind: 'sealed', count: 2, head: 2n })
})

test('an event that is committed late is numbered late', async (t) => {
  const log = await openEventLog(t)
  const event = { kind: 'user.signed_up', outcome: 'success', subjectId: newUser() } as const
  const early = callContext({ reference: 'early', now: new Date('2026-11-22T11:00:00Z') })
  await log.db.transaction(async (tx) => {
    await recordEvent({ db: tx, masterSecret }, early, event)
    await log.record(
      { ...event, subjectId: newUser() },
      { reference: 'late', now: new Date('2026-11-22T12:00:00Z') },
    )
    await log.seal()
  })
  await log.seal()
  assert.deepEqual(await sealedReferences(log), ['late', 'early'])
})

test('a database that goes away and comes back: sealing goes on by itself', async (t) => {
  const log = await openEventLog(t)
  const { db } = log
  const sealer = startSealer({ db, masterSecret, log: logger }, { pollMs: 1 })
  t.after(() => sealer.stop())
  await log.record({ kind: 'user.signed_up', outcome: 'success' })
  await sealer.feed.settled()
  await log.sql('alter table event_chain rename to event_chain_away')
  await assert.rejects(sealer.feed.settled())
  assert.equal(sealer.state().failing, true)
  await log.sql('alter table event_chain_away rename to event_chain')
  await log.sql(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  )
  await log.record({ kind: 'user.signed_up', outcome: 'success' })
  await sealer.feed.settled().catch(() => sealer.feed.settled())
  assert.deepEqual([sealer.state().failing, sealer.state().seq], [false, 2n])
})

test('a batch that the database cannot do is tried by halves', async (t) => {
  const log = await openEventLog(t)
  for (let n = 0; n < 5; n++) await log.record({ kind: 'user.signed_up', outcome: 'success' })
  await log.sql(
    "create function one_at_most() returns trigger language plpgsql as $$ begin if new.seq > old.seq + 1 then raise exception 'too much'; end if; return new; end $$",
  )
  await log.sql(
    'create trigger one_at_most before update on event_chain for each row execute function one_at_most()',
  )
  const sealer = startSealer({ db: log.db, masterSecret, log: logger }, { batchSize: 2 })
  t.after(() => sealer.stop())
  // The turn that has begun fails; the next, with half the batch, serves this.
  await sealer.feed.settled()
  assert.equal(sealer.state().seq, 5n)
})
