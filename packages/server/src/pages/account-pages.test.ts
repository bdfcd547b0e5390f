import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { UserId } from '../ids.ts'
import { openTestUser, testPassword } from '../testing/accounts.ts'
import { openFileDeps, rowsOf, testContext } from '../testing/deps.ts'
import { openPageVisitor, type PageVisitor, type ShownPage } from '../testing/page-visitor.ts'
import { startTestService, type TestService } from '../testing/service.ts'
import { suspendUser } from '../users/suspend-user.ts'

const { deps } = await openFileDeps({ emptied: ['users'] })
const email = 'ada@example.com'
const right = { identifier: email, password: testPassword }

let service: TestService
before(async () => {
  service = await startTestService(deps)
})
after(() => service.close())

const visitor = (from?: PageVisitor) => openPageVisitor(service.url, from)

async function signIn(who: PageVisitor, fields = right): Promise<ShownPage> {
  return who.send(await who.open('/sign-in'), '/sign-in', fields)
}

async function sessionsCount(): Promise<unknown> {
  return (
    await rowsOf(deps, 'select count(*)::integer from sessions where ended_at is null')
  )[0]?.[0]
}

describe('who is signed in', () => {
  async function twoAccounts(): Promise<{ who: PageVisitor; ids: UserId[] }> {
    const ids = [await openTestUser(deps, email), await openTestUser(deps, 'eve@example.com')]
    const who = visitor()
    await signIn(who)
    await signIn(who, { ...right, identifier: 'eve@example.com' })
    return { who, ids }
  }
  const active = ({ html }: ShownPage) => /<p>Signed in as (.*?)\.<\/p>/u.exec(html)?.[1]

  it('chooses who is active, and signs out one or all', async () => {
    const { who } = await twoAccounts()
    const page = await who.open('/signed-in')
    assert.equal(active(page), 'eve@example.com')
    assert.equal((await who.send(page, '/choose-account')).location, '/signed-in')
    const other = await who.open('/signed-in')
    assert.equal(active(other), email)
    assert.equal((await who.send(other, '/sign-out')).location, '/signed-in')
    assert.equal(await sessionsCount(), 1)
    const last = await who.open('/signed-in')
    assert.equal(active(last), 'eve@example.com')
    assert.equal((await who.send(await who.open('/sign-out'), '/sign-out')).location, '/signed-out')
    assert.equal(await sessionsCount(), 0)
    assert.equal((await who.open('/signed-in')).location, '/sign-in')
    const events = await rowsOf(
      deps,
      `select details->>'reason' from events where kind = 'session.ended' order by arrival desc limit 2`,
    )
    assert.deepEqual(events, [['signed_out'], ['signed_out']])
  })

  it('goes by the primary address, and by the first that was claimed while none is proved', async () => {
    const { who, ids } = await twoAccounts()
    const another = `insert into identifiers (id, user_id, kind, value, canonical, verified_at, is_primary, created_at)
                     values (gen_random_uuid(), $1, 'email', $2, $2, $3, $4, now() + interval '1 hour')`
    const later = new Date(Date.now() + 3_600_000)
    await rowsOf(deps, another, [ids[1], 'chosen@example.com', later, true])
    await rowsOf(deps, another, [ids[1], 'claimed@example.com', null, false])
    assert.equal(active(await who.open('/signed-in')), 'chosen@example.com')
    assert.match((await who.open('/choose-account')).html, /chosen@example\.com/u)
    await rowsOf(
      deps,
      'update identifiers set verified_at = null, is_primary = false where user_id = $1',
      [ids[1]],
    )
    assert.equal(active(await who.open('/signed-in')), 'eve@example.com')
  })

  it('cannot choose or end a session of another browser', async () => {
    const { who } = await twoAccounts()
    const [row] = await rowsOf(deps, 'select id from sessions limit 1')
    const stranger = visitor()
    await openTestUser(deps, 'mallory@example.com')
    await signIn(stranger, { ...right, identifier: 'mallory@example.com' })
    const page = await stranger.open('/sign-out')
    const session = String(row?.[0])
    assert.equal((await stranger.send(page, '/sign-out', { session })).location, '/signed-in')
    assert.equal(await sessionsCount(), 3)
    const chosen = await stranger.send(await stranger.open('/choose-account'), '/choose-account', {
      session,
    })
    assert.equal(chosen.location, '/sign-in')
    assert.equal(active(await stranger.open('/signed-in')), 'mallory@example.com')
    assert.equal(active(await who.open('/signed-in')), 'eve@example.com')
  })

  it('is signed out by a sign-out in another tab, and by whatever else ends the session', async () => {
    const { who, ids } = await twoAccounts()
    const tab = visitor(who)
    await who.send(await who.open('/signed-in'), '/sign-out', { session: 'all' })
    assert.equal((await tab.open('/signed-in')).location, '/sign-in')
    await signIn(tab)
    await suspendUser(deps, testContext(), { userId: ids[0] as UserId })
    assert.equal((await tab.open('/signed-in')).location, '/sign-in')
  })
})
