import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { hash as bcryptHash } from '@node-rs/bcrypt'
import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import type { UserId } from '../ids.ts'
import { assertRefused, openTestUser, signInAs, testPassword } from '../testing/accounts.ts'
import { openTestDeps, rowsOf, type TestDeps, testContext } from '../testing/deps.ts'
import { authenticateBearer } from '../tokens/authenticate.ts'
import { suspendUser, unsuspendUser } from '../users/suspend-user.ts'

let test: TestDeps
let deps: Deps
let userId: UserId

before(async () => {
  test = await openTestDeps()
  deps = test.deps
})
after(() => test.close())
beforeEach(async () => {
  await rowsOf(deps, 'delete from users')
  userId = await openTestUser(deps, email)
})

const email = 'ada@example.com'

/** The same parts, where something happens after the password was read and before it is known to be right. */
function whileHashing(happens: () => Promise<unknown>): Deps {
  const passwords: Deps['passwords'] = {
    ...deps.passwords,
    async verify(...args) {
      const verified = await deps.passwords.verify(...args)
      await happens()
      return verified
    },
  }
  return { ...deps, passwords }
}

const suspend = () => suspendUser(deps, testContext(), { userId })
const unsuspend = () => unsuspendUser(deps, testContext(), { userId })

async function sessionsCount(): Promise<unknown> {
  return (await rowsOf(deps, 'select count(*)::integer from sessions'))[0]?.[0]
}

async function isAlive(accessToken: string): Promise<boolean> {
  return authenticateBearer(deps, testContext(), accessToken).then(
    () => true,
    () => false,
  )
}

describe('a sign-in whose hash is still running', () => {
  it('yields no session when the user is suspended meanwhile', async () => {
    await assertRefused(signInAs(whileHashing(suspend), email), ErrorReason.ACCOUNT_SUSPENDED)
    assert.equal(await sessionsCount(), 0)
  })

  it('yields no session when the user is suspended and unsuspended meanwhile', async () => {
    const racing = whileHashing(async () => {
      await suspend()
      await unsuspend()
    })
    await assertRefused(signInAs(racing, email), ErrorReason.INVALID_CREDENTIALS)
    assert.equal(await sessionsCount(), 0)
    assert.ok(await isAlive((await signInAs(deps, email)).accessToken))
  })

  it('yields no session when the password is changed meanwhile, even to the same one', async () => {
    const racing = whileHashing(() =>
      rowsOf(deps, `update passwords set set_at = set_at + interval '1 millisecond'`),
    )
    await assertRefused(signInAs(racing, email), ErrorReason.INVALID_CREDENTIALS)
    assert.equal(await sessionsCount(), 0)
  })

  it('yields no session when the user is deleted meanwhile', async () => {
    const racing = whileHashing(() => rowsOf(deps, 'delete from users'))
    await assertRefused(signInAs(racing, email), ErrorReason.INVALID_CREDENTIALS)
    assert.equal(await sessionsCount(), 0)
  })

  it('leaves a password alone that was changed while a hash from elsewhere was upgraded', async () => {
    const [imported, changed] = [
      await bcryptHash(testPassword, { cost: 4 }),
      await bcryptHash('changed', { cost: 4 }),
    ]
    await rowsOf(deps, 'update passwords set hash = $1', [imported])
    const racing = whileHashing(() =>
      rowsOf(deps, `update passwords set hash = $1, set_at = set_at + interval '1 second'`, [
        changed,
      ]),
    )
    await assertRefused(signInAs(racing, email), ErrorReason.INVALID_CREDENTIALS)
    assert.deepEqual(await rowsOf(deps, 'select hash from passwords'), [[changed]])
  })
})

describe('a suspension that commits at the same moment', () => {
  it('kills the session that was started before it could be seen', async () => {
    const signedIn = await deps.db.transaction(async (tx) => {
      const text = `update users set status = 'suspended' where id = $1
                    returning log_revocation('sub', id::text, 'suspended')`
      await tx.query({ name: '', text, values: [userId], rowMode: 'array' })
      // The suspension is not committed, so this sign-in cannot see it.
      return signInAs(deps, email)
    })
    assert.equal(await isAlive(signedIn.accessToken), false)
    await unsuspend()
    assert.equal(await isAlive(signedIn.accessToken), false)
    assert.ok(await isAlive((await signInAs(deps, email)).accessToken))
  })

  it('leaves none of 40 sign-ins alive, and unsuspending revives none', async () => {
    const signIns = Array.from({ length: 40 }, () => signInAs(deps, email).catch(() => undefined))
    await signIns[0]
    await suspend()
    const acknowledged = await Promise.all(signIns)
    const tokens = acknowledged.flatMap((signedIn) => signedIn?.accessToken ?? [])
    assert.ok(tokens.length > 0)
    assert.deepEqual(
      await Promise.all(tokens.map(isAlive)),
      tokens.map(() => false),
    )
    await unsuspend()
    assert.deepEqual(
      await Promise.all(tokens.map(isAlive)),
      tokens.map(() => false),
    )
  })
})
