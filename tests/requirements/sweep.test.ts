/** What holds for every route there is, and for the tokens of every grant: found by going through all of them. */

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import {
  claimsIn,
  codeFor,
  codeForm,
  exchange,
  registerApp,
  signInBrowser,
} from '../../packages/server/src/oauth/testing/browser.ts'
import { signInAs } from '../../packages/server/src/testing/accounts.ts'
import { registerTestClient } from '../../packages/server/src/testing/clients.ts'
import { openFileDeps } from '../../packages/server/src/testing/deps.ts'
import { startTestService, type TestService } from '../../packages/server/src/testing/service.ts'

/** What may be kept, because it is the same for everybody. */
const kept =
  /^\/(?:\.well-known\/|oauth2\/form-post\.js$|pages\/|avatars\/|brand\/|client-logos\/|docs|openapi\.json$)/u

const { deps } = await openFileDeps({ emptied: [] })
let service: TestService

before(async () => {
  service = await startTestService(deps)
})
after(() => service.close())

interface Asked {
  method: string
  path: string
}

/** Everything that answers: the contract over REST, and what is beside it. */
async function everyRoute(): Promise<Asked[]> {
  const file = new URL('../../packages/server/src/reference/gen/openapi.json', import.meta.url)
  const { paths } = JSON.parse(await readFile(file, 'utf8')) as { paths: Record<string, object> }
  const ofContract = Object.entries(paths).flatMap(([path, verbs]) =>
    Object.keys(verbs).map((verb) => ({ method: verb.toUpperCase(), path })),
  )
  const all = [...ofContract, ...service.routes, { method: 'GET', path: '/nothing-is-here' }]
  return all.map(({ method, path }) => ({
    method,
    path: path.replaceAll(/\{\w+\}|:\w+|\*/gu, 'x'),
  }))
}

function ask({ method, path }: Asked, query = ''): Promise<Response> {
  return fetch(`${service.url}${path}${query}`, {
    method,
    redirect: 'manual',
    headers: { accept: 'text/html,application/json' },
    signal: AbortSignal.timeout(30_000),
  })
}

describe('every answer of every route', () => {
  it('carries its policy, is kept by nobody, and tells nothing of the inside', async () => {
    const routes = await everyRoute()
    assert.ok(routes.length > 60, `${routes.length}`)
    for (const route of routes) {
      const answer = await ask(route)
      const what = `${route.method} ${route.path}: ${answer.status}`
      const text = await answer.text()
      assert.ok(answer.status < 500, `${what} ${text}`)
      assert.equal(answer.headers.get('x-content-type-options'), 'nosniff', what)
      assert.match(answer.headers.get('content-security-policy') ?? '', /default-src 'none'/u, what)
      assert.match(
        answer.headers.get('content-security-policy') ?? '',
        /frame-ancestors 'none'/u,
        what,
      )
      assert.equal(answer.headers.get('referrer-policy'), 'no-referrer', what)
      if (!kept.test(route.path))
        assert.match(answer.headers.get('cache-control') ?? '', /no-store/u, what)
      for (const name of ['server', 'x-powered-by'])
        assert.equal(answer.headers.get(name), null, what)
      assert.doesNotMatch(text, /node_modules|\bat .*\.ts:\d+|select .* from /iu, what)
    }
  })

  it('of the contract that refuses is a problem document', async () => {
    for (const route of (await everyRoute()).filter(({ path }) => path.startsWith('/api/'))) {
      const answer = await ask(route)
      if (answer.status < 400) continue
      const what = `${route.method} ${route.path}`
      assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/u, what)
      const problem = (await answer.json()) as Record<string, unknown>
      assert.equal(problem.status, answer.status, what)
      for (const member of ['type', 'title', 'detail', 'instance'])
        assert.ok(problem[member], `${what} ${member}`)
    }
  })

  it('sends nobody to another site, and no form anywhere', async () => {
    const evil = encodeURIComponent('https://evil.example/')
    const names = [
      'next',
      'request',
      'return_to',
      'redirect_uri',
      'post_logout_redirect_uri',
      'url',
      'continue',
    ]
    const query = `?${names.map((name) => `${name}=${evil}`).join('&')}`
    for (const route of await everyRoute()) {
      const answer = await ask(route, query)
      const location = answer.headers.get('location')
      assert.ok(
        ![301, 302, 307, 308].includes(answer.status) || location?.startsWith('/'),
        route.path,
      )
      assert.ok(![307, 308].includes(answer.status), `${route.method} ${route.path}`)
      if (location === null) continue
      const target = new URL(location, service.url)
      const own = [new URL(service.url).host, new URL(deps.config.issuer).host]
      assert.ok(own.includes(target.host), `${route.path} leads to ${location}`)
    }
  })
})

describe('tokens of every grant', () => {
  it('have each claim that they must (RFC 9068 §2.2), and say what was proved', async () => {
    const app = await registerApp(deps, { audiences: ['https://ledger.example'] })
    const machine = await registerTestClient(deps, {
      ...{ id: 'machine', grantTypes: ['client_credentials'], scopes: ['ledger.read'] },
      audiences: ['https://ledger.example'],
      ...{ permissions: ['tokens.mint'], subjectNamespace: 'machine' },
    })
    const browser = await signInBrowser(deps)
    const offline = { scope: 'openid offline_access' }
    const byCode = (await exchange(service, app, codeForm(await codeFor(service, browser)))).body
    const away = (await exchange(service, app, codeForm(await codeFor(service, browser, offline))))
      .body
    const refresh = { grant_type: 'refresh_token', refresh_token: byCode.refresh_token }
    const minted = await service.post('/mint', JSON.stringify({ sub: '4711', provider: 'crew' }), {
      ...{ authorization: machine.authorization, 'content-type': 'application/json' },
    })
    const tokens: Record<string, string | undefined> = {
      'a sign-in': (await signInAs(deps, browser.email)).accessToken,
      'a code': byCode.access_token,
      'offline access': away.access_token,
      'a refresh': (await exchange(service, app, refresh)).body.access_token,
      'a client': (await exchange(service, machine, { grant_type: 'client_credentials' })).body
        .access_token,
      'a mint': JSON.parse(minted.text).accessToken,
    }
    for (const [what, token = ''] of Object.entries(tokens)) {
      const header = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())
      assert.equal(header.typ, 'at+jwt', what)
      const claims = claimsIn(token)
      for (const name of ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti', 'scope'])
        assert.ok(claims[name] !== undefined, `${what} has no ${name}`)
      if (what === 'a client') continue
      const expected = what === 'a mint' ? ['0', ['ext']] : ['aal1', ['pwd']]
      assert.deepEqual([claims.acr, claims.amr], expected, what)
      assert.ok(Math.abs(Number(claims.auth_time) - Date.now() / 1000) < 120, what)
    }
  })
})
