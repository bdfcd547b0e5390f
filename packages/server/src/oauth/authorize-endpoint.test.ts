import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { disableClient } from '../clients/disable-client.ts'
import { openFileDeps, rowsOf, testContext } from '../testing/deps.ts'
import { startTestService, type TestService } from '../testing/service.ts'
import { describeConsent, giveConsent } from './consents.ts'
import { openSealedRequest, sealRequest } from './sealed-request.ts'
import {
  answerOf,
  authorizationParameters,
  authorize,
  callback,
  codeForm,
  exchange,
  registerApp,
  type SignedInBrowser,
  signInBrowser,
  type Visited,
  visit,
} from './testing/browser.ts'

const { deps } = await openFileDeps({ emptied: [] })
let service: TestService
let browser: SignedInBrowser

before(async () => {
  service = await startTestService(deps)
  await registerApp(deps)
  await registerApp(deps, { id: 'other', firstParty: false })
  browser = await signInBrowser(deps)
})
after(() => service.close())

type Changes = Record<string, string | undefined>

const asks = (changes: Changes = {}, cookie = browser.cookie) => authorize(service, changes, cookie)

/** The error that the client hears. */
async function errorOf(changes: Changes, cookie?: string): Promise<string | undefined> {
  const answer = answerOf(await asks(changes, cookie))
  assert.equal(answer.code, undefined)
  assert.equal(answer.iss, deps.config.issuer)
  assert.equal(answer.state, 'state' in changes ? changes.state : 'the state')
  return answer.error
}

/** The page that the browser is sent to, and the request that it carries. */
function pageOf({ status, location, text }: Visited) {
  assert.equal(status, 303, text)
  const sealed = location?.searchParams.get('request') ?? ''
  const request = openSealedRequest(deps, sealed, new Date())
  assert.ok(request, location?.href)
  return { path: location?.pathname, sealed, request }
}

const resume = (sealed: string, cookie = browser.cookie) =>
  visit(service, `/oauth2/authorize/resume?${new URLSearchParams({ request: sealed })}`, cookie)

