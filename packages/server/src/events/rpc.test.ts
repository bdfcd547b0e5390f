import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { create } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import { EventOutcome, type EventSchema, WatchEventsRequestSchema } from '@signet/contract'
import { eraseSubject } from './erase-subject.ts'
import { closeWindows } from './events.sql.ts'
import { recordEvent } from './record-event.ts'
import { watchEvents } from './rpc.ts'
import { startSealer } from './sealer.ts'
import {
  callContext,
  type EventLog,
  log as logger,
  masterSecret,
  newUser,
  openEventLog,
  recordedAt,
} from './testing/event-log.ts'

type EventInit = MessageInitShape<typeof EventSchema>

interface Watching {
  log: EventLog
  leave: AbortController
  watch(request: { since?: bigint; untilNow?: boolean }): AsyncGenerator<EventInit>
}

async function open(t: TestContext): Promise<Watching> {
  const log = await openEventLog(t)
  const { db } = log
  const sealer = startSealer({ db, masterSecret, log: logger }, { pollMs: 1 })
  t.after(() => sealer.stop())
  const leave = new AbortController()
  const deps = { db, masterSecret, eventFeed: sealer.feed }
  return {
    log,
    leave,
    async *watch(request) {
      const ctx = callContext({ signal: leave.signal })
      for await (const { event } of watchEvents(
        deps,
        ctx,
        create(WatchEventsRequestSchema, request),
      )) {
        assert.ok(event)
        yield event
      }
    },
  }
}

const event = { kind: 'session.started', outcome: 'success' } as const

async function collect(events: AsyncGenerator<EventInit>): Promise<EventInit[]> {
  const all: EventInit[] = []
  for await (const each of events) all.push(each)
  return all
}

test('until now: everything that is committed, sealed first, then the end', async (t) => {
  const { log, watch } = await open(t)
  assert.deepEqual(await collect(watch({ untilNow: true })), [])
  for (let n = 0; n < 250; n++) await log.record(event, { reference: `r${n}` })
  const events = await collect(watch({ untilNow: true }))
  assert.deepEqual(
    events.map(({ seq, reference }) => [seq, reference]),
    Array.from({ length: 250 }, (_, n) => [BigInt(n + 1), `r${n}`]),
  )
  const rest = await collect(watch({ since: 248n, untilNow: true }))
  assert.deepEqual(
    rest.map(({ seq }) => seq),
    [249n, 250n],
  )
  assert.deepEqual(await collect(watch({ since: 9999n, untilNow: true })), [])
})

test('live: events arrive as they are sealed, until the caller leaves', async (t) => {
  const { log, leave, watch } = await open(t)
  const watching = watch({})
  for (const reference of ['one', 'two', 'three']) {
    const next = watching.next()
    await log.record(event, { reference })
    assert.equal((await next).value?.reference, reference)
  }
  const last = watching.next()
  leave.abort()
  assert.equal((await last).done, true)
})

test('a hundred watchers see the same', async (t) => {
  const { log, watch } = await open(t)
  const watching = Array.from({ length: 100 }, () => watch({}))
  const first = watching.map((each) => each.next())
  await log.record(event)
  const seqs = (await Promise.all(first)).map((each) => each.value?.seq)
  assert.deepEqual(new Set(seqs), new Set([1n]))
  await Promise.all(watching.map((each) => each.return(undefined)))
})

test('a message says everything, and an erased person is empty', async (t) => {
  const { log, watch } = await open(t)
  const subjectId = newUser()
  const personal = { identifier: 'a@b.c' }
  const failed = { kind: 'sign_in.failed', outcome: 'failure', subjectId, personal } as const
  await log.record(failed)
  // Of a window that has closed, and in one transaction, so that the sealer counts all of them or none.
  const past = callContext({ now: new Date(Date.now() - 120_000) })
  await log.db.transaction(async (tx) => {
    for (let attempt = 0; attempt < 7; attempt++)
      await recordEvent({ db: tx, masterSecret }, past, failed)
  })
  await closeWindows(log.db)
  const [first, , , , , , counted] = await collect(watch({ untilNow: true }))
  assert.ok(first && counted)
  const { id, hash, ...rest } = first
  assert.match(String(hash), /^[0-9a-f]{64}$/)
  assert.ok(id)
  assert.deepEqual(rest, {
    seq: 1n,
    kind: 'sign_in.failed',
    occurredAt: timestampFromDate(recordedAt),
    outcome: EventOutcome.FAILURE,
    actorId: '',
    subjectId,
    clientId: '',
    reference: '7K3Q-90XD-2M1B',
    ipAddress: '192.0.2.77',
    userAgent: 'Canary/1.0',
    details: '{"identifier":"a@b.c"}',
  })
  assert.equal(counted.details, '{"identifier":"a@b.c","occurrences":2}')
  await log.db.transaction((tx) => eraseSubject({ db: tx, masterSecret }, callContext(), subjectId))
  const [erased] = await collect(watch({ untilNow: true }))
  assert.deepEqual([erased?.ipAddress, erased?.userAgent, erased?.details], ['', '', '{}'])
  assert.equal(erased?.hash, hash)
})
