/**
 * RP-initiated logout: what ends nothing, what ends one session, and where the browser goes. One test for each module of the
 * OpenID Foundation's RP-initiated logout plan, by its name, beside those of our own (rows RPI-1 to RPI-5, ASVS V10.6.2).
 */

import assert from 'node:assert/strict'
import { after, beforeEach, describe, it } from 'node:test'
import { keepBrowserSecret, makeBrowserSecret } from '../sessions/browser-session.ts'
import { signInAs } from '../testing/accounts.ts'
import { openFileDeps, rowsOf } from '../testing/deps.ts'
import { openPageVisitor, type PageVisitor, type ShownPage } from '../testing/page-visitor.ts'
import { openEndSessionRequest } from './end-session.ts'
import { openBackchannelWorld } from './testing/backchannel.ts'
import {
  answerOf,
  authorize,
  registerApp,
  type SignedInBrowser,
  signInBrowser,
} from './testing/browser.ts'

const opened = await openFileDeps({ emptied: [] })
const world = await openBackchannelWorld(opened)
const { deps, service, queued } = world
const returnTo = 'https://app.example/signed-out'
const withQuery = 'https://app.example/signed-out?from=signet'
await rowsOf(deps, `update clients set post_logout_redirect_uris = $1 where id = 'app'`, [
  [returnTo, withQuery],
])

let browser: SignedInBrowser
let visitor: PageVisitor
let idToken: string

after(() => world.close())
beforeEach(async () => {
  await world.reset()
  browser = await signInBrowser(deps)
  visitor = openPageVisitor(service.url)
  visitor.jar.keep([browser.cookie])
  idToken = String((await world.signInTo('app', browser)).id_token)
})

type Parameters = Record<string, string> | [string, string][]

/** Sends the browser there, and on to where our own redirects lead. */
async function leave(
  parameters: Parameters,
  { who = visitor, method = 'GET' }: { who?: PageVisitor; method?: 'GET' | 'POST' } = {},
): Promise<ShownPage> {
  const query = new URLSearchParams(parameters)
  let page: ShownPage
  if (method === 'GET') page = await who.open(`/oauth2/end-session?${query}`)
  else {
    // From another site: without cookies.
    const answer = await fetch(`${service.url}/oauth2/end-session`, {
      method: 'POST',
      body: query,
      redirect: 'manual',
    })
    page = { ...(await who.open('/signed-out')), location: answer.headers.get('location') ?? '' }
    assert.equal(answer.status, 303)
  }
  while (page.location.startsWith('/')) page = await who.open(page.location)
  return page
}

async function isAlive({ sessionId }: Pick<SignedInBrowser, 'sessionId'> = browser) {
  const text = 'select ended_at is null from sessions where id = $1'
  return (await rowsOf(deps, text, [sessionId]))[0]?.[0]
}

/** Whether the authorization server still knows the browser (prompt=none). */
async function isKnown(): Promise<boolean> {
  const visited = await authorize(service, { prompt: 'none' }, visitor.jar.header() ?? '')
  return answerOf(visited).code !== undefined
}

async function assertAsked(page: ShownPage): Promise<void> {
  assert.deepEqual([page.status, page.title], [200, 'Sign out?'])
  assert.equal(await isAlive(), true)
  assert.equal(await isKnown(), true)
  assert.deepEqual(await queued(), [])
}

async function assertRefused(page: ShownPage, sentence: RegExp): Promise<void> {
  assert.equal(page.status, 400)
  assert.equal(page.location, '')
  assert.match(page.html, sentence)
  assert.equal(await isAlive(), true)
  assert.equal(await isKnown(), true)
}

async function assertSignedOut(): Promise<void> {
  assert.equal(await isAlive(), false)
  assert.equal(await isKnown(), false)
  assert.deepEqual(await queued(), [`app ${browser.sessionId}`])
}

const good = () => ({ id_token_hint: idToken, post_logout_redirect_uri: returnTo, state: 'a b&c' })

/** Another ID token of the same form: the signature is of something else. */
function modified(token: string): string {
  const [header = '', claims = '', signature = ''] = token.split('.')
  const changed = JSON.parse(Buffer.from(claims, 'base64url').toString())
  const text = Buffer.from(JSON.stringify({ ...changed, nonce: 'x' })).toString('base64url')
  return `${header}.${text}.${signature}`
}

