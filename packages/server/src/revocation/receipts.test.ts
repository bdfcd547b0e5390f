import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it, type TestContext } from 'node:test'
import {
  ErrorReason,
  NotCoveredKind,
  type RevocationReceipt,
  SignOutScope,
  type WatchRevocationsRequest,
  type WatchRevocationsResponse,
} from '@signet/contract'
import type { Db, Statement } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import type { UserCaller } from '../request-context.ts'
import { assertRefused, openTestUser, signInAs } from '../testing/accounts.ts'
import { secondsAhead } from '../testing/clock.ts'
import { openTestDeps, rowsOf, type TestDeps, testContext } from '../testing/deps.ts'
import { authenticateBearer } from '../tokens/authenticate.ts'
import { getRevocationStatus, reportPosition } from './feed-rpc.ts'
import { openReceipts } from './receipts.ts'
import { revokeOtherSessions, revokeSession, signOut } from './rpc.ts'
import { openVerifierRegistry } from './verifier-registry.ts'
import { leaveCrashedInstances, sweepVerifiers } from './verifiers.sql.ts'
import { watchRevocations } from './watch-revocations.ts'

let test: TestDeps
let deps: Deps
const email = 'ada@example.com'

before(async () => {
  test = await openTestDeps()
  deps = test.deps
  await openTestUser(deps, email)
})
after(() => test.close())
beforeEach(() => rowsOf(deps, 'delete from revocation_verifiers'))

const watcherId = '019a0000-0000-7000-8000-0000000000aa'
const caller = { kind: 'user', userId: watcherId } as UserCaller
const enter = () => signInAs(deps, email)

type Answer = { position: bigint; receipt?: RevocationReceipt; ended?: number }

const leave = async (
  token: string,
  waitMs: number,
  scope: SignOutScope = SignOutScope.THIS_SESSION,
) => (await signOut(deps, testContext(), { token, scope, waitMs } as never)) as Answer

interface VerifierOptions {
  verifierId: string
  budgetSeconds?: number
  /** Applies steps, and says nothing. */
  silent?: boolean
}

/** A verifying process: it watches, and reports when it is asked. Resolves once it has everything. */
async function startVerifier(t: TestContext, options: VerifierOptions) {
  const { verifierId, budgetSeconds = 10, silent = false } = options
  const leaving = new AbortController()
  const ctx = testContext({ caller, signal: leaving.signal })
  const input = { logId: '', since: 0n, verifierId, verifierName: `${verifierId}-api` }
  const steps = watchRevocations(deps, ctx, {
    ...input,
    stalenessBudgetSeconds: budgetSeconds,
  } as WatchRevocationsRequest)
  const ready = Promise.withResolvers<void>()
  let asked = 0
  const running = (async () => {
    for await (const step of steps) {
      if (step.complete) ready.resolve()
      if (step.report) asked += 1
      if (step.report && !silent) await report(verifierId, step)
    }
  })()
  t.after(async () => {
    leaving.abort()
    await running
  })
  await ready.promise
  return {
    asked: () => asked,
    async leave() {
      leaving.abort()
      await running
    },
  }
}

const report = (verifierId: string, { logId, position }: WatchRevocationsResponse) =>
  reportPosition(deps, testContext({ caller }), { verifierId, logId, position } as never)

const ids = (named: readonly { verifierId: string }[]) =>
  named.map(({ verifierId }) => verifierId).sort()

describe('nobody waits', () => {
  it('then there is no receipt, no statement for it, and nobody is asked', async (t) => {
    const verifier = await startVerifier(t, { verifierId: 'one' })
    const { accessToken } = await enter()
    const statements: string[] = []
    const counting: Db['query'] = (statement: Statement) => {
      statements.push(statement.name)
      return deps.db.query(statement)
    }
    const counted = { ...deps, receipts: openReceipts({ query: counting }) }
    const answer = await signOut(counted, testContext(), {
      token: accessToken,
      scope: SignOutScope.THIS_SESSION,
      waitMs: 0,
    } as never)
    assert.deepEqual(Object.keys(answer), ['position'])
    assert.deepEqual(statements, [])
    await deps.revocations.applied(answer.position as bigint, AbortSignal.timeout(10_000))
    assert.equal(verifier.asked(), 0)
  })
})

