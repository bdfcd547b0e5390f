import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, afterEach, before, beforeEach, describe, it, type TestContext } from 'node:test'
import {
  ErrorReason,
  type RevocationEntry,
  RevocationKind,
  RevocationScope,
  type WatchRevocationsRequest,
  type WatchRevocationsResponse,
} from '@signet/contract'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import type { UserCaller } from '../request-context.ts'
import { openTestDeps, rowsOf, type TestDeps, testContext } from '../testing/deps.ts'
import { openRevocationFeed } from './feed.ts'
import type { LoggedEntry } from './feed-entries.ts'
import { type LiveLog, openLiveLog } from './live-log.ts'
import { watchRevocations } from './watch-revocations.ts'

let test: TestDeps
let deps: Deps
let revocations: LiveLog

before(async () => {
  test = await openTestDeps()
})
after(() => test.close())
/** An instance of its own for each test, which knows nothing of the one before. */
beforeEach(async () => {
  await rowsOf(test.deps, 'delete from revocation_log')
  const revocationFeed = openRevocationFeed({ issuer: test.deps.config.issuer, heartbeatMs: 200 })
  revocations = await openLiveLog(test.deps, {
    directAddress: test.address,
    tokenLifetimeSeconds: 300,
    followers: [revocationFeed],
  })
  deps = { ...test.deps, revocations, revocationFeed }
})
afterEach(() => revocations.stop())

const soon = () => AbortSignal.timeout(20_000)
const caller = { kind: 'user', userId: '019a0000-0000-7000-8000-0000000000aa' } as UserCaller

async function log(scope: string, value: string, exceptSid: string | null = null): Promise<bigint> {
  const text = `select log_revocation($1, $2, 'test', $3)`
  const [[id]] = (await rowsOf(deps, text, [scope, value, exceptSid])) as [[bigint]]
  deps.revocations.announce()
  const where = 'select position from revocation_log where id = $1'
  return ((await rowsOf(deps, where, [id])) as [[bigint]])[0][0]
}

/** Writes many entries; answers the last position. */
async function logMany(count: number): Promise<bigint> {
  const text = `insert into revocation_log (scope, value, reason)
                select 'sid', gen_random_uuid(), 'test' from generate_series(1, $1::integer)`
  for (let left = count; left > 0; left -= 500) await rowsOf(deps, text, [Math.min(left, 500)])
  const [[last]] = (await rowsOf(deps, 'select max(position) from revocation_log')) as [[bigint]]
  return last
}

/** A watcher that keeps what the contract says a reader keeps. */
function watch(
  t: TestContext,
  request: Partial<WatchRevocationsRequest> = {},
  parts: Partial<Deps> = {},
) {
  const leaving = new AbortController()
  t.after(() => leaving.abort())
  const ctx = testContext({ caller, signal: leaving.signal })
  const input = { logId: '', since: 0n, verifierId: '', verifierName: '', ...request }
  const steps = watchRevocations({ ...deps, ...parts }, ctx, {
    stalenessBudgetSeconds: 10,
    ...input,
  } as WatchRevocationsRequest)
  const seen: WatchRevocationsResponse[] = []
  const entries: RevocationEntry[] = []
  return {
    seen,
    entries,
    leave: () => leaving.abort(),
    next: () => steps.next(),
    /** Reads until a step for which this holds. */
    async until(holds: (step: WatchRevocationsResponse) => boolean) {
      for (const deadline = performance.now() + 20_000; ; ) {
        assert.ok(performance.now() < deadline, 'it did not come within 20 s')
        const { value: step } = await steps.next()
        assert.ok(step, 'the stream has ended')
        if (step.reset) entries.splice(0)
        entries.push(...step.entries)
        seen.push(step)
        if (holds(step)) return step
      }
    },
  }
}

const isComplete = ({ complete }: WatchRevocationsResponse) => complete

/** The encoding as docs/reference/revocation-feed.md tells it to strangers. */
function hashed(claim: string, identifier: string): string {
  const input = Buffer.concat([
    Buffer.from(deps.config.issuer),
    Buffer.from([0]),
    Buffer.from(claim),
    Buffer.from([0]),
    Buffer.from(identifier),
  ])
  return createHash('sha256').update(input).digest('hex').slice(0, 32)
}

const hexOf = ({ value }: RevocationEntry) => hex(value)
const hex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('hex')

