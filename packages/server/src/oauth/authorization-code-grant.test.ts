import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { after, before, beforeEach, describe, it } from 'node:test'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { registerTestClient, type TestClient } from '../testing/clients.ts'
import { openFileDeps, rowsOf, testContext, withParts } from '../testing/deps.ts'
import { startTestService, type TestService } from '../testing/service.ts'
import { suspendUser } from '../users/suspend-user.ts'
import {
  callback,
  claimsIn,
  codeFor,
  codeForm,
  codeVerifier,
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
  app = await registerApp(deps)
})
after(() => service.close())
beforeEach(async () => {
  browser = await signInBrowser(deps)
})

async function refuses(
  code: string,
  changes: Record<string, string | undefined> = {},
  client: TestClient | 'nobody' = app,
) {
  const { status, body, headers } = await exchange(
    service,
    client === 'nobody' ? undefined : client,
    {
      ...codeForm(code),
      ...changes,
    },
  )
  assert.equal(headers.get('cache-control'), 'no-store')
  return [status, body.error]
}

const invalidGrant = [400, 'invalid_grant']

/** Whether the access token says who its user is. */
async function works(accessToken: string | undefined): Promise<boolean> {
  const answer = await fetch(`${service.url}/oauth2/userinfo`, {
    headers: { authorization: `Bearer ${accessToken}` },
  })
  return answer.status === 200
}

it('leaves out the scopes that need a proved address where the person has none', async () => {
  const emailVerification = { when: 'before-scopes', scopes: ['email'] } as const
  const parts = withParts(deps, { config: { ...deps.config, emailVerification } })
  const strict = await startTestService(parts)
  try {
    const scopeOf = async () => {
      const code = await codeFor(strict, browser, { scope: 'openid email' })
      return (await exchange(strict, app, codeForm(code))).body.scope
    }
    assert.equal(await scopeOf(), 'openid email')
    await rowsOf(deps, 'update identifiers set verified_at = null')
    assert.equal(await scopeOf(), 'openid')
  } finally {
    await strict.close()
  }
})

