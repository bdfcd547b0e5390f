import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import type { Deps } from '../deps.ts'
import { createAdministrator } from '../roles/create-administrator.ts'
import { openTestUser, testPassword } from '../testing/accounts.ts'
import { openTestDeps, rowsOf, type TestDeps, testContext } from '../testing/deps.ts'
import { suspendUser, unsuspendUser } from './suspend-user.ts'

let test: TestDeps
let deps: Deps

before(async () => {
  test = await openTestDeps()
  deps = test.deps
})
after(() => test.close())

it('administrators who suspend each other at once leave one', async () => {
  const userIds = await Promise.all(
    [0, 1, 2, 3].map(async (i) => {
      const input = { email: `admin${i}@example.com`, password: testPassword, displayName: '' }
      return (await createAdministrator(deps, testContext(), input)).userId
    }),
  )
  for (let round = 0; round < 10; round += 1) {
    await Promise.allSettled(userIds.map((userId) => suspendUser(deps, testContext(), { userId })))
    const active = await rowsOf(deps, `select id from users where status = 'active'`)
    assert.equal(active.length, 1)
    await Promise.all(userIds.map((userId) => unsuspendUser(deps, testContext(), { userId })))
  }
})

it('suspensions at once take positions of their own, in the order in which they commit', async () => {
  const userIds = await Promise.all(
    Array.from({ length: 20 }, (_, i) => openTestUser(deps, `user${i}@example.com`)),
  )
  const [[before]] = (await rowsOf(deps, 'select revocation_position()')) as [[bigint]]
  await Promise.all(userIds.map((userId) => suspendUser(deps, testContext(), { userId })))
  const cuts = await rowsOf(deps, 'select cut from users where id = any($1::uuid[]) order by cut', [
    userIds,
  ])
  assert.deepEqual(
    cuts.map(([cut]) => cut),
    userIds.map((_, i) => before + BigInt(i) + 1n),
  )
})
