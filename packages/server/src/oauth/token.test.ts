import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { ErrorReason } from '@signet/contract'
import { disableClient } from '../clients/disable-client.ts'
import { SignetError } from '../errors.ts'
import { registerTestClient, type TestClient } from '../testing/clients.ts'
import { openFileDeps, rowsOf, testContext } from '../testing/deps.ts'
import { startTestService, type TestService } from '../testing/service.ts'
import { verifyAccessToken } from '../tokens/access-token.ts'
import { authenticateBearer } from '../tokens/authenticate.ts'
import { formEndpoints } from './form-endpoint.ts'
import {
  answerOf,
  authorizationParameters,
  authorize,
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
let machine: TestClient
let browser: SignedInBrowser

before(async () => {
  service = await startTestService(deps)
  app = await registerApp(deps, {
    audiences: ['https://invoices.example', 'https://ledger.example'],
  })
  machine = await registerTestClient(deps, {
    id: 'machine',
    grantTypes: ['client_credentials'],
    scopes: ['openid', 'ledger.read', 'ledger.write'],
    audiences: ['https://ledger.example'],
  })
})
after(() => service.close())
beforeEach(async () => {
  browser = await signInBrowser(deps)
})

type Form = Record<string, string | undefined>

async function refuses(client: TestClient | undefined, form: Form) {
  const { status, body, headers } = await exchange(service, client, form)
  assert.equal(headers.get('cache-control'), 'no-store')
  assert.match(headers.get('content-type') ?? '', /^application\/json/u)
  return [status, body.error]
}

describe('the token endpoint', () => {
  it('refuses grant types that nobody has, or this client has not (RFC 6749 §5.2)', async () => {
    for (const grant_type of [
      'password',
      'implicit',
      'Authorization_Code',
      '__proto__',
      'constructor',
    ])
      assert.deepEqual(await refuses(app, { grant_type }), [400, 'unsupported_grant_type'])
    assert.deepEqual(await refuses(app, {}), [400, 'invalid_request'])
    assert.deepEqual(await refuses(app, { grant_type: 'client_credentials' }), [
      400,
      'unauthorized_client',
    ])
    const refresh = { grant_type: 'refresh_token', refresh_token: 'x' }
    assert.deepEqual(await refuses(machine, refresh), [400, 'unauthorized_client'])
  })

  it('refuses a client that does not prove itself, or proves itself twice', async () => {
    const form = { grant_type: 'client_credentials' }
    assert.deepEqual(await refuses(undefined, form), [401, 'invalid_client'])
    assert.deepEqual(await refuses(undefined, { ...form, client_id: 'machine' }), [
      401,
      'invalid_client',
    ])
    const posted = { ...form, client_id: 'machine', client_secret: machine.clientSecret }
    assert.equal((await exchange(service, undefined, posted)).status, 200)
    assert.deepEqual(await refuses(machine, posted), [400, 'invalid_request'])
    assert.deepEqual(await refuses(undefined, { ...posted, client_secret: 'x' }), [
      401,
      'invalid_client',
    ])
    const inAddress = await fetch(`${service.url}/oauth2/token?${new URLSearchParams(posted)}`, {
      method: 'POST',
    })
    assert.equal(inAddress.status, 401)
    assert.equal((await fetch(`${service.url}/oauth2/token`)).status, 405)
  })

  it('may be called by pages of every origin, without cookies', async () => {
    const answer = await fetch(`${service.url}/oauth2/token`, {
      method: 'OPTIONS',
      headers: { origin: 'https://spa.example', 'access-control-request-method': 'POST' },
    })
    assert.equal(answer.status, 204)
    assert.equal(answer.headers.get('access-control-allow-origin'), '*')
    assert.equal(answer.headers.get('access-control-allow-credentials'), null)
    for (const path of ['/oauth2/introspect', '/oauth2/authorize', '/api/v1/users/me']) {
      const other = await fetch(service.url + path, {
        method: 'OPTIONS',
        headers: { origin: 'https://spa.example', 'access-control-request-method': 'POST' },
      })
      assert.equal(other.status, 403, path)
    }
  })
})

describe('client credentials (RFC 6749 §4.4)', () => {
  it('yield a token in which the client is its own subject (RFC 9068 §2.2), and no refresh token', async () => {
    const { body } = await exchange(service, machine, { grant_type: 'client_credentials' })
    assert.deepEqual(Object.keys(body).sort(), [
      'access_token',
      'expires_in',
      'scope',
      'token_type',
    ])
    assert.equal(body.scope, 'ledger.read ledger.write')
    const token = body.access_token ?? ''
    const claims = verifyAccessToken(deps.signingKeys, token, {
      now: new Date(),
      issuer: deps.config.issuer,
    })
    assert.deepEqual([claims.sub, claims.client_id, claims.gid], ['machine', 'machine', undefined])
    assert.equal(claims.aud, 'https://ledger.example')
    assert.ok(!('amr' in claims) && !('roles' in claims))
    await assert.rejects(authenticateBearer(deps, testContext(), token))
  })

  it('are for what is registered, never for scopes of people or another audience', async () => {
    const form = { grant_type: 'client_credentials' }
    const { body } = await exchange(service, machine, { ...form, scope: 'ledger.read' })
    assert.equal(body.scope, 'ledger.read')
    for (const scope of ['openid', 'ledger.delete', 'ledger.read openid', 'signet:*'])
      assert.deepEqual(await refuses(machine, { ...form, scope }), [400, 'invalid_scope'])
    const resource = 'https://invoices.example'
    assert.deepEqual(await refuses(machine, { ...form, resource }), [400, 'invalid_target'])
    const own = `${deps.config.issuer}/api`
    assert.deepEqual(await refuses(machine, { ...form, resource: own }), [400, 'invalid_target'])
  })

  it('end with the client', async () => {
    const closing = await registerTestClient(deps, {
      ...{
        id: 'closing',
        grantTypes: ['client_credentials'],
        audiences: ['https://ledger.example'],
      },
      permissions: ['tokens.introspect'],
    })
    const form = { grant_type: 'client_credentials' }
    const { body } = await exchange(service, closing, form)
    const watcher = await registerTestClient(deps, {
      id: 'watcher',
      permissions: ['tokens.introspect'],
    })
    const isActive = async () => {
      const { authorization } = watcher
      const token = body.access_token ?? ''
      return JSON.parse(
        (await service.post('/oauth2/introspect', { token }, { authorization })).text,
      )
    }
    const active = await isActive()
    assert.deepEqual([active.active, active.sub, active.client_id], [true, 'closing', 'closing'])
    await disableClient(deps, testContext(), { clientId: closing.clientId })
    assert.deepEqual(await isActive(), { active: false })
    assert.deepEqual(await refuses(closing, form), [401, 'invalid_client'])
  })
})

it('a refusal never asks a client to come back at once', () => {
  const refused = new SignetError(ErrorReason.UNAVAILABLE, { retryAfterSeconds: 0 })
  const { status, headers } = formEndpoints(deps, {}).refusal(refused)
  assert.deepEqual([status, headers], [503, { 'retry-after': '1' }])
})

describe('an app that is signed in to in a browser', () => {
  const signOut = async (client: TestClient) => {
    const changes = { client_id: client.clientId, resource: `${deps.config.issuer}/api` }
    const code = await codeFor(service, browser, changes)
    const { body } = await exchange(service, client, codeForm(code))
    const authorization = `Bearer ${body.access_token}`
    const answer = await fetch(`${service.url}/api/v1/auth/sign-out`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: '{}',
    })
    return [answer.status, (await service.post('/logout', '', { authorization })).status]
  }
  const hasEnded = async () => {
    const text = 'select ended_at is not null from sessions where id = $1'
    return (await rowsOf(deps, text, [browser.sessionId])).flat()[0]
  }

  it('signs the browser out where it is ours, and never where it is not', async () => {
    const consented = `insert into consents select $1, 'stranger', '{openid}', now(), now()`
    const stranger = await registerApp(deps, {
      ...{ id: 'stranger', firstParty: false, scopes: ['openid', 'signet:account'] },
    })
    await rowsOf(deps, consented, [browser.userId])
    assert.deepEqual(await signOut(stranger), [401, 403])
    assert.equal(await hasEnded(), false)
    assert.deepEqual(await signOut(app), [200, 204])
    assert.equal(await hasEnded(), true)
  })
})

