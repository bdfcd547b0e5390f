import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Deps } from '../deps.ts'
import type { UserId } from '../ids.ts'
import { createAdministrator } from '../roles/create-administrator.ts'
import { openTestUser, testPassword } from '../testing/accounts.ts'
import { openTestDeps, rowsOf, type TestDeps, testContext } from '../testing/deps.ts'
import { listUsers, type UserQuery } from './list-users.ts'
import { suspendUser } from './suspend-user.ts'

let test: TestDeps
let deps: Deps

before(async () => {
  test = await openTestDeps()
  deps = test.deps
  for (const email of [
    'Ada@example.com',
    'adam@example.com',
    'a%b@example.com',
    'élan@example.com',
  ])
    await openTestUser(deps, email)
  const suspended = await openTestUser(deps, 'ad_am@example.com')
  await suspendUser(deps, testContext(), { userId: suspended })
  const deleted = await openTestUser(deps, 'adele@example.com')
  await rowsOf(deps, `update users set status = 'deleted' where id = $1`, [deleted])
  const input = { email: 'root@example.com', password: testPassword, displayName: 'Root' }
  await createAdministrator(deps, testContext(), input)
})
after(() => test.close())

async function found(query: Partial<UserQuery>): Promise<string[]> {
  const users = await listUsers(deps.db, { limit: 100, ...query })
  return users.flatMap(({ identifiers }) => identifiers)
}

describe('listUsers', () => {
  it('lists everyone but the deleted, in the order in which they came', async () => {
    assert.deepEqual(await found({}), [
      'Ada@example.com',
      'adam@example.com',
      'a%b@example.com',
      'élan@example.com',
      'ad_am@example.com',
      'root@example.com',
    ])
  })

  it('goes on after the last one of a page, without gap or repetition', async () => {
    for (const search of [undefined, 'a']) {
      const all = await found(search === undefined ? {} : { search })
      const paged: string[] = []
      let after: UserId | undefined
      for (;;) {
        const page = await listUsers(deps.db, {
          limit: 2,
          ...(after !== undefined && { after }),
          ...(search !== undefined && { search }),
        })
        paged.push(...page.flatMap(({ identifiers }) => identifiers))
        after = page.at(-1)?.id
        if (page.length < 2) break
      }
      assert.deepEqual(paged, all)
    }
  })

  it('finds by the beginning of an identifier, in any case and Unicode form, literally', async () => {
    const a = ['Ada@example.com', 'adam@example.com', 'ad_am@example.com']
    assert.deepEqual(await found({ search: 'AD' }), a)
    assert.deepEqual(await found({ search: 'ada' }), a.slice(0, 2))
    assert.deepEqual(await found({ search: 'e\u0301lan' }), ['élan@example.com'])
    assert.deepEqual(await found({ search: 'a%' }), ['a%b@example.com'])
    assert.deepEqual(await found({ search: 'ad_' }), ['ad_am@example.com'])
    for (const search of ['da', '%', '_', "'", '\\', 'z']) {
      assert.deepEqual(await found({ search }), [], search)
    }
  })

  it('filters by status', async () => {
    assert.deepEqual(await found({ status: 'suspended' }), ['ad_am@example.com'])
    assert.deepEqual(await found({ status: 'suspended', search: 'ada' }), [])
  })

  it('says what a list shows', async () => {
    const [root] = await listUsers(deps.db, { limit: 1, search: 'root@' })
    assert.equal(root?.displayName, 'Root')
    assert.equal(root?.status, 'active')
    assert.deepEqual(root?.roleNames, ['administrator', 'user'])
    assert.ok(root?.createdAt instanceof Date)
  })
})
