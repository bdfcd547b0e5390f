import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorReason } from '@signet/contract'
import { openMasterSecret } from '../crypto/master-secret.ts'
import { SignetError } from '../errors.ts'
import type { ClientId } from '../ids.ts'
import { eraseSubject } from './erase-subject.ts'
import { listEvents } from './list-events.ts'
import { recordEvent } from './record-event.ts'
import {
  callContext,
  callerOf,
  type EventLog,
  masterSecret,
  newUser,
  openEventLog,
  recordedAt,
} from './testing/event-log.ts'
import { verifyChain } from './verify-chain.ts'

const all = { since: 0n, limit: 100 }

/** Every row of every table of the event log, as a dump would show it. */
async function dump(log: EventLog): Promise<string> {
  const rows = await log.sql(
    'select e::text from events e union all select k::text from event_keys k union all select w::text from event_windows w',
  )
  return rows.flat().join('\n')
}

test('an event reads back as it was recorded', async (t) => {
  const log = await openEventLog(t)
  const [admin, user] = [newUser(), newUser()]
  await log.record(
    {
      kind: 'user.suspended',
      outcome: 'success',
      subjectId: user,
      details: { reason: 'abuse', times: 2, 'ключ"': ['\u0000', null] },
      personal: { identifier: 'anna@example.com' },
    },
    { caller: callerOf(admin), country: 'DE' },
  )
  await log.seal()
  const [event] = await listEvents({ db: log.db, masterSecret }, all)
  assert.ok(event)
  const { id, hash, ...facts } = event
  assert.match(id, /^[0-9a-f-]{36}$/)
  assert.equal(id.slice(-4), user.slice(-4), 'the shard key of the subject')
  assert.equal(hash.length, 32)
  assert.deepEqual(facts, {
    seq: 1n,
    kind: 'user.suspended',
    occurredAt: recordedAt,
    outcome: 'success',
    actorId: admin,
    subjectId: user,
    clientId: 'signet',
    reference: '7K3Q-90XD-2M1B',
    occurrences: 1,
    ipAddress: '192.0.2.77',
    userAgent: 'Canary/1.0',
    country: 'DE',
    details: {
      reason: 'abuse',
      times: 2,
      'ключ"': ['\u0000', null],
      identifier: 'anna@example.com',
    },
    erased: false,
  })
})

test('an event of a transaction that rolls back never was', async (t) => {
  const log = await openEventLog(t)
  await assert.rejects(
    log.db.transaction(async (tx) => {
      await recordEvent({ db: tx, masterSecret }, callContext(), {
        kind: 'user.signed_up',
        outcome: 'success',
        subjectId: newUser(),
      })
      throw new SignetError(ErrorReason.INTERNAL)
    }),
  )
  assert.deepEqual(await log.sql('select id from events'), [])
  assert.deepEqual(await log.sql('select owner from event_keys'), [])
})

test('nothing personal stands in the tables in clear', async (t) => {
  const log = await openEventLog(t)
  const canaries = { ipAddress: '203.0.113.99', userAgent: 'Zanzibar/9' }
  const personal = { identifier: 'quetzal@example.org' }
  const user = newUser()
  for (let attempt = 0; attempt < 8; attempt++) {
    const event = { kind: 'sign_in.failed', outcome: 'failure', personal } as const
    await log.record(event, canaries)
    await log.record({ ...event, subjectId: user }, canaries)
  }
  await log.seal()
  const text = await dump(log)
  assert.match(text, /sign_in\.failed/)
  for (const canary of ['203.0.113.99', 'Zanzibar', 'quetzal']) {
    assert.ok(!text.includes(canary), `${canary} in clear`)
    assert.ok(!text.includes(Buffer.from(canary).toString('hex')), `${canary} as bytes`)
  }
  const events = await listEvents({ db: log.db, masterSecret }, all)
  assert.ok(events.every((event) => event.ipAddress === '203.0.113.99'))
})

test('ciphertext under another master secret, in another row or column does not open', async (t) => {
  const log = await openEventLog(t)
  const subjectId = newUser()
  const personal = { identifier: 'a@example.com' }
  await log.record({ kind: 'user.signed_up', outcome: 'success', subjectId, personal })
  await log.record({ kind: 'password.set', outcome: 'success', subjectId, personal })
  await log.seal()
  const other = openMasterSecret({ current: 'o'.repeat(48) })
  await assert.rejects(
    listEvents({ db: log.db, masterSecret: other }, all),
    /another master secret/,
  )
  for (const swap of [
    'update events set origin = personal',
    'update events e set origin = o.origin from events o where o.seq <> e.seq',
  ]) {
    await log.sql('alter table events disable trigger user')
    await log.sql(swap)
    await assert.rejects(listEvents({ db: log.db, masterSecret }, all), swap)
  }
})

