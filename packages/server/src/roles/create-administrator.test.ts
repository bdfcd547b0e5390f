import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ErrorReason } from '@signet/contract'
import { assertRefused, openTestUser, signInAs, testPassword } from '../testing/accounts.ts'
import { openFileDeps, rowsOf, testContext } from '../testing/deps.ts'
import { authenticateBearer } from '../tokens/authenticate.ts'
import { createAdministrator, type NewAdministrator } from './create-administrator.ts'

const { deps } = await openFileDeps({ emptied: ['users'] })

const form = { email: 'root@example.com', password: testPassword, displayName: 'Root' }
const create = (changes: Partial<NewAdministrator> = {}) =>
  createAdministrator(deps, testContext(), { ...form, ...changes })

async function permissionsOf(email: string, password = testPassword): Promise<string[]> {
  const { accessToken } = await signInAs(deps, email, password)
  return [...(await authenticateBearer(deps, testContext(), accessToken)).permissions]
}

async function latestEvent(): Promise<unknown[] | undefined> {
  const text =
    'select kind, outcome, subject_id from events order by occurred_at desc, id desc limit 1'
  return (await rowsOf(deps, text))[0]
}

describe('createAdministrator', () => {
  it('opens an account with a verified address that may do everything', async () => {
    const { userId, created } = await create()
    assert.equal(created, true)
    assert.deepEqual(await latestEvent(), ['administrator.created', 'success', userId])
    assert.deepEqual(await permissionsOf('root@example.com'), ['*'])
    const verified = await rowsOf(deps, 'select verified_at is not null from identifiers')
    assert.deepEqual(verified, [[true]])
  })

  it('gives the role to the owner of the address, who keeps their password', async () => {
    const ownerId = await openTestUser(deps, 'ROOT@example.com', { password: 'the owner chose it' })
    assert.deepEqual(await create(), { userId: ownerId, created: false })
    assert.deepEqual(await latestEvent(), ['role.assigned', 'success', ownerId])
    assert.deepEqual(await permissionsOf('root@example.com', 'the owner chose it'), ['*'])
    await assertRefused(permissionsOf('root@example.com'), ErrorReason.INVALID_CREDENTIALS)
  })

  it('never gives the role to somebody who merely claims the address', async () => {
    const claimant = { password: 'the claim of a stranger', verified: false }
    const claimantId = await openTestUser(deps, 'root@example.com', claimant)
    const { userId, created } = await create()
    assert.equal(created, true)
    assert.notEqual(userId, claimantId)
    const stranger = permissionsOf('root@example.com', claimant.password)
    await assertRefused(stranger, ErrorReason.INVALID_CREDENTIALS)
  })

  it('can be repeated', async () => {
    const { userId } = await create()
    assert.deepEqual(await create(), { userId, created: false })
    assert.equal((await rowsOf(deps, 'select 1 from role_assignments')).length, 1)
  })

  it('refuses what is malformed or weak, and changes nothing', async () => {
    const malformed = create({ email: 'root', displayName: '\u0000' })
    await assertRefused(malformed, ErrorReason.INVALID_ARGUMENT, ['email.at', 'text.printable'])
    const weak = create({ password: 'password1' })
    await assertRefused(weak, ErrorReason.PASSWORD_REJECTED, ['password.common'])
    assert.deepEqual(await rowsOf(deps, 'select 1 from users'), [])
  })
})