describe('a receipt', () => {
  it('is never complete while there is no place for one more verifier', async (t) => {
    t.after(() => rowsOf(deps, `delete from revocation_verifiers where owner like 'crowd-%'`))
    await rowsOf(
      deps,
      `insert into revocation_verifiers (owner, verifier_id, name, staleness_budget_seconds, instance_id, stream_id, seen_at, log_id, position)
       select 'crowd-' || n, 'one', 'crowd', 10, gen_random_uuid(), gen_random_uuid(), signet_now(), h.log_id::text, h.position + 1000
         from revocation_head h, generate_series(1, 10000) n`,
    )
    const { accessToken } = await enter()
    const { receipt } = await leave(accessToken, 200)
    assert.deepEqual([receipt?.complete, receipt?.pending.length], [false, 0])
  })

  it('names who has applied it, how fast, and until when others may not refuse', async (t) => {
    await startVerifier(t, { verifierId: 'one' })
    await startVerifier(t, { verifierId: 'two' })
    const { accessToken } = await enter()
    const { position, receipt } = await leave(accessToken, 10_000)
    assert.ok(receipt)
    assert.deepEqual(ids(receipt.applied), ['one', 'two'])
    assert.deepEqual([receipt.pending, receipt.complete], [[], true])
    assert.deepEqual([receipt.position, receipt.logId], [position, deps.revocations.state().logId])
    for (const { afterMs, name } of receipt.applied) {
      assert.ok(afterMs > 0 && afterMs < 10_000, `${afterMs}`)
      assert.match(name, /-api$/)
    }
    const [unwatched, ...more] = receipt.notCovered
    assert.deepEqual([unwatched?.kind, more], [NotCoveredKind.UNWATCHED, []])
    const life = Number(unwatched?.until?.seconds) - Date.now() / 1000
    assert.ok(life > 200 && life < 1000, `${life}`)
  })

  it('comes with each way of ending sessions, and not where nothing ended', async (t) => {
    await startVerifier(t, { verifierId: 'one' })
    const [here, other, another] = [await enter(), await enter(), await enter()]
    const ctx = testContext({
      caller: await authenticateBearer(deps, testContext(), here.accessToken),
    })
    const waitMs = 10_000
    const one = (await revokeSession(deps, ctx, {
      sessionId: other.sessionId,
      waitMs,
    } as never)) as Answer
    assert.deepEqual(ids(one.receipt?.applied ?? []), ['one'])
    const others = (await revokeOtherSessions(deps, ctx, { waitMs } as never)) as Answer
    assert.deepEqual([others.ended, ids(others.receipt?.applied ?? [])], [1, ['one']])
    const none = (await revokeOtherSessions(deps, ctx, { waitMs } as never)) as Answer
    assert.deepEqual(none, { ended: 0, position: 0n })
    assert.deepEqual(await leave(another.accessToken, waitMs), { position: 0n })
    const everywhere = await leave(here.accessToken, waitMs, SignOutScope.EVERYWHERE)
    assert.deepEqual(ids(everywhere.receipt?.applied ?? []), ['one'])
  })

  it('is complete at once where nobody watches', async () => {
    const { receipt } = await leave((await enter()).accessToken, 10_000)
    assert.deepEqual([receipt?.applied, receipt?.pending, receipt?.complete], [[], [], true])
  })

  it('keeps a silent verifier pending until its own budget makes it refuse', async (t) => {
    await startVerifier(t, { verifierId: 'heard' })
    await startVerifier(t, { verifierId: 'silent', silent: true, budgetSeconds: 1 })
    const early = (await leave((await enter()).accessToken, 300)).receipt
    assert.deepEqual(ids(early?.applied ?? []), ['heard'])
    assert.deepEqual(
      early?.pending.map(({ verifierId, refuses }) => [verifierId, refuses]),
      [['silent', false]],
    )
    assert.equal(early?.complete, false)
    const refusesAt = Number(early?.pending[0]?.refusesAt?.seconds)
    assert.ok(Math.abs(refusesAt - Date.now() / 1000) < 3)

    const late = (await leave((await enter()).accessToken, 10_000)).receipt
    assert.deepEqual(
      late?.pending.map(({ verifierId, refuses }) => [verifierId, refuses]),
      [['silent', true]],
    )
    assert.equal(late?.complete, true)
  })

  it('refuses a report that cannot be stored, and notes those that come with it', async (t) => {
    await startVerifier(t, { verifierId: 'one' })
    const { logId, position } = deps.revocationFeed.state()
    const good = report('one', { logId, position } as WatchRevocationsResponse)
    for (const text of ['\u0000', 'a\ud800']) {
      const wanting = ErrorReason.INVALID_ARGUMENT
      await assertRefused(report(text, { logId, position } as WatchRevocationsResponse), wanting)
      const step = { logId: text, position } as WatchRevocationsResponse
      await assertRefused(report('one', step), wanting)
    }
    await good
  })

  it('does not count a report of another log, of an earlier position or of another caller', async (t) => {
    await startVerifier(t, { verifierId: 'one', silent: true })
    const { logId, position } = deps.revocations.state()
    const waiting = leave((await enter()).accessToken, 1_000)
    const another = testContext({ caller: { ...caller, userId: email as never } })
    const far = { verifierId: 'one', logId, position: position + 1000n } as never
    await assertRefused(reportPosition(deps, another, far), ErrorReason.NOT_FOUND)
    await report('one', { logId, position } as WatchRevocationsResponse)
    await report('one', { logId: 'another', position: 2n ** 40n } as WatchRevocationsResponse)
    const { receipt } = await waiting
    assert.deepEqual([receipt?.applied, ids(receipt?.pending ?? [])], [[], ['one']])
  })

  it('does not wait any longer for a caller who has left', async (t) => {
    await startVerifier(t, { verifierId: 'one', silent: true })
    const leaving = new AbortController()
    const { accessToken } = await enter()
    const startedAt = performance.now()
    const answered = signOut(deps, testContext({ signal: leaving.signal }), {
      token: accessToken,
      scope: SignOutScope.THIS_SESSION,
      waitMs: 10_000,
    } as never)
    setTimeout(() => leaving.abort(), 200)
    await answered
    assert.ok(performance.now() - startedAt < 5_000)
    await assertRefused(
      authenticateBearer(deps, testContext(), accessToken),
      ErrorReason.UNAUTHENTICATED,
    )
  })

  it('is incomplete where the database goes away meanwhile, and the revocation stands', async () => {
    const away: Db = { query: async () => Promise.reject(new Error('away')) }
    const { accessToken } = await enter()
    const cut = { ...deps, receipts: openReceipts(away) }
    const { position, receipt } = (await signOut(cut, testContext(), {
      token: accessToken,
      scope: SignOutScope.THIS_SESSION,
      waitMs: 200,
    } as never)) as Answer
    assert.ok(position > 0n)
    assert.deepEqual(
      [receipt?.complete, receipt?.logId, receipt?.applied, receipt?.notCovered],
      [false, '', [], []],
    )
  })

  it('of two who end one session at once is for both, where one of them waits', async (t) => {
    await startVerifier(t, { verifierId: 'one' })
    const { accessToken } = await enter()
    const [waits, doesNot] = await Promise.all([leave(accessToken, 10_000), leave(accessToken, 0)])
    const answered = waits.receipt ?? doesNot.receipt
    if (waits.position > 0n) assert.deepEqual(ids(answered?.applied ?? []), ['one'])
  })
})