describe('the OpenID Foundation’s RP-initiated logout plan', () => {
  it('oidcc-rp-initiated-logout-discovery-endpoint-verification', async () => {
    const answer = await fetch(`${service.url}/.well-known/openid-configuration`)
    const metadata = (await answer.json()) as Record<string, unknown>
    assert.equal(metadata.end_session_endpoint, `${deps.config.issuer}/oauth2/end-session`)
  })

  it('oidcc-rp-initiated-logout', async () => {
    const { location } = await leave(good())
    assert.equal(location, `${returnTo}?state=a+b%26c`)
    await assertSignedOut()
  })

  it('oidcc-rp-initiated-logout-bad-post-logout-redirect-uri', async () => {
    for (const post_logout_redirect_uri of [
      'https://evil.example/',
      `${returnTo}/`,
      `${returnTo}#x`,
      `${returnTo}?x`,
      returnTo.toUpperCase(),
      'https://app.example/',
      'https://app.example@evil.example/signed-out',
      'javascript:alert(1)',
      'x',
    ])
      await assertRefused(
        await leave({ ...good(), post_logout_redirect_uri }),
        /not registered for this client/,
      )
  })

  it('oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri', async () => {
    const added = `${returnTo}?added=1`
    await assertRefused(await leave({ ...good(), post_logout_redirect_uri: added }), /added=1/)
    const { location } = await leave({ ...good(), post_logout_redirect_uri: withQuery })
    assert.equal(location, `${withQuery}&state=a+b%26c`)
  })

  it('oidcc-rp-initiated-logout-modified-id-token-hint', async () => {
    const page = await leave({ ...good(), id_token_hint: modified(idToken) })
    await assertRefused(page, /no ID token of this server/)
  })

  it('oidcc-rp-initiated-logout-bad-id-token-hint', async () => {
    const { access_token } = await world.signInTo('app', browser)
    for (const id_token_hint of [
      'bad',
      `${idToken}x`,
      String(access_token),
      '..',
      'x'.repeat(9000),
    ])
      await assertRefused(await leave({ ...good(), id_token_hint }), /no ID token of this server/)
  })

  it('oidcc-rp-initiated-logout-no-id-token-hint', async () => {
    const page = await leave({ post_logout_redirect_uri: returnTo, state: 'x' })
    await assertAsked(page)
    const left = await visitor.send(page, '/leave')
    assert.equal(left.location, '/signed-out')
    await assertSignedOut()
  })

  it('oidcc-rp-initiated-logout-no-params', async () => {
    const page = await leave({})
    await assertAsked(page)
    await visitor.send(page, '/leave')
    await assertSignedOut()
  })

  it('oidcc-rp-initiated-logout-no-post-logout-redirect-uri', async () => {
    const page = await leave({ id_token_hint: idToken, state: 'x' })
    assert.deepEqual([page.status, page.title], [200, 'You are signed out'])
    await assertSignedOut()
  })

  it('oidcc-rp-initiated-logout-no-state', async () => {
    const { state: _, ...without } = good()
    assert.equal((await leave(without)).location, returnTo)
    await assertSignedOut()
  })

  it('oidcc-rp-initiated-logout-only-state', async () => {
    await assertAsked(await leave({ state: 'x' }))
  })
})

describe('nobody is signed out', () => {
  it('by a client that says no more than its id, without being asked (V10.6.2)', async () => {
    const page = await leave({ client_id: 'app', post_logout_redirect_uri: returnTo, state: 'x' })
    await assertAsked(page)
    assert.match(page.html, /app asks to sign you out/)
    // The form may lead to the app in the end, and to nobody else.
    const policy = page.headers.get('content-security-policy') ?? ''
    assert.match(policy, /form-action 'self' https:\/\/app\.example;/)
    const left = await visitor.send(page, '/leave')
    assert.equal(left.location, `${returnTo}?state=x`)
    await assertSignedOut()
  })

  it('by a form that is not ours', async () => {
    const page = await leave({ client_id: 'app' })
    const elsewhere = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
    assert.equal((await visitor.send(page, '/leave', {}, elsewhere)).status, 403)
    assert.equal((await visitor.send(page, '/leave', { form_token: 'x' })).status, 403)
    assert.equal(await isAlive(), true)
  })

  it('by what was not judged, was changed, or is an hour old', async () => {
    const { location } = await visitor.open(`/oauth2/end-session?${new URLSearchParams(good())}`)
    const leaving = new URLSearchParams(location.split('?')[1]).get('leaving') ?? ''
    for (const text of [
      '',
      'x',
      `${leaving}A`,
      `${leaving.startsWith('A') ? 'B' : 'A'}${leaving.slice(1)}`,
    ]) {
      const page = await visitor.open(`/leave?leaving=${text}`)
      assert.equal(page.location, '/sign-out')
    }
    const late = new Date(Date.now() + 3_601_000)
    assert.equal(openEndSessionRequest(deps, leaving, late), undefined)
    assert.ok(openEndSessionRequest(deps, leaving, new Date()))
    assert.equal(await isAlive(), true)
  })

  it('through an ID token of another client', async () => {
    const page = await leave({ ...good(), client_id: 'second' })
    await assertRefused(page, /issued to another client/)
  })

  it('by a client that there is not, or is disabled', async () => {
    await assertRefused(await leave({ client_id: 'nobody' }), /client is not known here/)
    await assertRefused(await leave({ client_id: 'N/A' }), /client is not known here/)
    await registerApp(deps, { id: 'closed', postLogoutRedirectUris: [returnTo] })
    await rowsOf(deps, `update clients set status = 'disabled' where id = 'closed'`)
    await assertRefused(await leave({ client_id: 'closed' }), /client is not known here/)
  })

  it('by a parameter that comes twice', async () => {
    for (const name of [
      'id_token_hint',
      'post_logout_redirect_uri',
      'client_id',
      'state',
    ] as const) {
      const all: [string, string][] = [...Object.entries({ ...good(), client_id: 'app' })]
      const [, value = ''] = all.find(([each]) => each === name) ?? []
      await assertRefused(await leave([...all, [name, value]]), /given twice/)
    }
  })

  it('by markup, which is shown as it is', async () => {
    const page = await leave({ client_id: '<script>alert(1)</script>' })
    assert.doesNotMatch(page.html, /<script>alert/)
    await assertRefused(page, /&lt;script&gt;/)
  })

  it('by a HEAD, and by other methods', async () => {
    for (const method of ['HEAD', 'PUT', 'DELETE']) {
      const url = `${service.url}/oauth2/end-session?${new URLSearchParams(good())}`
      const cookie = visitor.jar.header() ?? ''
      await fetch(url, { method, headers: { cookie } })
      assert.equal(await isAlive(), true)
    }
  })
})

