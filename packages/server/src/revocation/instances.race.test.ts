import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, it, type TestContext } from 'node:test'
import { ErrorReason, SignOutScope } from '@signet/contract'
import type { DatabaseAddress } from '../db/address.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { changePassword } from '../sign-in/change-password.ts'
import { openTestUser, signInAs, testPassword } from '../testing/accounts.ts'
import { openTestDeps, rowsOf, type TestDeps, testContext } from '../testing/deps.ts'
import { authenticateBearer } from '../tokens/authenticate.ts'
import { refreshTokens } from '../tokens/refresh-tokens.ts'
import { suspendUser, unsuspendUser } from '../users/suspend-user.ts'
import { signOut } from './rpc.ts'

let test: TestDeps
let deps: Deps

before(async () => {
  test = await openTestDeps()
  deps = test.deps
})
after(() => test.close())

const never = 3_600_000
const program = join(import.meta.dirname, 'testing/live-log-process.ts')

async function startInstance(t: TestContext, directAddress: DatabaseAddress, netMs: number) {
  const args = [program, JSON.stringify(test.address), JSON.stringify(directAddress), String(netMs)]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  assert.equal((await lines.next()).value, 'ready')
  return {
    /** Resolves once the process has read the log up to there. */
    async applied(position: bigint) {
      child.stdin.write(`${position}\n`)
      assert.equal((await lines.next()).value, String(position))
    },
  }
}

const leave = (token: string, scope: SignOutScope = SignOutScope.THIS_SESSION) =>
  signOut(deps, testContext(), { token, scope } as Parameters<typeof signOut>[2])

it('a sign-out reaches two other processes: one that hears of it, one that can only look', async (t) => {
  await openTestUser(deps, 'ada@example.com')
  const [hears, looks] = await Promise.all([
    startInstance(t, test.address, never),
    startInstance(t, { ...test.address, port: 1 }, 50),
  ])
  for (let round = 0; round < 5; round += 1) {
    const { accessToken } = await signInAs(deps, 'ada@example.com')
    const { position } = await leave(accessToken)
    await Promise.all([hears.applied(position as bigint), looks.applied(position as bigint)])
  }
})

it('no deadlock reaches a caller, whatever ends and starts at the same time', async () => {
  const email = 'grace@example.com'
  const userId = await openTestUser(deps, email)
  const [[before]] = (await rowsOf(deps, deadlocks)) as [[bigint]]
  const answers: Promise<unknown>[] = []
  for (let round = 0; round < 6; round += 1) {
    const signedIns = await Promise.all(Array.from({ length: 6 }, () => signInAs(deps, email)))
    const [a, b, c, d, e, f] = signedIns as [Entered, Entered, Entered, Entered, Entered, Entered]
    const caller = await authenticateBearer(deps, testContext(), d.accessToken)
    const change = { currentPassword: testPassword, newPassword: testPassword }
    const running = [
      leave(a.accessToken, SignOutScope.EVERYWHERE),
      leave(b.accessToken, SignOutScope.OTHER_SESSIONS),
      leave(c.refreshToken),
      leave(e.accessToken),
      refreshTokens(deps, testContext(), { refreshToken: f.refreshToken }),
      refreshTokens(deps, testContext(), { refreshToken: b.refreshToken }),
      changePassword(deps, testContext({ caller }), change),
      suspendUser(deps, testContext(), { userId }).then(() =>
        unsuspendUser(deps, testContext(), { userId }),
      ),
      ...Array.from({ length: 4 }, () => signInAs(deps, email)),
    ]
    answers.push(...running)
    await Promise.allSettled(running)
    await unsuspendUser(deps, testContext(), { userId })
  }
  for (const outcome of await Promise.allSettled(answers)) {
    if (outcome.status === 'fulfilled') continue
    const { reason } = outcome
    assert.ok(reason instanceof SignetError, String(reason))
    assert.ok(expected.has(reason.reason), reason.message)
  }
  const [[after]] = (await rowsOf(deps, deadlocks)) as [[bigint]]
  assert.equal(after, before, 'none was retried either')
})

type Entered = Awaited<ReturnType<typeof signInAs>>

/** Whatever comes too late is told so; UNAVAILABLE is not among it. */
const expected: ReadonlySet<ErrorReason> = new Set([
  ErrorReason.UNAUTHENTICATED,
  ErrorReason.INVALID_GRANT,
  ErrorReason.INVALID_CREDENTIALS,
  ErrorReason.ACCOUNT_SUSPENDED,
])

const deadlocks = `select deadlocks from pg_stat_get_db_deadlocks((select oid from pg_database where datname = current_database())) deadlocks`