describe('a refresh token at the token endpoint (RFC 6749 §6)', () => {
  async function granted(changes: Form = {}) {
    const code = await codeFor(service, browser, {
      scope: 'openid email invoices.read',
      ...changes,
    })
    return (await exchange(service, app, codeForm(code))).body
  }

  it('yields new tokens of the same grant; a confidential client’s does not rotate', async () => {
    const { refresh_token } = await granted()
    const { status, body } = await exchange(service, app, {
      grant_type: 'refresh_token',
      refresh_token,
    })
    assert.equal(status, 200)
    assert.equal(body.refresh_token, refresh_token)
    assert.equal(body.scope, 'openid email invoices.read')
    assert.equal(body.id_token, undefined)
    assert.equal(claimsIn(body.access_token ?? '').sid, browser.sessionId)
  })

  it('may be asked for less, never for more, and asking for more costs nothing', async () => {
    const { refresh_token } = await granted()
    const form = { grant_type: 'refresh_token', refresh_token }
    const less = await exchange(service, app, {
      ...form,
      scope: 'email',
      resource: 'https://ledger.example',
    })
    assert.equal(less.body.scope, 'email')
    assert.equal(claimsIn(less.body.access_token ?? '').aud, 'https://ledger.example')
    assert.deepEqual(await refuses(app, { ...form, scope: 'email profile' }), [
      400,
      'invalid_scope',
    ])
    const resource = 'https://others.example'
    assert.deepEqual(await refuses(app, { ...form, resource }), [400, 'invalid_target'])
    assert.equal((await exchange(service, app, form)).body.scope, 'openid email invoices.read')
  })

  it('is for the resources that were asked for (RFC 8707 §2.2)', async () => {
    const { access_token, refresh_token } = await granted({ resource: 'https://ledger.example' })
    assert.equal(claimsIn(access_token ?? '').aud, 'https://ledger.example')
    const resource = 'https://invoices.example'
    const form = { grant_type: 'refresh_token', refresh_token, resource }
    assert.deepEqual(await refuses(app, form), [400, 'invalid_target'])
  })

  it("is for Signet's own API alone, or not at all: with others the API would refuse it", async () => {
    const own = `${deps.config.issuer}/api`
    assert.equal(claimsIn((await granted({ resource: own })).access_token ?? '').aud, own)
    const both: [string, string][] = [
      ...authorizationParameters({ resource: own }),
      ['resource', 'https://ledger.example'],
    ]
    assert.equal(answerOf(await authorize(service, both, browser.cookie)).error, 'invalid_target')
  })

  it('is nobody else’s', async () => {
    const other = await registerApp(deps, { id: 'other' })
    const { refresh_token } = await granted()
    const form = { grant_type: 'refresh_token', refresh_token }
    assert.deepEqual(await refuses(other, form), [400, 'invalid_grant'])
    assert.deepEqual(await refuses(undefined, { ...form, client_id: 'app' }), [
      401,
      'invalid_client',
    ])
    assert.equal((await exchange(service, app, form)).status, 200)
  })

  it('ends with the session in the browser, and with the consent of nobody else', async () => {
    const { refresh_token } = await granted()
    await deps.sessionEnds.end(testContext(), {
      sessionId: browser.sessionId as never,
      userId: browser.userId,
      reason: 'signed_out',
    })
    const form = { grant_type: 'refresh_token', refresh_token }
    assert.deepEqual(await refuses(app, form), [400, 'invalid_grant'])
    const ended = 'select end_reason from grants where user_id = $1 and client_id = $2'
    assert.deepEqual(await rowsOf(deps, ended, [browser.userId, 'app']), [['signed_out']])
  })
})