describe('the session of this browser that the ID token names', () => {
  it('ends by POST too, which comes without cookies', async () => {
    const { location } = await leave(good(), { method: 'POST' })
    assert.equal(location, `${returnTo}?state=a+b%26c`)
    await assertSignedOut()
  })

  it('ends by an ID token that has expired', async () => {
    const now = new Date(Date.now() - 86_400_000)
    const { issueIdToken } = await import('./id-token.ts')
    const old = issueIdToken(
      deps,
      {
        clientId: 'app' as never,
        userId: browser.userId,
        sessionId: browser.sessionId as never,
        authTime: now,
        acr: 'aal1',
        amr: ['pwd'],
        nonce: undefined,
        accessToken: 'x',
        signingAlgorithm: 'ES256',
        claims: {},
      },
      now,
    )
    await leave({ id_token_hint: old })
    await assertSignedOut()
  })

  it('ends alone: another account in the browser stays', async () => {
    const other = await addAccount()
    const { location } = await leave(good())
    assert.equal(location, `${returnTo}?state=a+b%26c`)
    assert.deepEqual([await isAlive(), await isAlive(other)], [false, true])
    const page = await visitor.open('/signed-in')
    assert.match(page.html, new RegExp(other.email))
    assert.doesNotMatch(page.html, new RegExp(browser.email))
  })

  it('is not ended where it is in another browser', async () => {
    const stranger = openPageVisitor(service.url)
    const { location } = await leave(good(), { who: stranger })
    assert.equal(location, `${returnTo}?state=a+b%26c`)
    assert.equal(await isAlive(), true)
  })

  it('is asked about where the same person has signed in again since', async () => {
    await world.end(browser)
    await rowsOf(deps, 'delete from jobs.job')
    const again = await signInTo(browser.email)
    const page = await leave(good())
    assert.equal(page.title, 'Sign out?')
    assert.equal(await isAlive(again), true)
    const { location } = await visitor.send(page, '/leave')
    assert.equal(location, `${returnTo}?state=a+b%26c`)
    assert.equal(await isAlive(again), false)
  })

  it('ends once, however often that is asked for', async () => {
    for (let n = 0; n < 3; n += 1)
      assert.equal((await leave(good())).location, `${returnTo}?state=a+b%26c`)
    await assertSignedOut()
  })
})

it('asks about whom the app means, in the language that it asks for', async () => {
  const other = await addAccount()
  const page = await leave({ logout_hint: other.email, ui_locales: 'es en' })
  assert.equal(page.title, '¿Cerrar la sesión?')
  assert.match(page.html, new RegExp(other.email))
  await visitor.send(page, '/leave')
  assert.deepEqual([await isAlive(), await isAlive(other)], [true, false])
})

/** A further account in the same browser, after the one that is active. */
async function addAccount(): Promise<SignedInBrowser> {
  const other = await signInBrowser(deps)
  const [name, secret] = other.cookie.split('=')
  visitor.jar.keep([`${name}=${browser.cookie.split('=')[1]}.${secret}`])
  return other
}

/** The same person signs in once more, in this browser alone. */
async function signInTo(email: string): Promise<{ sessionId: string }> {
  const { sessionId } = await signInAs(deps, email)
  const { secret, secretHash } = makeBrowserSecret()
  await keepBrowserSecret(deps.db, { sessionId, secretHash })
  visitor.jar.keep([`${browser.cookie.split('=')[0]}=${secret}`])
  return { sessionId }
}