describe('a snapshot', () => {
  it('names each thing by its hash alone, with kind, scope and the session that goes on', async (t) => {
    const user = '019a0000-0000-7000-8000-000000000001'
    const kept = '019a0000-0000-7000-8000-00000000000a'
    await log('jti', 'token')
    await log('gid', 'grant')
    await log('sid', 'session')
    await log('sub', user, kept)
    await log('client', 'app')
    await rowsOf(
      deps,
      `insert into revocation_log (kind, scope, value, reason) values ('stale', 'sub', $1, 'test')`,
      [user],
    )
    const all = await log('all', '')
    await deps.revocations.applied(all, soon())
    const watcher = watch(t)
    const step = await watcher.until(isComplete)
    assert.equal(step.reset, true)
    assert.equal(step.position, all)
    assert.equal(step.logId, deps.revocations.state().logId)
    const { ENDED, STALE } = RevocationKind
    const { TOKEN, GRANT, SESSION, SUBJECT, CLIENT, EVERYTHING } = RevocationScope
    assert.deepEqual(
      step.entries.map((entry: RevocationEntry) => [
        entry.kind,
        entry.scope,
        hex(entry.value),
        hex(entry.exceptSession),
      ]),
      [
        [ENDED, TOKEN, hashed('jti', 'token'), ''],
        [ENDED, GRANT, hashed('gid', 'grant'), ''],
        [ENDED, SESSION, hashed('sid', 'session'), ''],
        [ENDED, SUBJECT, hashed('sub', user), hashed('sid', kept)],
        [ENDED, CLIENT, hashed('client_id', 'app'), ''],
        [STALE, SUBJECT, hashed('sub', user), ''],
        [ENDED, EVERYTHING, '', ''],
      ],
    )
    for (const { expiresAt } of step.entries) {
      const seconds = Number(expiresAt?.seconds) - Date.now() / 1000
      assert.ok(seconds > 300 && seconds < 1100, `${seconds}`)
    }
    await rowsOf(deps, 'update revocation_head set cut = 0')
  })

  it('comes in bounded steps and is complete with the last one alone, entries between them included', async (t) => {
    const before = await logMany(1_700)
    await deps.revocations.applied(before, soon())
    const watcher = watch(t)
    await watcher.until(() => true)
    const during = await log('sid', 'in the middle')
    await deps.revocations.applied(during, soon())
    await watcher.until(isComplete)
    await watcher.until(({ position }) => position >= during)
    assert.deepEqual(
      watcher.seen
        .filter(({ entries }) => entries.length > 0)
        .map(({ entries, reset, complete }) => [entries.length, reset, complete]),
      [
        [500, true, false],
        [500, false, false],
        [500, false, false],
        [201, false, true],
      ],
    )
    const positions = watcher.entries.map(({ position }) => position)
    assert.deepEqual(
      positions,
      positions.toSorted((a, b) => Number(a - b)),
    )
    assert.equal(new Set(positions).size, 1_701)
    assert.equal(hex(watcher.entries.at(-1)?.value), hashed('sid', 'in the middle'))
  })
})

describe('a reader that returns', () => {
  it('gets only what it missed', async (t) => {
    const known = await log('sid', 'known')
    const missed = await log('sid', 'missed')
    await deps.revocations.applied(missed, soon())
    const { logId } = deps.revocations.state()
    const step = await watch(t, { logId, since: known }).until(isComplete)
    assert.equal(step.reset, false)
    assert.deepEqual(step.entries.map(hexOf), [hashed('sid', 'missed')])
    const nothing = await watch(t, { logId, since: missed }).until(isComplete)
    assert.deepEqual([nothing.reset, nothing.entries, nothing.position], [false, [], missed])
  })

  it('of another log starts anew, after the table was read once more', async (t) => {
    const entry = await log('sid', 'known')
    const { readAtMs } = deps.revocations.state()
    const logId = 'ffffffff-ffff-4fff-bfff-ffffffffffff'
    const step = await watch(t, { logId, since: entry + 5n }).until(isComplete)
    assert.deepEqual([step.reset, step.position, step.entries.length], [true, entry, 1])
    assert.ok(deps.revocations.state().readAtMs > readAtMs)
  })

  it('that is ahead of this instance waits for it, without a reset', async (t) => {
    const entry = await log('sid', 'here')
    await deps.revocations.applied(entry, soon())
    const { logId } = deps.revocations.state()
    const ahead = watch(t, { logId, since: entry + 1n })
    const first = await ahead.until(() => true)
    assert.deepEqual(
      [first.reset, first.entries, first.position, first.complete],
      [false, [], entry + 1n, true],
    )
    await log('sid', 'known to the reader')
    const news = await log('sid', 'news')
    const step = await ahead.until(({ position }) => position === news)
    assert.deepEqual(step.entries.map(hexOf), [hashed('sid', 'news')])
  })
})

