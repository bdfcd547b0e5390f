import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ErrorReason } from '@signet/contract'
import { openMasterSecret } from '../crypto/master-secret.ts'
import type { Deps } from '../deps.ts'
import { openKnownGrants } from '../grants/grant-keys.ts'
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
