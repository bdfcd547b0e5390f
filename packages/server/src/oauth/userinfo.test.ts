import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { TestClient } from '../testing/clients.ts'
import { openFileDeps, rowsOf, testContext } from '../testing/deps.ts'
import { startTestService, type TestService } from '../testing/service.ts'
import {
  claimsIn,
  codeFor,
  codeForm,
  exchange,
  registerApp,
  type SignedInBrowser,
  signInBrowser,
} from './testing/browser.ts'

const { deps } = await openFileDeps({ emptied: [] })
let service: TestService
let app: TestClient
let browser: SignedInBrowser

before(async () => {
  service = await startTestService(deps)
  app = await registerApp(deps, {
    scopes: ['openid', 'profile', 'email', 'phone', 'invoices.read'],
  })
})
after(() => service.close())
beforeEach(async () => {
  browser = await signInBrowser(deps)
  const named = `update users set display_name = 'Ada Lovelace', locale = 'en-GB' where id = $1`
  await rowsOf(deps, named, [browser.userId])
})

async function tokens(changes: Record<string, string> = {}) {
  const code = await codeFor(service, browser, changes)
  return (await exchange(service, app, codeForm(code))).body
}

const accessToken = async (changes: Record<string, string> = {}) =>
  (await tokens(changes)).access_token ?? ''

const path = '/oauth2/userinfo'

async function ask(token: string | undefined, init: RequestInit = {}, query = '') {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const answer = await fetch(`${service.url}${path}${query}`, {
    ...init,
    headers: { ...headers, ...init.headers },
  })
  const body = (await answer.json()) as Record<string, unknown>
  return { status: answer.status, challenge: answer.headers.get('www-authenticate'), body }
}

const form = (token: string): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams({ access_token: token }).toString(),
})

describe('the UserInfo endpoint', () => {
  it('says who the person is, and no more without a scope (OIDC Core §5.3.2)', async () => {
    const { status, body } = await ask(await accessToken())
    assert.deepEqual([status, body], [200, { sub: browser.userId }])
  })

  it('says what the scopes ask for (OIDC Core §5.4)', async () => {
    const { body } = await ask(await accessToken({ scope: 'openid profile email phone' }))
    const { updated_at, ...claims } = body
    assert.ok(Number.isInteger(updated_at))
    assert.deepEqual(claims, {
      sub: browser.userId,
      name: 'Ada Lovelace',
      locale: 'en-GB',
      email: browser.email,
      email_verified: true,
    })
  })

  it('says where the picture is, once there is one, and the primary address of several', async () => {
    const version = randomUUID()
    const object = `insert into avatar_objects (key, kind) values ($1, 'picture')`
    await rowsOf(deps, object, [version])
    await rowsOf(
      deps,
      `insert into avatars (user_id, version, blurhash, set_at) values ($1, $2, 'LEHV6nWB2yk8pyo0adR*.7kCMdnj', now())`,
      [browser.userId, version],
    )
    const address = `insert into identifiers (id, user_id, kind, value, canonical, verified_at, is_primary, created_at)
                     values ($1, $2, 'email', $3, $3, now() + interval '1 hour', true, now())`
    const second = `second-${version}@example.com`
    await rowsOf(deps, address, [randomUUID(), browser.userId, second])
    const { body } = await ask(await accessToken({ scope: 'openid profile email' }))
    assert.equal(body.picture, `${deps.config.issuer}/avatars/${version}/512.webp`)
    assert.equal(body.email, second)
  })

  it('says what is asked for by name, as long as the grant lives (OIDC Core §5.5)', async () => {
    const claims = JSON.stringify({
      userinfo: { email: { essential: true }, picture: null },
      id_token: { name: null, auth_time: { essential: true } },
    })
    const issued = await tokens({ claims })
    const idToken = claimsIn(issued.id_token ?? '')
    assert.equal(idToken.name, 'Ada Lovelace')
    assert.equal(idToken.email, undefined)
    assert.deepEqual((await ask(issued.access_token)).body, {
      sub: browser.userId,
      email: browser.email,
    })
    await rowsOf(deps, 'delete from authorization_codes')
    const refresh = { grant_type: 'refresh_token', refresh_token: issued.refresh_token }
    const { body } = await exchange(service, app, refresh)
    assert.equal((await ask(body.access_token)).body.email, browser.email)
  })

  it('takes the token in the header or in a form, never in the address, and not twice (RFC 6750 §2)', async () => {
    const token = await accessToken()
    assert.equal((await ask(token, { method: 'POST' })).status, 200)
    assert.equal((await ask(undefined, form(token))).status, 200)
    assert.equal((await ask(token, form(token))).status, 400)
    assert.equal((await ask(undefined, {}, `?access_token=${token}`)).status, 401)
    assert.equal((await ask(undefined)).status, 401)
    const lower = await fetch(service.url + path, { headers: { authorization: `bEaReR ${token}` } })
    assert.equal(lower.status, 200)
  })

  it('refuses what is no good token, and says how to do better (RFC 6750 §3)', async () => {
    const token = await accessToken()
    const { id_token, refresh_token } = await tokens()
    for (const bad of [`${token.slice(0, -4)}AAAA`, id_token, refresh_token, 'x']) {
      const { status, challenge } = await ask(bad)
      assert.equal(status, 401)
      assert.match(challenge ?? '', /^Bearer .*error="invalid_token"/u)
    }
    const { status, challenge } = await ask(await accessToken({ scope: 'invoices.read' }))
    assert.equal(status, 403)
    assert.match(challenge ?? '', /insufficient_scope/u)
  })

  it('refuses a token whose session has ended', async () => {
    const token = await accessToken()
    assert.equal((await ask(token)).status, 200)
    await deps.sessionEnds.end(testContext(), {
      sessionId: browser.sessionId as never,
      userId: browser.userId,
      reason: 'signed_out',
    })
    assert.equal((await ask(token)).status, 401)
  })
})

describe('discovery', () => {
  it('is the same at both places, names this issuer, and may be read from every origin', async () => {
    const read = async (place: string) => {
      const answer = await fetch(`${service.url}/.well-known/${place}`, {
        headers: { origin: 'https://spa.example' },
      })
      assert.equal(answer.headers.get('access-control-allow-origin'), '*')
      assert.match(answer.headers.get('cache-control') ?? '', /max-age=300/u)
      return (await answer.json()) as Record<string, unknown>
    }
    const document = await read('openid-configuration')
    assert.deepEqual(await read('oauth-authorization-server'), document)
    const { issuer } = deps.config
    assert.equal(document.issuer, issuer)
    const endpoints = Object.entries(document).filter(([name]) => /_endpoint$|_uri$/u.test(name))
    assert.ok(endpoints.length >= 6)
    for (const [name, address] of endpoints) {
      assert.ok(String(address).startsWith(`${issuer}/`), name)
      const answer = await fetch(String(address).replace(issuer, service.url), {
        redirect: 'manual',
      })
      assert.notEqual(answer.status, 404, name)
    }
    assert.deepEqual(document.response_types_supported, ['code'])
    assert.deepEqual(document.code_challenge_methods_supported, ['S256'])
    assert.ok((document.id_token_signing_alg_values_supported as string[]).includes('RS256'))
    assert.equal(document.authorization_response_iss_parameter_supported, true)
    // A provider whose factors are trusted proves two.
    assert.deepEqual(document.acr_values_supported, ['aal1', 'aal2'])
    assert.deepEqual(document.ui_locales_supported, ['en', 'es'])
  })
})