describe('a change', () => {
  it('reaches everyone who watches, by one step that is made once', async (t) => {
    const { logId, position } = deps.revocations.state()
    const watchers = Array.from({ length: 50 }, () => watch(t, { logId, since: position }))
    await Promise.all(watchers.map((watcher) => watcher.until(isComplete)))
    const entry = await log('sid', 'session')
    const steps = await Promise.all(
      watchers.map((watcher) => watcher.until((step) => step.position === entry)),
    )
    assert.ok(new Set(steps).size < 5, `${new Set(steps).size} steps were made`)
  })

  it('that comes while another one is told reaches those who have been told already', async (t) => {
    const feed = openRevocationFeed({ issuer: deps.config.issuer, heartbeatMs: 60_000 })
    feed.restart('log')
    feed.current(performance.now())
    const watchers = Array.from({ length: 500 }, () =>
      watch(t, { logId: 'log', since: 0n }, { revocationFeed: feed }),
    )
    await Promise.all(watchers.map((watcher) => watcher.until(isComplete)))
    const told = watchers.map((watcher) => watcher.until(({ position }) => position === 2n))
    feed.append([entryAt(1n)], 1n)
    for (let turns = 0; turns < 3; turns += 1) await new Promise((resolve) => setImmediate(resolve))
    assert.ok(
      watchers.some(({ seen }) => seen.at(-1)?.position === 1n),
      'some have been told',
    )
    feed.append([entryAt(2n)], 2n)
    await Promise.all(told)
  })

  it('is not followed by anything when the reader leaves', async (t) => {
    const watcher = watch(t)
    await watcher.until(isComplete)
    const last = watcher.next()
    watcher.leave()
    assert.equal((await last).done, true)
  })
})

describe('an instance without a database', () => {
  it('goes on with heartbeats whose age grows, and takes in nobody once the budget is over', async (t) => {
    const feed = openRevocationFeed({ issuer: deps.config.issuer, heartbeatMs: 50 })
    feed.restart('log')
    feed.append([entryAt(1n)], 1n)
    feed.current(performance.now())
    const watcher = watch(t, { logId: 'log', since: 0n }, { revocationFeed: feed })
    const first = await watcher.until(isComplete)
    const later = await watcher.until(({ ageMs }) => ageMs > first.ageMs + 500)
    assert.ok(watcher.seen.length > 3)
    assert.deepEqual([later.complete, later.position, later.entries], [true, 1n, []])
    assert.ok(later.clockMs > first.clockMs)

    feed.current(performance.now() - 11_000)
    await watcher.until(({ ageMs }) => ageMs > 11_000)
    await assert.rejects(watch(t, {}, { revocationFeed: feed }).next(), isUnavailable)
  })

  it('that does not know the log of a reader turns it away rather than set it back', async (t) => {
    const signal = AbortSignal.abort()
    const revocations = { ...deps.revocations, readAgain: () => deps.revocations.readAgain(signal) }
    const ctx = testContext({ caller, signal })
    const steps = watchRevocations({ ...deps, revocations }, ctx, {
      logId: 'another',
      since: 7n,
      verifierId: '',
    } as WatchRevocationsRequest)
    await assert.rejects(steps.next(), isUnavailable)
    t.diagnostic('its reading failed')
  })

  it('that reads another log resets everyone, and is not complete before that was read', async (t) => {
    const feed = openRevocationFeed({ issuer: deps.config.issuer, heartbeatMs: 50 })
    feed.restart('old')
    feed.append([entryAt(1n)], 1n)
    feed.current(performance.now())
    const watcher = watch(t, { logId: 'old', since: 1n }, { revocationFeed: feed })
    await watcher.until(isComplete)
    feed.restart('new')
    const reset = await watcher.until(({ reset }) => reset)
    assert.deepEqual([reset.logId, reset.complete, reset.entries], ['new', false, []])
    const waits = await watcher.until(() => true)
    assert.equal(waits.complete, false)
    feed.append([entryAt(2n ** 32n)], 2n ** 32n)
    feed.current(performance.now())
    const step = await watcher.until(isComplete)
    assert.equal(step.reset, false)
    assert.deepEqual([watcher.entries.length, step.position], [1, 2n ** 32n])
  })
})

describe('a log that is set back', () => {
  it('gets another id, so that no position that was seen is given out again', async (t) => {
    await log('sid', 'one')
    const seen = await log('sid', 'two')
    const feed = openRevocationFeed({ issuer: deps.config.issuer, heartbeatMs: 50 })
    const options = { directAddress: test.address, tokenLifetimeSeconds: 300, netMs: 20 }
    const live = await openLiveLog(deps, { ...options, followers: [feed] })
    t.after(() => live.stop())
    const { logId } = live.state()
    const watcher = watch(t, { logId, since: seen }, { revocations: live, revocationFeed: feed })
    await watcher.until(isComplete)
    await rowsOf(deps, 'delete from revocation_log where position = $1', [seen])
    await rowsOf(deps, 'update revocation_head set position = position - 1')
    const reset = await watcher.until(({ reset }) => reset)
    assert.notEqual(reset.logId, logId)
    await watcher.until(isComplete)
    assert.equal(watcher.entries.length, 1)
    assert.ok((await log('sid', 'three')) > seen + 2n ** 32n)
  })
})

const entryAt = (position: bigint): LoggedEntry => ({
  position,
  kind: 'ended',
  scope: 'sid',
  value: String(position),
  exceptSid: null,
  awaited: false,
  expiresAt: Date.now() / 1000 + 300,
  remainingMs: 300_000,
})

function isUnavailable(error: unknown): boolean {
  return error instanceof SignetError && error.reason === ErrorReason.UNAVAILABLE
}