test('an erased person cannot be read again, before and after, and the chain verifies', async (t) => {
  const log = await openEventLog(t)
  const [admin, erased, other] = [newUser(), newUser(), newUser()]
  const personal = { identifier: 'x@example.com' }
  const failed = { kind: 'sign_in.failed', outcome: 'failure', personal } as const
  await log.record({ ...failed, subjectId: erased })
  await log.record({ ...failed, subjectId: other })
  const erase = () =>
    log.db.transaction((tx) =>
      eraseSubject({ db: tx, masterSecret }, callContext({ caller: callerOf(admin) }), erased),
    )
  await erase()
  await log.record({ ...failed, subjectId: erased }, { caller: callerOf(erased) })
  await log.seal()

  const events = await listEvents({ db: log.db, masterSecret }, all)
  const [before, ofOther, erasure, after] = events
  assert.deepEqual(
    [before?.erased, before?.ipAddress, before?.userAgent, before?.details],
    [true, '', '', {}],
  )
  assert.equal(ofOther?.details.identifier, 'x@example.com')
  assert.equal(erasure?.kind, 'user.erased')
  assert.equal(erasure?.actorId, admin)
  assert.equal(
    erasure?.ipAddress,
    '192.0.2.77',
    'where the administrator was is about the administrator',
  )
  assert.deepEqual([after?.erased, after?.ipAddress, after?.details], [false, '', {}])
  assert.deepEqual(await log.sql('select origin, personal from events where seq = 4'), [
    ['null', 'null'],
  ])
  assert.equal((await verifyChain(log.db)).intact, true)
  await erase()
  const keys = await log.sql(`select wrapped_key from event_keys where owner = '${erased}'`)
  assert.deepEqual(keys, [['null']])
})

test('what an erased person did to others is erased too, as far as it tells where they were', async (t) => {
  const log = await openEventLog(t)
  const [admin, user] = [newUser(), newUser()]
  await log.record(
    { kind: 'user.suspended', outcome: 'success', subjectId: user, personal: { name: 'U' } },
    { caller: callerOf(admin) },
  )
  await log.db.transaction((tx) => eraseSubject({ db: tx, masterSecret }, callContext(), admin))
  await log.seal()
  const [event] = await listEvents({ db: log.db, masterSecret }, all)
  assert.deepEqual([event?.ipAddress, event?.details, event?.erased], ['', { name: 'U' }, true])
})

test('erasing races with the first event on the same person: nobody can read it', async (t) => {
  const log = await openEventLog(t)
  const subjectId = newUser()
  const { erasing } = await log.db.transaction(async (tx) => {
    await recordEvent({ db: tx, masterSecret }, callContext(), {
      kind: 'session.started',
      outcome: 'success',
      subjectId,
    })
    const running = log.db.transaction((other) =>
      eraseSubject({ db: other, masterSecret }, callContext(), subjectId),
    )
    const blocked = "select count(*) from pg_locks where not granted and locktype = 'transactionid'"
    for (let waiting = '0'; waiting === '0'; ) waiting = (await log.sql(blocked))[0]?.[0] ?? ''
    return { erasing: running }
  })
  await erasing
  await log.seal()
  const [event] = await listEvents({ db: log.db, masterSecret }, all)
  assert.deepEqual([event?.kind, event?.erased, event?.ipAddress], ['session.started', true, ''])
})

test('many first events on one person make one key', async (t) => {
  const log = await openEventLog(t)
  const subjectId = newUser()
  await Promise.all(
    Array.from({ length: 20 }, () =>
      log.record({ kind: 'session.started', outcome: 'success', subjectId }),
    ),
  )
  await log.seal()
  assert.deepEqual(await log.sql('select count(*) from event_keys'), [['1']])
  const events = await listEvents({ db: log.db, masterSecret }, all)
  assert.equal(events.filter((event) => event.ipAddress === '192.0.2.77').length, 20)
})

test('a user agent with NUL or half a character is no obstacle', async (t) => {
  const log = await openEventLog(t)
  const clientId = 'signet' as ClientId
  const userAgent = 'x\u0000\ud800"\n'
  await log.record({ kind: 'session.started', outcome: 'success', clientId }, { userAgent })
  await log.seal()
  const events = await listEvents({ db: log.db, masterSecret }, all)
  assert.deepEqual(
    events.map((event) => event.userAgent),
    [userAgent],
  )
})

test('append-only: nothing but the sealer changes a row, in the table and in its partitions', async (t) => {
  const log = await openEventLog(t)
  await log.record({ kind: 'user.signed_up', outcome: 'success' })
  await log.record({ kind: 'user.signed_up', outcome: 'success' }, { now: new Date('2040-01-01') })
  const hash = "sha256('x')"
  const partition = `events_${recordedAt.toISOString().slice(0, 7).replace('-', '_')}`
  const refused = [
    'delete from events',
    "update events set kind = 'user.erased'",
    `update events set kind = 'user.erased', seq = 1, hash = ${hash}`,
    'truncate events',
    'delete from events_default',
    'truncate events_default',
    "update events_default set reference = ''",
    `truncate ${partition}`,
    `insert into events (id, occurred_at, kind, outcome, reference, seq, hash) values (gen_random_uuid(), now(), 'a.b', 'success', '', 1, ${hash})`,
    'delete from event_chain',
    'truncate event_chain',
    'update event_chain set seq = seq',
  ]
  for (const statement of refused)
    await assert.rejects(log.sql(statement), { code: '23000' }, statement)
  await log.seal()
  const sealed = ['update events set seq = seq + 1', 'update events set seq = null, hash = null']
  for (const statement of [...sealed, ...refused])
    await assert.rejects(log.sql(statement), { code: '23000' }, statement)
  assert.deepEqual(await log.sql('select tableoid::regclass, seq from events order by seq'), [
    [partition, '1'],
    ['events_default', '2'],
  ])
})
