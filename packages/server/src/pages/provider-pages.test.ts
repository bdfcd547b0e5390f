/** The way of a browser to a provider and back, as far as HTTP goes: real issuers, a real database, and what could be wrong on the way. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as nextTurn } from 'node:timers/promises'
import { addProvider, changeProvider } from '../federation/manage-providers.ts'
import { callbackAddress } from '../federation/provider-sign-in.ts'
import { visitProvider } from '../federation/testing/provider-visitor.ts'
import type { UserId } from '../ids.ts'
import { authorizationParameters, registerApp } from '../oauth/testing/browser.ts'
import { secondsAhead } from '../testing/clock.ts'
import { rowsOf, testContext, withParts } from '../testing/deps.ts'
import { openPageVisitor, type ShownPage } from '../testing/page-visitor.ts'
import { startTestService } from '../testing/service.ts'
import { suspendUser } from '../users/suspend-user.ts'
import { openProviderWorld } from './testing/provider-world.ts'

const world = await openProviderWorld()
const { test, service, deps, acme, apple, goThere, comeBack, signIn, sessions, pathOf } = world
const usersNow = async () => (await rowsOf(deps, 'select id from users order by created_at')).flat()

describe('a sign-in by a provider', () => {
  it('ends in a session that says so, and what the provider said is kept beside it', async () => {
    const who = openPageVisitor(service.url)
    const page = await signIn(who)
    assert.deepEqual([page.status, pathOf(page.location)], [303, '/signed-in'])
    assert.equal((await who.open('/signed-in')).title, 'You are signed in')
    const [userId] = await usersNow()
    assert.deepEqual(await sessions(), [[userId, ['fed'], 'aal1']])
    assert.deepEqual(
      await rowsOf(deps, 'select provider, issuer, subject from federated_sessions'),
      [['acme', acme.issuer, acme.person.sub]],
    )
    // Again in another browser: the same person.
    await signIn()
    assert.deepEqual(await usersNow(), [userId])
  })

  it('gives the app a code of ours, with its own state and PKCE, and no token in any address', async () => {
    await registerApp(deps)
    const who = openPageVisitor(service.url)
    const asked = new URLSearchParams(authorizationParameters({ state: 'of the app' }))
    const signInPage = await who.open(
      pathOf((await who.open(`/oauth2/authorize?${asked}`)).location),
    )
    const start = /href="(\/auth\/acme\?[^"]*)"/u
      .exec(signInPage.html)?.[1]
      ?.replaceAll('&amp;', '&')
    assert.ok(start)
    const resumed = await signIn(who, { start })
    const app = await who.open(pathOf(resumed.location))
    const answer = new URL(app.location)
    assert.equal(answer.searchParams.get('state'), 'of the app')
    assert.ok(answer.searchParams.get('code')?.startsWith('sa1_'))
    for (const address of [start, resumed.location, app.location])
      assert.doesNotMatch(decodeURIComponent(address), /eyJ[\w-]{20,}\.[\w-]+\.|sr1_|sc1_/u)
  })

  it('lasts as the person has said before they went there, and otherwise not', async () => {
    for (const [start, persistent] of [
      ['/auth/acme', false],
      ['/auth/acme?stay=no', false],
      ['/auth/acme?stay=yes', true],
      ['/auth/acme?stay=x', false],
    ] as const) {
      await signIn(undefined, { start })
      assert.deepEqual(await rowsOf(deps, 'select persistent from sessions'), [[persistent]], start)
      await rowsOf(deps, 'delete from sessions')
    }
  })

  it('lasts as the session does that goes on, where nothing was said', async () => {
    for (const persistent of [true, false]) {
      const who = openPageVisitor(service.url)
      await signIn(who, { start: persistent ? '/auth/acme?stay=yes' : '/auth/acme' })
      await signIn(who, { start: '/auth/acme' })
      assert.deepEqual(await rowsOf(deps, 'select persistent from sessions'), [[persistent]])
      await rowsOf(deps, 'delete from sessions')
    }
  })

  it('does not stay because another site has said so', async () => {
    const headers = { 'sec-fetch-site': 'cross-site' }
    const elsewhere = await fetch(`${service.url}/auth/acme?stay=yes`, {
      redirect: 'manual',
      headers,
    })
    assert.equal(elsewhere.status, 303)
    const said = await rowsOf(
      deps,
      'select stay from federated_sign_ins order by created_at desc limit 1',
    )
    assert.deepEqual(said, [['']])
  })

  it('goes on with the session of who is signed in already', async () => {
    const who = openPageVisitor(service.url)
    await signIn(who)
    await signIn(who)
    assert.equal((await sessions()).length, 1)
  })

  it('takes the answer of Apple, which is a form of another site', async () => {
    apple.person = { sub: '001', email: 'grace@example.com', email_verified: 'true' }
    const who = openPageVisitor(service.url)
    const { location } = await who.open('/auth/apple')
    const form = await visitProvider(location, callbackAddress(service.url, 'apple'))
    form.set('user', JSON.stringify({ name: { firstName: 'Grace', lastName: 'Hopper' } }))
    const { headers, status } = await fetch(`${service.url}/auth/apple/callback`, {
      method: 'POST',
      redirect: 'manual',
      headers: { origin: 'https://appleid.apple.com' },
      body: form,
    })
    assert.equal(status, 303)
    const to = headers.get('location') ?? ''
    assert.doesNotMatch(to, /id_token/u)
    assert.equal(pathOf((await who.open(to)).location), '/signed-in')
    assert.deepEqual(await rowsOf(deps, 'select display_name from users'), [['Grace Hopper']])
  })
})

describe('what comes back is refused, and starts nothing', () => {
  const refusedAs = async (page: ShownPage, status: number, problem: RegExp) => {
    assert.deepEqual([page.status, page.title], [status, 'Sign in'])
    assert.match(page.problem, problem)
    assert.deepEqual(await sessions(), [])
  }

  it('a second time', async () => {
    const who = openPageVisitor(service.url)
    const parameters = await goThere(who)
    await comeBack(who, parameters)
    await rowsOf(deps, 'delete from sessions')
    await refusedAs(await comeBack(who, parameters), 400, /used already/u)
  })

  it('in another browser, and is then still good in the one that it belongs to', async () => {
    const who = openPageVisitor(service.url)
    const parameters = await goThere(who)
    const thief = openPageVisitor(service.url)
    await thief.open('/sign-in')
    await refusedAs(await comeBack(thief, parameters), 400, /another browser/u)
    await refusedAs(
      await comeBack(openPageVisitor(service.url), parameters),
      400,
      /another browser/u,
    )
    assert.equal(pathOf((await comeBack(who, parameters)).location), '/signed-in')
  })

  it('at another provider', async () => {
    const who = openPageVisitor(service.url)
    await refusedAs(await comeBack(who, await goThere(who), 'apple'), 400, /another browser/u)
  })

  it('after ten minutes', async (t) => {
    const who = openPageVisitor(service.url)
    const parameters = await goThere(who)
    const later = withParts(await secondsAhead(test, t, 601), { config: deps.config })
    const other = await startTestService(later)
    t.after(() => other.close())
    const there = openPageVisitor(other.url, who)
    await refusedAs(await comeBack(there, parameters), 400, /took too long/u)
  })

  it('without a state, with one that nobody made, and with two', async () => {
    const who = openPageVisitor(service.url)
    for (const state of ['', 'x', 'x'.repeat(43), '\0', 'ä'])
      await refusedAs(
        await signIn(who, { change: (given) => given.set('state', state) }),
        400,
        /Start again/u,
      )
  })

  it('where the person has said no, in words that help', async () => {
    await refusedAs(
      await signIn(undefined, { choice: 'cancel' }),
      200,
      /You have not signed in with Acme/u,
    )
  })

  it('with a code of somebody else, or none', async () => {
    for (const code of ['', 'made up'])
      await refusedAs(
        await signIn(undefined, { change: (given) => given.set('code', code) }),
        400,
        /cannot be trusted/u,
      )
  })

  it('from an issuer that says to be another one', async () => {
    const change = (given: URLSearchParams) => given.set('iss', 'https://evil.example')
    await refusedAs(await signIn(undefined, { change }), 400, /cannot be trusted/u)
  })

  it('while the provider is switched off, which is nowhere to be found then', async () => {
    const who = openPageVisitor(service.url)
    const parameters = await goThere(who)
    const record = { name: 'Acme', clientId: acme.clientId, settings: acme.settings }
    const change = (disabled: boolean) =>
      changeProvider(deps, testContext(), {
        id: 'acme',
        record: { ...record, disabled },
        clientSecret: '',
      })
    await change(true)
    try {
      assert.equal((await comeBack(who, parameters)).status, 404)
      assert.equal((await who.open('/auth/acme')).status, 404)
    } finally {
      await change(false)
    }
    assert.equal(pathOf((await comeBack(who, parameters)).location), '/signed-in')
    // Pages that were shown meanwhile have read the list without it, which is kept for a moment.
    const isListed = async () =>
      (await deps.identityProviders.list()).some(({ id }) => id === 'acme')
    const deadline = performance.now() + 10_000
    while (!(await isListed())) {
      assert.ok(performance.now() < deadline, 'it does not come back')
      await nextTurn(50)
    }
  })

  it('for somebody who is suspended', async () => {
    await signIn()
    const [userId] = await usersNow()
    await suspendUser(deps, testContext(), { userId: userId as UserId })
    await rowsOf(deps, 'delete from sessions')
    await refusedAs(await signIn(), 403, /suspended/u)
  })

  it('what the app has asked for is not lost by it', async () => {
    await registerApp(deps, { id: 'patient' })
    const who = openPageVisitor(service.url)
    const asked = new URLSearchParams(authorizationParameters({ client_id: 'patient' }))
    const { location } = await who.open(`/oauth2/authorize?${asked}`)
    const start = pathOf(location).replace('/sign-in', '/auth/acme')
    const page = await signIn(who, { start, choice: 'cancel' })
    assert.match(page.html, /to continue to/u)
    const again = /href="(\/auth\/acme\?[^"]*)"/u.exec(page.html)?.[1]?.replaceAll('&amp;', '&')
    assert.match(
      pathOf((await signIn(who, { start: again ?? '' })).location),
      /^\/oauth2\/authorize\/resume/u,
    )
  })
})

it('two sign-ins in two tabs do not cross', async () => {
  const who = openPageVisitor(service.url)
  const first = await goThere(who)
  acme.person = { sub: 'second', email: 'eve@example.com', email_verified: true }
  const second = await goThere(who)
  const crossed = new URLSearchParams(first)
  crossed.set('code', second.get('code') ?? '')
  assert.equal((await comeBack(who, crossed)).status, 400)
  assert.equal(pathOf((await comeBack(who, second)).location), '/signed-in')
  assert.deepEqual(await rowsOf(deps, 'select subject from federated_identities'), [['second']])
})

it('of twenty that bring the same answer back at once, one signs in', async () => {
  const who = openPageVisitor(service.url)
  const parameters = await goThere(who)
  const tabs = Array.from({ length: 20 }, () => openPageVisitor(service.url, who))
  const pages = await Promise.all(tabs.map((tab) => comeBack(tab, parameters)))
  assert.equal(pages.filter(({ status }) => status === 303).length, 1)
  assert.equal((await sessions()).length, 1)
})

it('a provider that cannot be reached is told in a sentence, and the others go on', async (t) => {
  const settings = { issuer: 'http://127.0.0.1:9' }
  const record = { name: 'Gone', clientId: 'x', disabled: false, settings }
  await addProvider(deps, testContext(), { id: 'gone', kind: 'oidc', record, clientSecret: 'x' })
  t.after(() => rowsOf(deps, `delete from identity_providers where id = 'gone'`))
  const page = await openPageVisitor(service.url).open('/auth/gone')
  assert.equal(page.status, 503)
  assert.match(page.problem, /Gone does not answer at the moment/u)
  await signIn()
})
