import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ErrorReason } from '@signet/contract'
import type { UserId } from '../ids.ts'
import { createAdministrator } from '../roles/create-administrator.ts'
import { assertRefused, openTestUser, signInAs, testPassword } from '../testing/accounts.ts'
import { openFileDeps, rowsOf, testContext } from '../testing/deps.ts'
import { authenticateBearer } from '../tokens/authenticate.ts'
import { suspendUser, unsuspendUser } from './suspend-user.ts'

const { deps } = await openFileDeps({ emptied: ['users'] })

const suspend = (userId: UserId) => suspendUser(deps, testContext(), { userId })
const unsuspend = (userId: UserId) => unsuspendUser(deps, testContext(), { userId })

async function administrator(email: string): Promise<UserId> {
  const input = { email, password: testPassword, displayName: '' }
  return (await createAdministrator(deps, testContext(), input)).userId
}

async function statusOf(userId: UserId): Promise<unknown> {
  return (await rowsOf(deps, 'select status from users where id = $1', [userId]))[0]?.[0]
}

async function eventsOf(userId: UserId): Promise<unknown[]> {
  const text = 'select kind from events where subject_id = $1 order by occurred_at, id'
  return (await rowsOf(deps, text, [userId])).map(([kind]) => kind)
}

describe('suspendUser and unsuspendUser', () => {
  it('ends every session, and opening the account again revives none', async () => {
    const userId = await openTestUser(deps, 'ada@example.com')
    const other = await openTestUser(deps, 'bob@example.com')
    const tokens = [
      (await signInAs(deps, 'ada@example.com')).accessToken,
      (await signInAs(deps, 'ada@example.com')).accessToken,
    ]
    const bobs = (await signInAs(deps, 'bob@example.com')).accessToken
    assert.deepEqual(await suspend(userId), { changed: true })
    const allDead = async () => {
      for (const token of tokens) {
        const answer = authenticateBearer(deps, testContext(), token)
        await assertRefused(answer, ErrorReason.UNAUTHENTICATED)
      }
    }
    await allDead()
    assert.deepEqual(await unsuspend(userId), { changed: true })
    await allDead()
    const again = await signInAs(deps, 'ada@example.com')
    assert.equal((await authenticateBearer(deps, testContext(), again.accessToken)).userId, userId)
    assert.equal((await authenticateBearer(deps, testContext(), bobs)).userId, other)
    assert.deepEqual(await eventsOf(userId), [
      'session.started',
      'session.started',
      'user.suspended',
      'user.unsuspended',
      'session.started',
    ])
  })

  it('raises the cut with each suspension and never lowers it', async () => {
    const userId = await openTestUser(deps, 'ada@example.com')
    const cuts: bigint[] = []
    for (let round = 0; round < 3; round += 1) {
      await suspend(userId)
      await unsuspend(userId)
      const [row] = await rowsOf(deps, 'select cut, revocation_position() from users')
      assert.equal(row?.[0], row?.[1])
      cuts.push(row?.[0] as bigint)
    }
    const [first = 0n, second = 0n, third = 0n] = cuts
    assert.ok(first < second && second < third)
  })

  it('changes and records nothing the second time', async () => {
    const userId = await openTestUser(deps, 'ada@example.com')
    assert.deepEqual(await unsuspend(userId), { changed: false })
    await suspend(userId)
    const kept = await rowsOf(deps, 'select * from users')
    assert.deepEqual(await suspend(userId), { changed: false })
    assert.deepEqual(await rowsOf(deps, 'select * from users'), kept)
    assert.deepEqual(await eventsOf(userId), ['user.suspended'])
  })

  it('says that there is no such user', async () => {
    const nobody = '019a0000-0000-7000-8000-00000000000f' as UserId
    await assertRefused(suspend(nobody), ErrorReason.NOT_FOUND)
    await assertRefused(unsuspend(nobody), ErrorReason.NOT_FOUND)
  })

  it('keeps what an administrator typed as ciphertext', async () => {
    const userId = await openTestUser(deps, 'ada@example.com')
    await suspendUser(deps, testContext(), { userId, reason: 'canary reason' })
    const text = `select e::text, personal is not null from events e where kind = 'user.suspended' and subject_id = $1`
    const [event] = await rowsOf(deps, text, [userId])
    assert.equal(String(event?.[0]).includes('canary'), false)
    assert.equal(event?.[1], true)
  })
})

describe('the last active administrator', () => {
  it('cannot be suspended, and another one can', async () => {
    const [first, second] = [
      await administrator('a@example.com'),
      await administrator('b@example.com'),
    ]
    await suspend(first)
    await assertRefused(suspend(second), ErrorReason.INVALID_ARGUMENT, ['user.last_administrator'])
    assert.equal(await statusOf(second), 'active')
    await unsuspend(first)
    assert.deepEqual(await suspend(second), { changed: true })
  })

  it('is not joined by administrators of one organization, or by roles of the same name', async () => {
    const only = await administrator('a@example.com')
    const other = await openTestUser(deps, 'b@example.com')
    await rowsOf(
      deps,
      `insert into role_assignments (user_id, role_id, organization_id, created_at)
       select $1, id, gen_random_uuid(), signet_now() from roles where name = 'administrator'`,
      [other],
    )
    await assertRefused(suspend(only), ErrorReason.INVALID_ARGUMENT, ['user.last_administrator'])
    assert.deepEqual(await suspend(other), { changed: true })
  })
})
