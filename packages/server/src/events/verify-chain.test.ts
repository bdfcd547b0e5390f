import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { chainHash, chainStart } from './chain.ts'
import { type EventLog, newUser, openEventLog } from './testing/event-log.ts'
import { type ChainPlace, type ChainVerdict, verifyChain } from './verify-chain.ts'

const pageSize = 3

/** A log of ten sealed events whose owner may do anything, as an attacker with the database could. */
async function openChain(t: TestContext): Promise<EventLog> {
  const log = await openEventLog(t)
  const subjectId = newUser()
  for (let n = 1; n <= 10; n++) {
    const clientId = undefined
    const event = { kind: 'session.started', outcome: 'success', subjectId, clientId } as const
    await log.record({ ...event, actorId: subjectId, personal: { n } }, { reference: `r${n}` })
  }
  await log.seal()
  await log.sql('alter table events disable trigger user')
  await log.sql('alter table event_chain disable trigger user')
  return log
}

async function problemOf(log: EventLog, anchor?: ChainPlace): Promise<[string, bigint] | 'intact'> {
  const verdict: ChainVerdict = await verifyChain(log.db, {
    pageSize,
    ...(anchor !== undefined && { anchor }),
  })
  return verdict.intact ? 'intact' : [verdict.problem, verdict.seq]
}

test('an empty chain and an untouched one are intact', async (t) => {
  const empty = await openEventLog(t)
  assert.equal(await problemOf(empty), 'intact')
  const log = await openChain(t)
  const verdict = await verifyChain(log.db)
  assert.ok(verdict.intact)
  assert.equal(verdict.end.seq, 10n)
  assert.equal(await problemOf(log, verdict.end), 'intact')
})

const changes = {
  id: 'gen_random_uuid()',
  arrival: 'arrival + 1',
  occurred_at: "occurred_at + interval '1 ms'",
  kind: "'session.ended'",
  outcome: "'failure'",
  actor_id: 'null',
  subject_id: 'gen_random_uuid()',
  client_id: "'other'",
  reference: "reference || ' '",
  occurrences: '2',
  details: "'{ }'",
  origin: 'null',
  personal: 'set_byte(personal, 0, get_byte(personal, 0) # 1)',
  hash: "sha256('x')",
}

test('every stored field is covered', async (t) => {
  const log = await openChain(t)
  const columns = await log.sql(
    "select attname from pg_attribute where attrelid = 'events'::regclass and attnum > 0 and not attisdropped",
  )
  const covered = [...Object.keys(changes), 'seq'].sort()
  assert.deepEqual(columns.flat().sort(), covered, 'a column that no test changes')
  await log.sql('create table kept as select * from events where seq = 6')
  for (const [column, value] of Object.entries(changes)) {
    await log.sql(`update events set ${column} = ${value} where seq = 6`)
    assert.deepEqual(await problemOf(log), ['altered', 6n], column)
    await log.sql('delete from events where seq = 6')
    await log.sql('insert into events select * from kept')
    assert.equal(await problemOf(log), 'intact')
  }
})

const attacks: Record<string, { sql: string[]; problem: [string, bigint] }> = {
  'one event is deleted': {
    sql: ['delete from events where seq = 4'],
    problem: ['missing', 4n],
  },
  'the first event is deleted': {
    sql: ['delete from events where seq = 1'],
    problem: ['missing', 1n],
  },
  'the last events are deleted': {
    sql: ['delete from events where seq > 7'],
    problem: ['truncated', 8n],
  },
  'all events are deleted': { sql: ['delete from events'], problem: ['truncated', 1n] },
  'two events change places': {
    sql: ['update events set seq = 11 - seq where seq in (5, 6)'],
    problem: ['altered', 5n],
  },
  'two events change places with their hashes': {
    sql: [
      'update events e set seq = 11 - e.seq, hash = o.hash from events o where e.seq in (5, 6) and o.seq = 11 - e.seq',
    ],
    problem: ['altered', 5n],
  },
  'an event is deleted and the others close up': {
    sql: ['delete from events where seq = 4', 'update events set seq = seq - 1 where seq > 4'],
    problem: ['altered', 4n],
  },
  'an event is there twice': {
    sql: [
      "insert into events select id, arrival, occurred_at + interval '3 years', kind, outcome, actor_id, subject_id, client_id, reference, occurrences, details, origin, personal, seq, hash from events where seq = 6",
    ],
    problem: ['duplicate', 6n],
  },
  'an event is appended behind the end': {
    sql: [
      "insert into events (id, occurred_at, kind, outcome, reference, seq, hash) values (gen_random_uuid(), now(), 'a.b', 'success', '', 11, sha256('x'))",
    ],
    problem: ['extra', 11n],
  },
  'the end is set back': {
    sql: ['update event_chain set (seq, hash) = (select seq, hash from events where seq = 8)'],
    problem: ['extra', 9n],
  },
  'the hash of the end is changed': {
    sql: ["update event_chain set hash = sha256('x')"],
    problem: ['altered', 10n],
  },
  'the chain is of another installation': {
    sql: ['update installation set instance_id = gen_random_uuid()'],
    problem: ['altered', 1n],
  },
}

for (const [name, { sql, problem }] of Object.entries(attacks)) {
  test(`detected: ${name}`, async (t) => {
    const log = await openChain(t)
    for (const statement of sql) await log.sql(statement)
    const verdict = await problemOf(log)
    assert.deepEqual(verdict, problem)
  })
}

test('a chain that is rewritten or cut as a whole shows against a place that was noted', async (t) => {
  const log = await openChain(t)
  const verdict = await verifyChain(log.db)
  assert.ok(verdict.intact)
  await log.sql('delete from events where seq > 7')
  await log.sql('update event_chain set (seq, hash) = (select seq, hash from events where seq = 7)')
  assert.equal(await problemOf(log), 'intact')
  assert.deepEqual(await problemOf(log, verdict.end), ['truncated', 10n])
  const forged = { seq: 5n, hash: createHash('sha256').update('x').digest() }
  assert.deepEqual(await problemOf(log, forged), ['altered', 5n])
})

test('the hash of an event is the documented one', () => {
  const start = chainStart('0190a3b0-7c00-7000-8000-000000000001')
  assert.equal(
    start.toString('hex'),
    createHash('sha256')
      .update('signet event chain 1 0190a3b0-7c00-7000-8000-000000000001')
      .digest('hex'),
  )
  const hash = chainHash(start, 1n, {
    id: '0190a3b0-7c00-7000-8000-000000000002',
    arrival: 41n,
    occurredAt: new Date('2026-11-22T12:00:00.123Z'),
    kind: 'session.started',
    outcome: 'success',
    actorId: null,
    subjectId: '0190a3b0-7c00-7000-8000-000000000003',
    clientId: 'signet',
    reference: 'r',
    occurrences: 1,
    details: '{"ключ":1}',
    origin: Buffer.of(1, 2),
    personal: null,
  })
  // Computed by another program from the description in chain.ts.
  assert.equal(
    hash.toString('hex'),
    '4904cd8c9ee568580c0052c267e4f26e1593c28b23754d2da111be04f2c62489',
  )
})