describe('an authorization request', () => {
  it('is answered with a code, the state and the issuer (RFC 6749 §4.1.2, RFC 9207 §2)', async () => {
    const answer = answerOf(await asks())
    assert.deepEqual(Object.keys(answer).sort(), ['code', 'iss', 'state'])
    assert.equal(answer.state, 'the state')
    assert.equal(answer.iss, deps.config.issuer)
  })

  it('may come by POST, and with parameters that nobody knows (OIDC Core §3.1.2.1)', async () => {
    const parameters = authorizationParameters({ what_is_this: 'x', display: 'popup' })
    const headers = { cookie: browser.cookie, 'content-type': 'application/x-www-form-urlencoded' }
    const body = new URLSearchParams(parameters).toString()
    const answer = await fetch(`${service.url}/oauth2/authorize`, {
      ...{ method: 'POST', redirect: 'manual', headers, body },
    })
    assert.equal(answer.status, 303)
    assert.match(answer.headers.get('location') ?? '', /[?&]code=sa1_/u)
  })

  it('keeps the query of the redirect URI', async () => {
    const redirectUri = `${callback}?tenant=1`
    await registerApp(deps, { id: 'tenants', redirectUris: [redirectUri] })
    const { location } = await asks({ client_id: 'tenants', redirect_uri: redirectUri })
    assert.equal(location?.searchParams.get('tenant'), '1')
    assert.ok(location?.searchParams.get('code'))
  })

  it('is answered by a form that sends itself, where that is asked for', async () => {
    const answer = await asks({ response_mode: 'form_post', state: '"><script>' })
    assert.equal(answer.status, 200)
    assert.match(answer.text, /<form method="post" action="https:\/\/app\.example\/callback">/u)
    assert.match(answer.text, /name="state" value="&quot;&gt;&lt;script&gt;"/u)
    assert.match(answer.text, /name="code" value="sa1_/u)
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    assert.doesNotMatch(answer.text, /<script>/u)
    const refused = await asks({ response_mode: 'form_post', scope: 'openid unknown' })
    assert.match(refused.text, /name="error" value="invalid_scope"/u)
  })
})

it('a form cannot be sent to an app on the machine: it hears that by its address', async () => {
  const redirectUri = 'com.example.app:/callback'
  await registerApp(deps, { id: 'native', type: 'public', redirectUris: [redirectUri] })
  const changes = { client_id: 'native', redirect_uri: redirectUri, response_mode: 'form_post' }
  const { status, location } = await asks(changes)
  assert.equal(status, 303)
  assert.equal(location?.protocol, 'com.example.app:')
  assert.equal(location?.searchParams.get('error'), 'invalid_request')
})

describe('nothing is sent anywhere', () => {
  const shows = async (changes: Changes | [string, string][]) => {
    const answer = await authorize(service, changes, browser.cookie)
    assert.equal(answer.location, undefined)
    assert.equal(answer.status, 400)
    assert.match(answer.headers.get('content-type') ?? '', /^text\/html/u)
    return answer.text
  }

  it('where the client is not known, disabled, or missing (RFC 6749 §4.1.2.1)', async () => {
    for (const client_id of [undefined, '', 'nobody', 'App', '../app', 'signet\u0000'])
      assert.match(await shows({ client_id }), /no client|disabled/u)
    const { clientId } = await registerApp(deps, { id: 'closed' })
    await disableClient(deps, testContext(), { clientId })
    assert.match(await shows({ client_id: 'closed' }), /disabled/u)
  })

  it('where the redirect URI is missing, or none of the client’s', async () => {
    assert.match(await shows({ redirect_uri: undefined }), /redirect_uri is missing/u)
    for (const redirect_uri of [
      `${callback}/`,
      `${callback}?x=1`,
      `${callback}#x`,
      'https://evil.example/callback',
      'https://app.example@evil.example/callback',
      'https://app.example/callback/..;/x',
      'HTTPS://app.example/callback',
      'javascript:alert(1)',
    ]) {
      const text = await shows({ redirect_uri })
      assert.match(text, /none of the registered ones/u)
      // What differs is marked within the address.
      assert.match(text.replaceAll(/<[^>]*>/gu, ''), /https:\/\/app\.example\/callback/u)
    }
  })

  it('where client or redirect URI come twice', async () => {
    for (const [name, value] of [
      ['client_id', 'app'],
      ['redirect_uri', callback],
    ] as const)
      assert.match(await shows([...authorizationParameters(), [name, value]]), /given twice/u)
  })

  it('and what was sent is shown, never run', async () => {
    const text = await shows({ client_id: '<script>alert(1)</script>' })
    assert.match(text, /&lt;script&gt;/u)
    assert.doesNotMatch(text, /<script>/u)
  })
})

describe('the client hears what is wrong', () => {
  const long = 'x'.repeat(1900)
  const longRequest = {
    nonce: long,
    login_hint: long,
    acr_values: long,
    ui_locales: long,
    claims: JSON.stringify({ userinfo: { [long]: null } }),
  }
  const cases: [what: string, error: string, changes: Changes][] = [
    ['no response_type', 'invalid_request', { response_type: undefined }],
    ['the implicit flow', 'unsupported_response_type', { response_type: 'token' }],
    ['the hybrid flow', 'unsupported_response_type', { response_type: 'code id_token' }],
    ['no scope', 'invalid_scope', { scope: undefined }],
    ['a scope of others', 'invalid_scope', { scope: 'openid signet:*' }],
    ['a request object (OIDC Core §6)', 'request_not_supported', { request: 'eyJ9.e30.' }],
    ['a request_uri', 'request_uri_not_supported', { request_uri: 'https://app.example/r' }],
    ['a registration', 'registration_not_supported', { registration: '{}' }],
    ['no code_challenge', 'invalid_request', { code_challenge: undefined }],
    ['a plain code_challenge', 'invalid_request', { code_challenge_method: 'plain' }],
    ['a method by default', 'invalid_request', { code_challenge_method: undefined }],
    [
      'a method alone',
      'invalid_request',
      { code_challenge: undefined, code_challenge_method: 'S256' },
    ],
    ['a short code_challenge', 'invalid_request', { code_challenge: 'x' }],
    ['a fragment', 'invalid_request', { response_mode: 'fragment' }],
    ['none and login', 'invalid_request', { prompt: 'none login' }],
    ['an unknown prompt', 'invalid_request', { prompt: 'dance' }],
    ['a max_age in words', 'invalid_request', { max_age: 'soon' }],
    ['a negative max_age', 'invalid_request', { max_age: '-1' }],
    ['claims that are no JSON', 'invalid_request', { claims: '{' }],
    ['claims that are a list', 'invalid_request', { claims: '[]' }],
    ['a state without end', 'invalid_request', { nonce: 'x'.repeat(2001) }],
    ['a hint that is none', 'invalid_request', { id_token_hint: 'x.y.z' }],
    ['a resource of others', 'invalid_target', { resource: 'https://others.example' }],
    ['a resource that is relative', 'invalid_target', { resource: '/api' }],
    ['a request without end', 'invalid_request', longRequest],
    [
      'an acr that nobody reaches',
      'unmet_authentication_requirements',
      { claims: '{"id_token":{"acr":{"essential":true,"value":"aal3"}}}' },
    ],
  ]
  for (const [what, error, changes] of cases)
    it(`${what}: ${error}`, async () => assert.equal(await errorOf(changes), error))

  it('each parameter that comes twice: invalid_request (RFC 6749 §3.1)', async () => {
    for (const [name, value] of authorizationParameters({ nonce: 'n' })) {
      if (name === 'client_id' || name === 'redirect_uri') continue
      const twice: [string, string][] = [...authorizationParameters({ nonce: 'n' }), [name, value]]
      const answer = answerOf(await authorize(service, twice, browser.cookie))
      assert.equal(answer.error, 'invalid_request', name)
      assert.equal(answer.state, name === 'state' ? undefined : 'the state')
    }
  })

  it('a response mode or a grant type that is not the client’s', async () => {
    await registerApp(deps, { id: 'query-only', responseModes: ['query'] })
    const changes = { client_id: 'query-only', response_mode: 'form_post' }
    assert.equal(await errorOf(changes), 'invalid_request')
    await rowsOf(deps, `update clients set grant_types = '{}' where id = 'query-only'`)
    assert.equal(await errorOf({ client_id: 'query-only' }), 'unauthorized_client')
  })
})

describe('who authorizes it', () => {
  it('signs in first, and goes on with the same request', async () => {
    const answer = await asks({ login_hint: 'ada@example.com', ui_locales: 'es' }, '')
    const { path, sealed, request } = pageOf(answer)
    assert.equal(path, '/sign-in')
    assert.deepEqual([request.loginHint, request.uiLocales], ['ada@example.com', ['es']])
    assert.ok(answerOf(await resume(sealed)).code)
  })

  it('is nobody while prompt=none: the client hears login_required (OIDC Core §3.1.2.6)', async () => {
    assert.equal(await errorOf({ prompt: 'none' }, ''), 'login_required')
    assert.ok(answerOf(await asks({ prompt: 'none' })).code)
  })

  it('proves it again for prompt=login and max_age (OIDC Core §3.1.2.1)', async () => {
    const own = await signInBrowser(deps)
    await rowsOf(
      deps,
      `update sessions set auth_time = auth_time - interval '1 minute' where id = $1`,
      [own.sessionId],
    )
    assert.ok(answerOf(await asks({ max_age: '3600' }, own.cookie)).code)
    assert.equal(await errorOf({ max_age: '30', prompt: 'none' }, own.cookie), 'login_required')
    for (const changes of [{ prompt: 'login' }, { max_age: '30' }, { max_age: '0' }]) {
      const { path, sealed } = pageOf(await asks(changes, own.cookie))
      assert.equal(path, '/sign-in')
      assert.equal(
        pageOf(await resume(sealed, own.cookie)).path,
        '/sign-in',
        'a reload is no proof',
      )
      await rowsOf(deps, 'update sessions set auth_time = clock_timestamp() where id = $1', [
        own.sessionId,
      ])
      assert.ok(answerOf(await resume(sealed, own.cookie)).code)
      await rowsOf(
        deps,
        `update sessions set auth_time = auth_time - interval '1 minute' where id = $1`,
        [own.sessionId],
      )
    }
  })

  it('signs up for prompt=create, and chooses for prompt=select_account', async () => {
    const own = await signInBrowser(deps)
    await new Promise((resolve) => setTimeout(resolve, 5))
    assert.equal(pageOf(await asks({ prompt: 'create' }, own.cookie)).path, '/sign-up')
    const { path, request } = pageOf(await asks({ prompt: 'select_account' }, own.cookie))
    assert.equal(path, '/choose-account')
    const chosen = sealRequest(deps, { ...request, chosenSession: own.sessionId as never })
    assert.ok(answerOf(await resume(chosen, own.cookie)).code)
    assert.equal(pageOf(await asks({ prompt: 'select_account' }, '')).path, '/sign-in')
  })

  it('is the one the client insists on (id_token_hint, OIDC Core §3.1.2.1)', async () => {
    const form = codeForm(answerOf(await asks()).code ?? '')
    const app = await registerApp(deps, { id: 'hints' })
    assert.equal((await exchange(service, app, form)).status, 400)
    const code = answerOf(await asks({ client_id: 'hints' })).code ?? ''
    const { body } = await exchange(service, app, codeForm(code))
    const hinted = { client_id: 'hints', id_token_hint: body.id_token, prompt: 'none' }
    assert.ok(answerOf(await asks(hinted)).code)
    const stranger = await signInBrowser(deps)
    assert.equal(await errorOf(hinted, stranger.cookie), 'login_required')
    assert.equal(
      pageOf(await asks({ ...hinted, prompt: undefined }, browser.cookie.replace(/.$/u, 'x'))).path,
      '/sign-in',
    )
    assert.equal(await errorOf({ ...hinted, client_id: 'app' }), 'invalid_request')
  })

  it('is the one login_hint names, of several in one browser', async () => {
    const second = await signInBrowser(deps)
    const both = `${browser.cookie}.${second.cookie.slice(second.cookie.indexOf('=') + 1)}`
    const { request } = pageOf(await asks({ client_id: 'other', login_hint: second.email }, both))
    assert.equal(request.loginHint, second.email)
    const userOf = async (changes: Changes) => {
      const { code } = answerOf(await asks(changes, both))
      const [row] = await rowsOf(
        deps,
        `select user_id from authorization_codes where code_hash = sha256($1::bytea)`,
        [Buffer.from(code ?? '')],
      )
      return row?.[0]
    }
    assert.equal(await userOf({}), browser.userId)
    assert.equal(await userOf({ login_hint: second.email.toUpperCase() }), second.userId)
    assert.equal(await userOf({ login_hint: 'nobody@example.com' }), browser.userId)
  })
})

describe('consent', () => {
  const other = { client_id: 'other', scope: 'openid email' }
  const consents = (
    request: Parameters<typeof giveConsent>[2]['request'],
    userId = browser.userId,
  ) => giveConsent(deps, testContext(), { request, userId })

  it('is asked for once, for an app that is not ours', async () => {
    assert.equal(await errorOf({ ...other, prompt: 'none' }), 'consent_required')
    const { path, sealed, request } = pageOf(await asks(other))
    assert.equal(path, '/consent')
    assert.equal(pageOf(await resume(sealed)).path, '/consent')
    const question = await describeConsent(deps, request, browser.userId)
    assert.deepEqual(question?.scopes, ['openid', 'email'])
    await consents(request)
    const asked = await describeConsent(deps, request, browser.userId)
    assert.deepEqual(asked?.allowedBefore, new Set(['email', 'openid']))
    assert.ok(answerOf(await resume(sealed)).code)
    assert.ok(answerOf(await asks({ ...other, prompt: 'none' })).code)
    assert.ok(answerOf(await asks({ ...other, scope: 'openid' })).code)
  })

  it('is asked for again for more: a scope, or a claim by name', async () => {
    assert.equal(pageOf(await asks({ ...other, scope: 'openid email profile' })).path, '/consent')
    const claims = JSON.stringify({ userinfo: { name: null } })
    assert.equal(pageOf(await asks({ ...other, claims })).path, '/consent')
    assert.ok(
      answerOf(await asks({ ...other, claims: JSON.stringify({ userinfo: { email: null } }) }))
        .code,
    )
  })

  it('is asked for again where the client prompts for it', async () => {
    const { path, sealed, request } = pageOf(await asks({ ...other, prompt: 'consent' }))
    assert.equal(path, '/consent')
    await consents(request)
    assert.ok(answerOf(await resume(sealed)).code)
  })

  it('that is refused is told to the client', async () => {
    const { sealed } = pageOf(await asks({ ...other, scope: 'openid email profile' }))
    const denied = await visit(
      service,
      `/oauth2/authorize/denied?request=${sealed}`,
      browser.cookie,
    )
    assert.deepEqual(answerOf(denied).error, 'access_denied')
  })
})

describe('a sealed request', () => {
  it('that was changed or made up goes nowhere', async () => {
    const { sealed } = pageOf(await asks({}, ''))
    const changed = `${sealed.slice(0, -2)}${sealed.endsWith('AA') ? 'BA' : 'AA'}`
    for (const text of ['', 'x', changed, sealed.slice(0, 30), `${sealed}=`, 'A'.repeat(13_000)]) {
      const { status, location } = await resume(text)
      assert.deepEqual([status, location], [400, undefined])
    }
  })

  it('from before the hour begins anew in place', async () => {
    const { request } = pageOf(await asks({ prompt: 'select_account' }))
    const old = {
      ...request,
      requestedAtMs: Date.now() - 2 * 3600 * 1000,
      chosenSession: browser.sessionId as never,
    }
    const again = pageOf(await resume(sealRequest(deps, old)))
    assert.equal(again.path, '/choose-account')
    assert.ok(again.request.requestedAtMs > Date.now() - 60_000)
    assert.equal(again.request.chosenSession, undefined)
  })

  it('is judged again: a client that was closed meanwhile gets nothing', async () => {
    const { clientId } = await registerApp(deps, { id: 'closing' })
    const { sealed } = pageOf(await asks({ client_id: 'closing' }, ''))
    await disableClient(deps, testContext(), { clientId })
    assert.equal((await resume(sealed)).status, 400)
    const denied = await visit(service, `/oauth2/authorize/denied?request=${sealed}`)
    assert.deepEqual([denied.status, denied.location], [400, undefined])
  })
})
