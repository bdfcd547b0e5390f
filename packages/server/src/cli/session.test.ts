import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ErrorReason } from '@signet/contract'
import { openMasterSecret } from '../crypto/master-secret.ts'
import type { Deps } from '../deps.ts'
import { openKnownGrants } from '../grants/grant-keys.ts'
import type { UserCaller } from '../request-context.ts'
import { reportPosition } from '../revocation/feed-rpc.ts'
import { watchRevocations } from '../revocation/watch-revocations.ts'
import { assertRefused, openTestUser, signInAs } from '../testing/accounts.ts'
import { openTestDeps, rowsOf, type TestDeps, testContext, withParts } from '../testing/deps.ts'
import { authenticateBearer } from '../tokens/authenticate.ts'
import { databaseEnvironment, runSignet } from './testing/spawn-signet.ts'

let test: TestDeps
let deps: Deps
let environment: Record<string, string>
const email = 'ada@example.com'

before(async () => {
  test = await openTestDeps()
  environment = databaseEnvironment(test.address)
  // The secret that the command line has: both write events of the same people.
  const masterSecret = openMasterSecret({ current: environment.SIGNET_MASTER_SECRET ?? '' })
  deps = withParts(test.deps, { masterSecret, knownGrants: openKnownGrants(masterSecret) })
  await openTestUser(deps, email)
})
after(() => test.close())

async function signet(...args: string[]) {
  const { exitCode, stdout } = await runSignet([...args, '--json'], { environment })
  return { exitCode, said: JSON.parse(stdout) }
}

const authenticate = (token: string) => authenticateBearer(deps, testContext(), token)

describe('signet session', () => {
  it('lists the live sessions of a user, and ends one', async () => {
    const [one, two] = [await signInAs(deps, email), await signInAs(deps, email)]
    const listed = async () =>
      (await signet('session', 'list', email)).said.sessions.map(({ id }: { id: string }) => id)
    assert.deepEqual((await listed()).sort(), [one.sessionId, two.sessionId].sort())
    const revoked = await signet('session', 'revoke', one.sessionId)
    assert.deepEqual([revoked.exitCode, revoked.said.changed], [0, true])
    await assertRefused(authenticate(one.accessToken), ErrorReason.UNAUTHENTICATED)
    await authenticate(two.accessToken)
    assert.deepEqual(await listed(), [two.sessionId])
    assert.equal((await signet('session', 'revoke', one.sessionId)).said.changed, false)
    const { said } = await signet('session', 'revoke', '019a0000-0000-7000-8000-00000000000f')
    assert.equal(said.error.code, 'NOT_FOUND')
  })
})

describe('signet session revoke --wait', () => {
  it('says who refuses the tokens already, in words and as JSON', async (t) => {
    const leaving = new AbortController()
    const caller = { kind: 'user', userId: '019a0000-0000-7000-8000-0000000000aa' } as UserCaller
    const ctx = testContext({ caller, signal: leaving.signal })
    const input = { logId: '', since: 0n, verifierId: 'one', verifierName: 'ledger-api' }
    const steps = watchRevocations(deps, ctx, { ...input, stalenessBudgetSeconds: 10 } as never)
    const { value: first } = await steps.next()
    assert.ok(first)
    const running = (async () => {
      for await (const { report, logId, position } of steps)
        if (report) await reportPosition(deps, ctx, { verifierId: 'one', logId, position } as never)
    })()
    t.after(async () => {
      leaving.abort()
      await running
    })
    const [one, two] = [await signInAs(deps, email), await signInAs(deps, email)]
    const { said } = await signet('session', 'revoke', one.sessionId, '--wait')
    assert.equal(said.receipt.complete, true)
    assert.equal(said.receipt.applied[0].name, 'ledger-api')
    const inWords = await runSignet(['session', 'revoke', two.sessionId, '--wait', '5'], {
      environment,
    })
    assert.match(inWords.stdout, /has ended\.\nRefused by ledger-api after \d+ ms\.\nNot asked: /)
    const { verifiers } = (await signet('status')).said.schema
    assert.deepEqual(
      verifiers.map(({ name, connected }: Record<string, unknown>) => [name, connected]),
      [['ledger-api', true]],
    )
    const again = await signet('session', 'revoke', one.sessionId, '--wait')
    assert.deepEqual([again.said.changed, again.said.receipt], [false, undefined])
    const tooLong = await runSignet(['session', 'revoke', two.sessionId, '--wait', '11'], {
      environment,
    })
    assert.equal(tooLong.exitCode, 2)
  })
})

describe('signet recover', () => {
  it('ends every session, and with --dry-run none', async () => {
    const signedIn = await signInAs(deps, email)
    const head = 'select log_id, position from revocation_head'
    const [before] = await rowsOf(deps, head)
    assert.equal((await signet('recover', '--dry-run')).said.sessionsEnded, 2)
    await authenticate(signedIn.accessToken)
    assert.deepEqual(await rowsOf(deps, head), [before])
    assert.equal((await signet('recover')).said.sessionsEnded, 2)
    await assertRefused(authenticate(signedIn.accessToken), ErrorReason.UNAUTHENTICATED)
    const [[logId, position]] = (await rowsOf(deps, head)) as [[string, bigint]]
    assert.notEqual(logId, before?.[0])
    assert.equal(position, (before?.[1] as bigint) + 2n ** 32n + 1n)
    await authenticate((await signInAs(deps, email)).accessToken)
  })
})
