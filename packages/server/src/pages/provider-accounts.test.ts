/** What becomes of who comes by a provider: accounts that are there already, addresses without proof, factors, and the end there. */

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { changeProvider } from '../federation/manage-providers.ts'
import { callbackAddress } from '../federation/provider-sign-in.ts'
import { visitProvider } from '../federation/testing/provider-visitor.ts'
import type { UserId } from '../ids.ts'
import { issueMailedLink, makeOpener } from '../recovery/mailed-links.ts'
import { resetPassword } from '../recovery/reset-password.ts'
import { signUp } from '../sign-in/sign-up.ts'
import { openTestUser, testPassword } from '../testing/accounts.ts'
import { rowsOf, testContext } from '../testing/deps.ts'
import { openPageVisitor, type PageVisitor, type ShownPage } from '../testing/page-visitor.ts'
import { email, openProviderWorld } from './testing/provider-world.ts'

const world = await openProviderWorld()
const { test, service, deps, acme, apple, comeBack, signIn, sessions, pathOf } = world

describe('an address that belongs to an account, and that the provider does not vouch for', () => {
  async function asked(who: PageVisitor): Promise<ShownPage> {
    acme.person = { ...acme.person, email_verified: false }
    const { location } = await signIn(who)
    assert.match(pathOf(location), /^\/sign-in\?waiting=/u)
    return who.open(pathOf(location))
  }
  const linked = () =>
    rowsOf(deps, 'select i.value from federated_identities f join identifiers i using (user_id)')
  const enter = (who: PageVisitor, page: ShownPage, password = testPassword) =>
    who.send(page, '/sign-in', { identifier: email, password })

  it('is linked by signing in to it in the same browser, and signs in from then on', async () => {
    const userId = await openTestUser(deps, email)
    const who = openPageVisitor(service.url)
    const page = await asked(who)
    assert.match(page.html, /You come from Acme as Ada Lovelace/u)
    assert.deepEqual(await linked(), [])
    const wrong = await enter(who, page, 'not the password')
    assert.deepEqual(await linked(), [])
    await enter(who, wrong)
    assert.deepEqual(await linked(), [[email]])
    await rowsOf(deps, 'delete from sessions')
    await signIn()
    assert.deepEqual(
      (await sessions()).map(([id]) => id),
      [userId],
    )
  })

  it('is linked by nobody in another browser: a link that is handed over does nothing', async () => {
    await openTestUser(deps, email)
    const attacker = openPageVisitor(service.url)
    acme.person = { ...acme.person, email_verified: false }
    const { location } = await signIn(attacker)
    const victim = openPageVisitor(service.url)
    await victim.open('/sign-in')
    const page = await victim.open(pathOf(location))
    assert.doesNotMatch(page.html, /You come from/u)
    await enter(victim, page)
    assert.deepEqual(await linked(), [])
  })

  it('is linked once', async () => {
    await openTestUser(deps, email)
    const who = openPageVisitor(service.url)
    const page = await asked(who)
    await enter(who, page)
    await rowsOf(deps, 'delete from federated_identities')
    await enter(who, page)
    assert.deepEqual(await linked(), [])
  })
})

it('an account that was opened by a provider takes up another one by that provider', async () => {
  await signIn()
  apple.person = { sub: '001', email, email_verified: 'false' }
  const who = openPageVisitor(service.url)
  const { location } = await who.open('/auth/apple')
  const form = await visitProvider(location, callbackAddress(service.url, 'apple'))
  const asked = await who.open(pathOf((await comeBack(who, form, 'apple')).location))
  const start = /href="(\/auth\/acme\?[^"]*)"/u.exec(asked.html)?.[1]?.replaceAll('&amp;', '&')
  assert.match(asked.html, /You come from Acme/u)
  assert.doesNotMatch(asked.html, /href="\/auth\/apple/u)
  assert.equal(pathOf((await signIn(who, { start: start ?? '' })).location), '/signed-in')
  const identities = 'select provider from federated_identities order by 1'
  assert.deepEqual(await rowsOf(deps, identities), [['acme'], ['apple']])
  assert.deepEqual(await rowsOf(deps, 'select count(*)::integer from users'), [[1]])
})

it('a stranger who opened an account with the address does not survive a new password of its owner', async () => {
  acme.person.email_verified = false
  await signIn()
  const reset = async (verifiedBefore: boolean) => {
    if (verifiedBefore) await rowsOf(deps, 'update identifiers set verified_at = signet_now()')
    const opener = makeOpener()
    const [[userId, identifierId]] = (await rowsOf(
      deps,
      'select user_id, id from identifiers',
    )) as [[UserId, string]]
    const of = { userId, identifierId, value: email, canonical: email }
    const link = { purpose: 'reset_password', ...of, opener, lifetimeMinutes: 60 } as const
    await issueMailedLink(deps, link, new Date())
    const proof = { token: opener.token, email: '', code: '' }
    await resetPassword(deps, testContext(), { proof, newPassword: 'lantern orbit velvet 42' })
    return rowsOf(deps, 'select subject from federated_identities')
  }
  // Somebody has clicked on "confirm your address" in between.
  assert.deepEqual(await reset(true), [])
  // What is linked since then was linked by the owner, and stays.
  acme.person = { ...acme.person, sub: 'owner', email_verified: true }
  await signIn()
  assert.deepEqual(await reset(false), [['owner']])
})

