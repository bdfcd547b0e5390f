import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { closeWindows } from './events.sql.ts'
import { listEvents } from './list-events.ts'
import { recordEvent } from './record-event.ts'
import { callContext, callerOf, masterSecret, newUser, openEventLog } from './testing/event-log.ts'
import { verifyChain } from './verify-chain.ts'

const failed = { kind: 'sign_in.failed', outcome: 'failure' } as const
const now = new Date(Date.now() - 120_000)

async function open(t: TestContext) {
  const log = await openEventLog(t)
  const occurrences = async () => {
    await log.seal()
    const events = await listEvents({ db: log.db, masterSecret }, { since: 0n, limit: 1000 })
    return events.map((event) => event.occurrences)
  }
  return { log, occurrences }
}

const times = (count: number, run: (n: number) => Promise<void>) =>
  Promise.all(Array.from({ length: count }, (_, n) => run(n)))

const total = (counts: number[]) => counts.reduce((sum, count) => sum + count, 0)

test('a few failures are events of their own, and a closed window adds nothing', async (t) => {
  const { log, occurrences } = await open(t)
  await times(5, () => log.record(failed, { now }))
  await closeWindows(log.db)
  assert.deepEqual(await occurrences(), [1, 1, 1, 1, 1])
  assert.deepEqual(await log.sql('select * from event_windows'), [])
})

test('many failures at once on one person: five events and one that counts the rest', async (t) => {
  const { log, occurrences } = await open(t)
  const subjectId = newUser()
  await times(40, (n) => log.record({ ...failed, subjectId }, { now, ipAddress: `192.0.2.${n}` }))
  assert.deepEqual(await occurrences(), [1, 1, 1, 1, 1])
  await Promise.all([closeWindows(log.db), closeWindows(log.db)])
  assert.deepEqual(await occurrences(), [1, 1, 1, 1, 1, 35])
  assert.equal((await verifyChain(log.db)).intact, true)
  const events = await listEvents({ db: log.db, masterSecret }, { since: 5n, limit: 1 })
  assert.match(events[0]?.ipAddress ?? '', /^192\.0\.2\.\d+$/, 'the latest attempt can be read')
  assert.equal(events[0]?.subjectId, subjectId)
})

test('closing while attempts arrive loses none and counts none twice', async (t) => {
  const { log, occurrences } = await open(t)
  let closing = true
  const closed = (async () => {
    while (closing) await closeWindows(log.db)
  })()
  await times(60, () => log.record(failed, { now }))
  closing = false
  await closed
  await closeWindows(log.db)
  assert.equal(total(await occurrences()), 60)
})

test('an attempt that rolls back is not counted', async (t) => {
  const { log, occurrences } = await open(t)
  await times(7, () => log.record(failed, { now }))
  await log.db
    .transaction(async (tx) => {
      await recordEvent({ db: tx, masterSecret }, callContext({ now }), failed)
      throw new Error('changed its mind')
    })
    .catch(() => undefined)
  await closeWindows(log.db)
  assert.equal(total(await occurrences()), 7)
})

test('addresses, people, kinds and minutes are counted apart', async (t) => {
  const { log, occurrences } = await open(t)
  const [one, other] = [newUser(), newUser()]
  const earlier = new Date(now.getTime() - 60_000)
  await times(5, async () => {
    await log.record(failed, { now, ipAddress: '192.0.2.1' })
    await log.record(failed, { now, ipAddress: '192.0.2.2' })
    await log.record(failed, { now: earlier, ipAddress: '192.0.2.1' })
    await log.record({ ...failed, subjectId: one }, { now })
    await log.record({ ...failed, subjectId: other }, { now })
    await log.record({ ...failed, kind: 'access.denied' }, { now, caller: callerOf(one) })
  })
  await closeWindows(log.db)
  assert.deepEqual(await occurrences(), Array(30).fill(1))
})

test('a window that is open stays open, and other kinds are never counted', async (t) => {
  const { log, occurrences } = await open(t)
  const ahead = new Date(Date.now() + 120_000)
  await times(6, () => log.record(failed, { now: ahead }))
  await times(6, () => log.record({ kind: 'session.started', outcome: 'success' }, { now }))
  await closeWindows(log.db)
  assert.equal((await occurrences()).length, 11)
  assert.deepEqual(await log.sql('select attempts, unrecorded from event_windows'), [['6', '1']])
})