describe('the registry of verifiers', () => {
  const status = async (at: Deps = deps) => {
    const { verifiers = [] } = await getRevocationStatus(at, testContext({ caller }), {} as never)
    return verifiers.map(({ verifierId, connected }) => [verifierId, connected])
  }

  it('says who watches, and who has left', async (t) => {
    const one = await startVerifier(t, { verifierId: 'one' })
    await startVerifier(t, { verifierId: 'two' })
    assert.deepEqual(await status(), [
      ['one', true],
      ['two', true],
    ])
    await one.leave()
    await eventually(async () => assert.deepEqual((await status())[0], ['one', false]))
  })

  it('does not take the end of an old stream for the end of its successor', async (t) => {
    const first = await startVerifier(t, { verifierId: 'one' })
    await startVerifier(t, { verifierId: 'one' })
    await first.leave()
    const second = await startVerifier(t, { verifierId: 'two' })
    await second.leave()
    await eventually(async () =>
      assert.deepEqual(await status(), [
        ['one', true],
        ['two', false],
      ]),
    )
  })

  it('takes the verifiers of a crashed instance for gone, and forgets them when they accept nothing any more', async (t) => {
    await startVerifier(t, { verifierId: 'one' })
    const crashed = openVerifierRegistry(deps)
    const place = { logId: 'log', position: 1n }
    const lost = { owner: watcherId, verifierId: 'lost', clientId: null, name: 'lost' }
    await crashed.enter({ ...lost, stalenessBudgetSeconds: 10 }, place)
    await rowsOf(
      deps,
      `update revocation_instances set seen_at = seen_at - interval '11 seconds'
        where id = (select instance_id from revocation_verifiers where verifier_id = 'lost')`,
    )
    assert.deepEqual(await status(), [
      ['lost', false],
      ['one', true],
    ])
    const later = await secondsAhead(test, t, 5)
    await leaveCrashedInstances(later.db, { silence: '10 seconds' })
    await sweepVerifiers(later.db)
    assert.deepEqual(await status(), [
      ['lost', false],
      ['one', true],
    ])
    await sweepVerifiers((await secondsAhead(test, t, 700)).db)
    assert.deepEqual(await status(), [['one', true]])
    await crashed.stop()
  })

  it('is bounded: one verifier too many watches without a place in receipts', async (t) => {
    await rowsOf(
      deps,
      `insert into revocation_verifiers
         (owner, verifier_id, name, staleness_budget_seconds, instance_id, stream_id, seen_at, log_id, position)
       select 'x', n::text, '', 10, gen_random_uuid(), gen_random_uuid(), signet_now(), '', 0
         from generate_series(1, 10000) n`,
    )
    await startVerifier(t, { verifierId: 'one', silent: true })
    const known = await rowsOf(deps, `select from revocation_verifiers where verifier_id = 'one'`)
    assert.equal(known.length, 0)
    await rowsOf(deps, 'delete from revocation_verifiers')
  })
})

async function eventually(holds: () => Promise<void>): Promise<void> {
  for (let left = 200; ; left -= 1) {
    try {
      await holds()
      return
    } catch (error) {
      if (left === 0) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}
