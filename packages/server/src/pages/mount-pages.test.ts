/** What a page answers to whom, without a browser: forms that are forged, stale or hostile, headers, statuses, cookies. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { openTestUser, testPassword } from '../testing/accounts.ts'
import { openFileDeps, rowsOf, testContext, withParts } from '../testing/deps.ts'
import {
  hiddenFields,
  openPageVisitor,
  type PageVisitor,
  type ShownPage,
} from '../testing/page-visitor.ts'
import { startTestService, type TestService } from '../testing/service.ts'
import { suspendUser } from '../users/suspend-user.ts'
import { pageScript } from './page-script.ts'

const { deps } = await openFileDeps({
  emptied: ['users', 'guess_counters', 'event_windows', 'mail_requests'],
})
const email = 'ada@example.com'
const right = { identifier: email, password: testPassword }

let service: TestService
before(async () => {
  service = await startTestService(deps)
})
after(() => service.close())

const visitor = (from?: PageVisitor) => openPageVisitor(service.url, from)

async function signIn(
  who: PageVisitor,
  fields: Record<string, string> = right,
): Promise<ShownPage> {
  return who.send(await who.open('/sign-in'), '/sign-in', fields)
}

async function sessionsCount(): Promise<unknown> {
  return (
    await rowsOf(deps, 'select count(*)::integer from sessions where ended_at is null')
  )[0]?.[0]
}

const everyPage = [
  '/sign-in',
  '/sign-up',
  '/check-inbox',
  '/check-inbox/again',
  '/verify-email?token=sl1_x',
  '/forgot-password',
  '/reset-password',
  '/reset-password?token=sl1_x',
  '/signed-out',
  '/nothing/here',
]

describe('every page', () => {
  it('keeps itself from caches, frames, other scripts and other sites (V3.4)', async () => {
    for (const path of everyPage) {
      const { headers, html } = await visitor().open(path)
      assert.equal(headers.get('cache-control'), 'no-store', path)
      assert.equal(headers.get('referrer-policy'), 'no-referrer', path)
      assert.equal(headers.get('x-content-type-options'), 'nosniff', path)
      assert.equal(headers.get('cross-origin-opener-policy'), 'same-origin', path)
      assert.match(
        headers.get('content-security-policy') ?? '',
        /^default-src 'none'; script-src 'self'; style-src 'sha256-[^']+'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/u,
        path,
      )
      const scripts = [...html.matchAll(/<script[^>]*>/gu)].map(([tag]) => tag)
      assert.deepEqual(scripts, [`<script src="${pageScript.path}" defer>`], path)
      assert.doesNotMatch(html, /\son\w+="|style="|javascript:/u, path)
    }
  })

  it('is small: 14 kB of HTML and 10 kB of script, compressed', async () => {
    for (const path of everyPage) {
      const bytes = gzipSync((await visitor().open(path)).html).length
      assert.ok(bytes <= 14 * 1024, `${path}: ${bytes}`)
    }
    assert.ok(gzipSync(pageScript.source).length <= 10 * 1024)
  })

  it('reflects nothing as markup', async () => {
    const hostile = `"><script>document.title='owned'</script>`
    const query = new URLSearchParams({
      token: hostile,
      request: hostile,
      ui_locales: hostile,
      notice: hostile,
    })
    for (const path of everyPage) {
      const { html } = await visitor().open(`${path.split('?')[0]}?${query}`)
      assert.equal(html.split('<script').length, 2, path)
    }
    const who = visitor()
    for (const path of ['/sign-in', '/sign-up', '/forgot-password']) {
      const fields = {
        identifier: hostile,
        email: hostile,
        displayName: hostile,
        password: hostile,
        newPassword: hostile,
        code: hostile,
      }
      const { html } = await who.send(await who.open(path), path, fields)
      assert.equal(html.split('<script').length, 2, path)
      assert.ok(html.includes('&quot;&gt;&lt;script&gt;'), path)
    }
  })

  it('changes nothing when it is opened, by GET or HEAD, by a frame or by a prefetch (V7.6.2, V3.5.3)', async () => {
    await openTestUser(deps, email)
    const before = await rowsOf(deps, 'select count(*)::integer from events')
    for (const path of [...everyPage, '/signed-in', '/choose-account', '/sign-out']) {
      const secrets = `${path.includes('?') ? '&' : '?'}identifier=${email}&password=${testPassword}&session=all`
      await visitor().open(path + secrets, {
        'sec-fetch-dest': 'iframe',
        'sec-purpose': 'prefetch',
      })
      await fetch(service.url + path, { method: 'HEAD', redirect: 'manual' })
    }
    assert.equal(await sessionsCount(), 0)
    assert.deepEqual(await rowsOf(deps, 'select count(*)::integer from events'), before)
  })

  it('speaks the language that is asked for, else the one of the browser', async () => {
    const titles = async (path: string, accept: string) =>
      (await visitor().open(path, { 'accept-language': accept })).title
    assert.equal(await titles('/sign-in', 'fr, es-MX;q=0.8, en;q=0.9'), 'Sign in')
    assert.equal(await titles('/sign-in', 'fr, es-MX;q=0.9, en;q=0.8'), 'Inicia sesión')
    assert.equal(await titles('/sign-in?ui_locales=fr+es', 'en'), 'Inicia sesión')
    for (const odd of ['*', ';;;', 'q=1', 'e'.repeat(5000), 'es;q=0', 'x-;q=0.5'])
      assert.equal(await titles('/sign-in', odd), 'Sign in', odd)
  })
})

describe('the script', () => {
  it('is kept by browsers for good, under an address that names its content', async () => {
    const answer = await fetch(service.url + pageScript.path)
    assert.equal(answer.headers.get('cache-control'), 'public, max-age=31536000, immutable')
    assert.match(answer.headers.get('content-type') ?? '', /^text\/javascript/u)
    assert.deepEqual(Buffer.from(await answer.arrayBuffer()), pageScript.source)
  })
})

describe('a sign-in', () => {
  it('is followed by 303, with cookies that no script reads', async () => {
    await openTestUser(deps, email)
    const who = visitor()
    const answer = await signIn(who)
    assert.deepEqual([answer.status, answer.location], [303, '/signed-in'])
    for (const cookie of answer.headers.getSetCookie())
      assert.match(cookie, /; HttpOnly; SameSite=Lax$/u)
    assert.equal((await who.open('/signed-in')).title, 'You are signed in')
  })

  it('that is refused keeps what was typed but for the password, and says the same of nobody', async () => {
    await openTestUser(deps, email)
    const told = async (identifier: string) => {
      const answer = await signIn(visitor(), { identifier, password: 'not the password' })
      assert.ok(answer.html.includes(`value="${identifier}"`))
      assert.doesNotMatch(answer.html, /not the password/u)
      return [answer.status, answer.problem, [...answer.headers.keys()]]
    }
    const somebody = await told(email)
    assert.deepEqual(somebody.slice(0, 2), [
      401,
      "That email and password don't match. Check both and try again.",
    ])
    assert.deepEqual(await told('nobody@example.com'), somebody)
  })

  it('has to wait after too many wrong ones, and is told how long', async () => {
    await openTestUser(deps, email)
    const who = visitor()
    const wrong = { ...right, password: 'not the password' }
    for (let guess = 0; guess < 10; guess += 1) assert.equal((await signIn(who, wrong)).status, 401)
    const answer = await signIn(who)
    assert.equal(answer.status, 429)
    assert.match(answer.headers.get('retry-after') ?? '', /^\d+$/u)
    assert.match(answer.problem, /Too many attempts\. Wait \d+ seconds/u)
    assert.match(answer.html, /data-countdown="\d+"/u)
  })

  it('of a suspended account is told so, to whoever knows the password', async () => {
    const userId = await openTestUser(deps, email)
    await suspendUser(deps, testContext(), { userId })
    assert.equal((await signIn(visitor())).status, 403)
    assert.equal((await signIn(visitor(), { ...right, password: 'x' })).status, 401)
  })

  it('sent twice is one session', async () => {
    await openTestUser(deps, email)
    const who = visitor()
    const page = await who.open('/sign-in')
    const first = await who.send(page, '/sign-in', right)
    const second = await who.send(page, '/sign-in', right)
    assert.deepEqual([first.status, second.status], [303, 303])
    assert.equal(await sessionsCount(), 1)
  })
})

describe('a form', () => {
  const forms = [
    '/sign-in',
    '/sign-up',
    '/forgot-password',
    '/reset-password',
    '/verify-email',
    '/check-inbox',
    '/choose-account',
    '/sign-out',
  ]

  it('without the token of this browser is shown again with what was typed, and nothing is done', async () => {
    await openTestUser(deps, email)
    const victim = visitor()
    const page = await victim.open('/sign-in')
    const stranger = hiddenFields(await visitor().open('/sign-in'), '/sign-in').form_token ?? ''
    const own = hiddenFields(page, '/sign-in').form_token ?? ''
    for (const form_token of [
      '',
      'x',
      stranger,
      own.slice(0, -1),
      `${own}A`,
      own.replace(/^./u, (c) => (c === 'A' ? 'B' : 'A')),
    ]) {
      const answer = await victim.send(page, '/sign-in', { ...right, form_token })
      assert.deepEqual([answer.status, answer.location], [403, ''], form_token)
      assert.ok(answer.html.includes(`value="${email}"`))
      assert.doesNotMatch(answer.html, new RegExp(testPassword, 'u'))
    }
    assert.equal(await sessionsCount(), 0)
  })

  it('from another site does nothing, on any page, whatever it knows (V3.5.1, login CSRF)', async () => {
    const userId = await openTestUser(deps, email)
    const who = visitor()
    await signIn(who)
    const page = await who.open('/sign-in')
    const { form_token = '' } = hiddenFields(page, '/sign-in')
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.example' },
      { origin: `http://127.0.0.1.evil.example` },
    ] as Record<string, string>[])
      for (const path of forms) {
        const body = new URLSearchParams({
          form_token,
          ...right,
          email,
          password: 'lantern orbit velvet 42',
          session: 'all',
        })
        const cookie = who.jar.header() ?? ''
        const answer = await fetch(service.url + path, {
          method: 'POST',
          body,
          redirect: 'manual',
          headers: { cookie, ...headers },
        })
        assert.equal(answer.status, 403, path)
      }
    assert.deepEqual(await rowsOf(deps, 'select user_id from sessions where ended_at is null'), [
      [userId],
    ])
    assert.equal((await who.open('/signed-in')).status, 200)
  })

  it('from here is taken, however the browser says so', async () => {
    await openTestUser(deps, email)
    for (const headers of [
      { 'sec-fetch-site': 'same-origin' },
      { origin: service.url },
      { origin: deps.config.issuer },
      { origin: 'null' },
      {},
    ] as Record<string, string>[]) {
      const who = visitor()
      assert.equal(
        (await who.send(await who.open('/sign-in'), '/sign-in', right, headers)).status,
        303,
      )
    }
  })

  it('that was open for too long goes on in place', async () => {
    await openTestUser(deps, email)
    const before = visitor()
    const page = await before.open('/sign-in')
    // The browser was closed meanwhile, and has forgotten.
    const who = visitor()
    const again = await who.send(page, '/sign-in', right)
    assert.equal(again.status, 403)
    assert.match(again.problem, /Nothing is lost/u)
    assert.equal((await who.send(again, '/sign-in', right)).status, 303)
  })

  it('of a browser that keeps no cookies ends at a page that says so', async () => {
    const page = await visitor().open('/sign-in')
    const again = await visitor().send(page, '/sign-in', right)
    assert.equal(again.status, 403)
    const blocked = await visitor().send(again, '/sign-in', right)
    assert.deepEqual(
      [blocked.status, blocked.title],
      [400, 'Your browser keeps no cookies for this site'],
    )
  })

  it('that is none, or too large, is a page too', async () => {
    for (const path of forms) {
      assert.equal((await service.post(path, {})).status, 403)
      assert.equal((await service.post(path, { token: 'x'.repeat(70_000) })).status, 413)
      const json = { 'content-type': 'application/json', accept: 'text/html' }
      const answer = await service.post(path, '{"token":5}', json)
      assert.equal(answer.status, 415)
      assert.match(answer.text, /<h1>That did not work/u)
    }
  })
})

describe('an installation behind https', () => {
  it('sets cookies that only this host, encrypted, can have set, and says nothing of development', async () => {
    await openTestUser(deps, email)
    const config = { ...deps.config, issuer: 'https://auth.example.com' }
    const secured = await startTestService(withParts(deps, { config }))
    try {
      const who = openPageVisitor(secured.url)
      const page = await who.open('/sign-in')
      assert.doesNotMatch(page.html, /not encrypted/u)
      const origin = { origin: 'https://auth.example.com' }
      const answer = await who.send(page, '/sign-in', right, origin)
      assert.equal(answer.status, 303)
      const cookies = [...page.headers.getSetCookie(), ...answer.headers.getSetCookie()]
      assert.equal(cookies.length, 6)
      for (const cookie of cookies)
        assert.match(
          cookie,
          /^__Host-signet-\w+=[\w.~-]*; Path=\/(?:; Max-Age=\d+)?; HttpOnly; SameSite=Lax; Secure$/u,
        )
      // What was planted under the plain name counts for nothing here.
      const plain = (who.jar.header() ?? '').replaceAll('__Host-', '')
      const planted = await fetch(`${secured.url}/signed-in`, {
        redirect: 'manual',
        headers: { cookie: plain },
      })
      assert.equal(planted.headers.get('location'), '/sign-in')
    } finally {
      await secured.close()
    }
  })
})

describe('where addresses must be proved first', () => {
  it('the right password leads to the inbox, and a wrong one to the form', async () => {
    await openTestUser(deps, email, { verified: false })
    const emailVerification = { ...deps.config.emailVerification, when: 'before-sign-in' } as const
    const config = { ...deps.config, emailVerification }
    const strict = await startTestService(withParts(deps, { config }))
    try {
      const who = openPageVisitor(strict.url)
      const page = await who.open('/sign-in')
      assert.equal((await who.send(page, '/sign-in', { ...right, password: 'x' })).status, 401)
      const answer = await who.send(page, '/sign-in', right)
      assert.deepEqual([answer.status, answer.location], [303, '/check-inbox?notice=first&stay=no'])
      assert.match((await who.open(answer.location)).html, /Confirm your address first/u)
      assert.equal(await sessionsCount(), 0)
    } finally {
      await strict.close()
    }
  })
})