describe('a code', () => {
  it('yields an access token, a refresh token and an ID token (RFC 6749 §4.1.4, OIDC Core §3.1.3.3)', async () => {
    const code = await codeFor(service, browser, { nonce: 'n-1', scope: 'openid email' })
    const { status, body } = await exchange(service, app, codeForm(code))
    assert.equal(status, 200)
    assert.deepEqual(Object.keys(body).sort(), [
      'access_token',
      'expires_in',
      'id_token',
      'refresh_token',
      'scope',
      'token_type',
    ])
    assert.equal(body.scope, 'openid email')
    const { issuer } = deps.config
    const jwks = createLocalJWKSet(
      (await (await fetch(`${service.url}/.well-known/jwks.json`)).json()) as never,
    )
    const verified = await jwtVerify(body.id_token ?? '', jwks, {
      issuer,
      audience: 'app',
      typ: 'JWT',
    })
    const { payload, protectedHeader } = verified
    assert.equal(protectedHeader.alg, 'ES256')
    assert.equal(payload.sub, browser.userId)
    assert.equal(payload.nonce, 'n-1')
    assert.equal(payload.sid, browser.sessionId)
    assert.deepEqual([payload.acr, payload.amr], ['aal1', ['pwd']])
    const digest = hash('sha256', body.access_token ?? '', 'buffer')
    assert.equal(payload.at_hash, digest.subarray(0, 16).toString('base64url'))
    assert.equal(
      payload.email,
      undefined,
      'claims for scopes are at the UserInfo endpoint (OIDC Core §5.4)',
    )
    const access = claimsIn(body.access_token ?? '')
    assert.equal(access.aud, `${issuer}/oauth2/userinfo`)
    assert.equal(access.client_id, 'app')
  })

  it('yields no ID token without openid, and no refresh token where the client may not refresh', async () => {
    const once = await registerApp(deps, { id: 'once', grantTypes: ['authorization_code'] })
    const code = await codeFor(service, browser, { client_id: 'once', scope: 'invoices.read' })
    const { body } = await exchange(service, once, codeForm(code))
    assert.deepEqual([body.id_token, body.refresh_token], [undefined, undefined])
    assert.ok(body.access_token)
  })

  it('is good once, and used again ends what it was redeemed for (RFC 6749 §4.1.2)', async () => {
    const code = await codeFor(service, browser)
    const { body } = await exchange(service, app, codeForm(code))
    assert.equal(await works(body.access_token), true)
    assert.deepEqual(await refuses(code), invalidGrant)
    assert.equal(await works(body.access_token), false)
    const refresh = { grant_type: 'refresh_token', refresh_token: body.refresh_token }
    assert.equal((await exchange(service, app, refresh)).status, 400)
    const events = `select outcome from events where kind = 'authorization_code.reused' and subject_id = $1`
    assert.deepEqual(await rowsOf(deps, events, [browser.userId]), [['failure']])
    assert.deepEqual(await refuses(code), invalidGrant)
  })

  it('has one winner, however many present it at a time', async () => {
    const code = await codeFor(service, browser)
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => exchange(service, app, codeForm(code))),
    )
    const statuses = answers.map(({ status }) => status)
    assert.equal(statuses.filter((status) => status === 200).length, 1)
    assert.equal(statuses.filter((status) => status === 400).length, 19)
    const grants = 'select count(*)::int from grants where user_id = $1 and client_id = $2'
    assert.deepEqual(await rowsOf(deps, grants, [browser.userId, 'app']), [[1]])
  })

  it('is over after a minute (OAuth 2.1 §4.1.2)', async () => {
    const [fresh, stale] = [await codeFor(service, browser), await codeFor(service, browser)]
    const older =
      'update authorization_codes set expires_at = expires_at - $2::interval where code_hash = $1'
    await rowsOf(deps, older, [hash('sha256', fresh, 'buffer'), '55 s'])
    await rowsOf(deps, older, [hash('sha256', stale, 'buffer'), '61 s'])
    assert.equal((await exchange(service, app, codeForm(fresh))).status, 200)
    assert.deepEqual(await refuses(stale), invalidGrant)
  })

  it('is bound to its client; another one changes nothing (RFC 6749 §10.5)', async () => {
    const other = await registerApp(deps, { id: 'other' })
    const code = await codeFor(service, browser)
    assert.deepEqual(await refuses(code, {}, other), invalidGrant)
    assert.equal((await exchange(service, app, codeForm(code))).status, 200)
  })

  it('is bound to its redirect URI (RFC 6749 §4.1.3), which PKCE makes dispensable (OAuth 2.1 §4.1.3)', async () => {
    const code = await codeFor(service, browser)
    assert.deepEqual(await refuses(code, { redirect_uri: `${callback}/` }), invalidGrant)
    const without = { ...codeForm(code), redirect_uri: undefined }
    assert.equal((await exchange(service, app, without)).status, 200)
  })

  it('is bound to its code verifier (RFC 7636 §4.6)', async () => {
    const code = await codeFor(service, browser)
    assert.deepEqual(await refuses(code, { code_verifier: undefined }), invalidGrant)
    assert.deepEqual(
      await refuses(code, { code_verifier: codeVerifier.replace(/^./u, '~') }),
      invalidGrant,
    )
    for (const code_verifier of ['short', 'x'.repeat(129), `${codeVerifier}ä`])
      assert.deepEqual(await refuses(code, { code_verifier }), [400, 'invalid_request'])
    assert.equal((await exchange(service, app, codeForm(code))).status, 200)
  })

  it('without a challenge is refused to who sends a verifier: nobody downgrades PKCE (RFC 9700 §4.8.2)', async () => {
    const weak = await registerApp(deps, { id: 'weak', pkceRequired: false })
    const changes = {
      client_id: 'weak',
      code_challenge: undefined,
      code_challenge_method: undefined,
    }
    const code = await codeFor(service, browser, changes)
    assert.deepEqual(await refuses(code, {}, weak), invalidGrant)
    assert.deepEqual(
      await refuses(code, { code_verifier: undefined, redirect_uri: undefined }, weak),
      invalidGrant,
    )
    assert.equal(
      (await exchange(service, weak, { ...codeForm(code), code_verifier: undefined })).status,
      200,
    )
  })

  it('is nothing that was made up', async () => {
    for (const code of ['x', 'sa1_', `sa1_${'A'.repeat(46)}`, `sa1_${'A'.repeat(45)}=`, 'sr1_x'])
      assert.deepEqual(await refuses(code), invalidGrant)
    assert.deepEqual(await refuses(''), [400, 'invalid_request'])
  })

  it('dies with its session and its user', async () => {
    const first = await codeFor(service, browser)
    await rowsOf(deps, 'update sessions set ended_at = now(), end_reason = $2 where id = $1', [
      browser.sessionId,
      'x',
    ])
    assert.deepEqual(await refuses(first), invalidGrant)
    const another = await signInBrowser(deps)
    const second = await codeFor(service, another)
    await suspendUser(deps, testContext(), { userId: another.userId })
    assert.deepEqual(await refuses(second), invalidGrant)
  })

  it('needs the client’s proof, and a public client’s id', async () => {
    const code = await codeFor(service, browser)
    assert.deepEqual(await refuses(code, { client_id: 'app' }, 'nobody'), [401, 'invalid_client'])
    const spa = await registerTestClient(deps, {
      id: 'spa',
      type: 'public',
      firstParty: true,
      grantTypes: ['authorization_code', 'refresh_token'],
      redirectUris: [callback],
      scopes: ['openid'],
    })
    assert.equal(spa.clientSecret, '')
    const its = await codeFor(service, browser, { client_id: 'spa' })
    const { status, body } = await exchange(service, undefined, {
      ...codeForm(its),
      client_id: 'spa',
    })
    assert.equal(status, 200)
    const refresh = {
      grant_type: 'refresh_token',
      refresh_token: body.refresh_token,
      client_id: 'spa',
    }
    assert.equal((await exchange(service, undefined, refresh)).status, 200)
    assert.equal((await exchange(service, undefined, { ...refresh, client_id: 'app' })).status, 401)
  })
})

describe('a code for when the person is not there', () => {
  it('yields a grant without a session, whose tokens name none (OIDC Core §11)', async () => {
    const code = await codeFor(service, browser, { scope: 'openid offline_access' })
    const { body } = await exchange(service, app, codeForm(code))
    assert.equal(claimsIn(body.access_token ?? '').sid, undefined)
    // What the client opens by it ends with the session (Back-Channel Logout §2.7).
    assert.equal(claimsIn(body.id_token ?? '').sid, browser.sessionId)
    await rowsOf(deps, 'update sessions set ended_at = now(), end_reason = $2 where id = $1', [
      browser.sessionId,
      'x',
    ])
    const refresh = { grant_type: 'refresh_token', refresh_token: body.refresh_token }
    const refreshed = await exchange(service, app, refresh)
    assert.equal(refreshed.status, 200)
    assert.equal(await works(refreshed.body.access_token), true)
  })
})