it('where addresses must be proved first, who has not is led to the inbox, and has mail', async (t) => {
  const emailVerification = { when: 'before-sign-in', scopes: [] } as const
  const config = Object.assign(deps.config, { emailVerification })
  t.after(() => Object.assign(config, { emailVerification: test.deps.config.emailVerification }))
  acme.person = { ...acme.person, email_verified: false }
  const page = await signIn()
  assert.match(pathOf(page.location), /^\/check-inbox\?notice=first/u)
  // It waits for the proof of its own account, and of none that somebody opens with the address later.
  assert.ok(
    page.headers.getSetCookie().some((each) => /^(?:__Host-)?signet-claim=[\w-]{20}/u.test(each)),
  )
  assert.deepEqual(await sessions(), [])
  assert.deepEqual(
    await rowsOf(
      deps,
      `select data->>'about' from jobs.job where name = 'write_to_address' and data->>'canonical' = $1`,
      [email],
    ),
    [['sign_up']],
  )
})

it('a password that a stranger has set for the address before does not survive its owner', async () => {
  const claim = { email, password: testPassword, displayName: '', locale: '' }
  await signUp(deps, testContext(), claim)
  const stranger = openPageVisitor(service.url)
  const form = await stranger.open('/sign-in')
  assert.equal(
    (await stranger.send(form, '/sign-in', { identifier: email, password: testPassword })).status,
    303,
  )
  assert.equal(pathOf((await signIn()).location), '/signed-in')
  assert.equal((await stranger.open('/signed-in')).status, 303, 'the stranger is still signed in')
  const again = await stranger.send(form, '/sign-in', { identifier: email, password: testPassword })
  assert.equal(again.status, 401)
})

describe('a provider says that somebody has left', () => {
  const tell = (token: string, id = 'acme') =>
    service.post(`/auth/${id}/backchannel-logout`, { logout_token: token })
  const event = { 'http://schemas.openid.net/event/backchannel-logout': {} }
  const live = () => rowsOf(deps, 'select end_reason from sessions order by created_at')

  it('and what came from there ends, and nothing else', async () => {
    const who = openPageVisitor(service.url)
    await signIn(who)
    const { sub } = acme.person
    acme.person = { sub: 'another', email: 'eve@example.com', email_verified: true }
    await signIn()
    const token = await acme.sign({ sub, events: event, jti: randomUUID() })
    assert.equal((await tell(token)).status, 200)
    assert.deepEqual(await live(), [['upstream_signed_out'], [null]])
    assert.equal((await who.open('/signed-in')).status, 303)
  })

  it('once: the same token ends nothing that began since', async () => {
    await signIn()
    const { sub } = acme.person
    const token = await acme.sign({ sub, events: event, jti: randomUUID() })
    assert.equal((await tell(token)).status, 200)
    await signIn()
    assert.equal((await tell(token)).status, 400)
    assert.deepEqual(await live(), [['upstream_signed_out'], [null]])
  })

  it('only to who may say it', async () => {
    await signIn()
    const { sub } = acme.person
    for (const [token, id, status] of [
      ['', 'acme', 400],
      [await acme.sign({ sub, jti: 'no event' }), 'acme', 400],
      [await acme.sign({ sub, events: event, jti: 'x', aud: 'another' }), 'acme', 400],
      [await acme.sign({ sub, events: event, jti: 'y' }), 'apple', 400],
      [await acme.sign({ sub, events: event, jti: 'z' }), 'nobody', 404],
    ] as const)
      assert.equal((await tell(token, id)).status, status, token)
    assert.deepEqual(await live(), [[null]])
  })
})

it('factors that the provider saw count only where the operator says so', async (t) => {
  const record = { name: 'Acme', clientId: acme.clientId, disabled: false }
  const trust = (trustsFactors: boolean) =>
    changeProvider(deps, testContext(), {
      id: 'acme',
      record: { ...record, settings: { ...acme.settings, trustsFactors } },
      clientSecret: '',
    })
  acme.person = { ...acme.person, amr: ['pwd', 'mfa'] }
  await signIn()
  await trust(true)
  t.after(() => trust(false))
  await signIn()
  assert.deepEqual(
    (await sessions()).map(([, amr, acr]) => [amr, acr]),
    [
      [['fed'], 'aal1'],
      [['fed', 'pwd', 'mfa'], 'aal2'],
    ],
  )
  assert.deepEqual(await rowsOf(deps, 'select amr from federated_sessions limit 1'), [
    [['pwd', 'mfa']],
  ])
})
