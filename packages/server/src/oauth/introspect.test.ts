/** Introspection over HTTP: who may ask, what is told, and what is never told (rows 7662-1 to 7662-4). */

import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
import { openDatabase } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { openTestUser, signInAs } from '../testing/accounts.ts'
import { credentialsOf, registerTestClient, type TestClient } from '../testing/clients.ts'
import { openTestDeps, rowsOf, type TestDeps, testContext } from '../testing/deps.ts'
import { type Answer, type Form, startTestService, type TestService } from '../testing/service.ts'
import { issueAccessToken } from '../tokens/access-token.ts'
import { refreshTokens } from '../tokens/refresh-tokens.ts'

let opened: TestDeps
let deps: Deps
let service: TestService
/** May introspect every token. */
let gateway: TestClient
/** May introspect what is meant for it. */
let ledger: TestClient
/** Holds tokens whose audience is the ledger. */
let shop: TestClient
let signedIn: Awaited<ReturnType<typeof signInAs>>
let forLedger: string

before(async () => {
  opened = await openTestDeps()
  deps = opened.deps
  service = await startTestService(deps)
  gateway = await registerTestClient(deps, { id: 'gateway', permissions: ['tokens.introspect'] })
  ledger = await registerTestClient(deps, { id: 'ledger', resources: ['https://ledger.example'] })
  shop = await registerTestClient(deps, {
    id: 'shop',
    permissions: ['tokens.mint'],
    subjectNamespace: 'shop',
    scopes: ['orders.read', 'orders.write'],
    audiences: ['https://ledger.example', 'https://shop.example'],
    claims: ['tenant'],
  })
  await openTestUser(deps, 'ada@example.com')
  signedIn = await signInAs(deps, 'ada@example.com')
  const body = { sub: '4711', provider: 'crew', claims: { tenant: 't1' } }
  const { accessToken } = await minted(body)
  forLedger = accessToken
})
after(async () => {
  await service.close()
  await opened.close()
})

async function minted(body: object): Promise<{ accessToken: string; refreshToken: string }> {
  const headers = { authorization: shop.authorization, 'content-type': 'application/json' }
  const answer = await service.post('/mint', JSON.stringify(body), headers)
  assert.equal(answer.status, 200, answer.text)
  return JSON.parse(answer.text)
}

function ask(form: Form, client?: TestClient): Promise<Answer> {
  const headers = client && { authorization: client.authorization }
  return service.post('/oauth2/introspect', form, headers)
}

async function assertInactive(token: string, client: TestClient): Promise<void> {
  const { status, text, headers } = await ask({ token }, client)
  assert.deepEqual([status, text], [200, '{"active":false}'])
  assert.equal(headers.get('cache-control'), 'no-store')
  assert.equal(headers.get('content-type'), 'application/json; charset=utf-8')
}

async function assertRefused(
  answer: Promise<Answer>,
  status: number,
  error: string,
): Promise<Answer> {
  const { text, ...seen } = await answer
  assert.equal(seen.status, status, text)
  const body = JSON.parse(text)
  assert.deepEqual(Object.keys(body), ['error', 'error_description'])
  assert.equal(body.error, error)
  assert.equal(seen.headers.get('cache-control'), 'no-store')
  assert.equal(seen.headers.get('content-type'), 'application/json; charset=utf-8')
  return { text, ...seen }
}

describe('7662-1: the caller is authenticated', () => {
  it('anonymous is 401 with a challenge', async () => {
    const { headers } = await assertRefused(ask({ token: forLedger }), 401, 'invalid_client')
    assert.equal(headers.get('www-authenticate'), 'Basic realm="signet", charset="UTF-8"')
  })

  it('unknown client, wrong secret and somebody elses secret are the same refusal', async () => {
    const wrong = [
      credentialsOf('nobody', gateway.clientSecret),
      credentialsOf('gateway', `sk_${'x'.repeat(43)}`),
      credentialsOf('gateway', ledger.clientSecret),
    ]
    const seen = new Set<string>()
    for (const client of wrong) {
      seen.add((await assertRefused(ask({ token: forLedger }, client), 401, 'invalid_client')).text)
      const { clientId: client_id, clientSecret: client_secret } = client
      const form = { token: forLedger, client_id, client_secret }
      seen.add((await assertRefused(ask(form), 401, 'invalid_client')).text)
    }
    assert.equal(seen.size, 1)
  })

  it('a bearer token is no client, and neither is a public client by its id', async () => {
    const headers = { authorization: `Bearer ${signedIn.accessToken}` }
    const byBearer = service.post('/oauth2/introspect', { token: forLedger }, headers)
    await assertRefused(byBearer, 401, 'invalid_client')
    await assertRefused(ask({ token: forLedger, client_id: 'signet' }), 401, 'invalid_client')
    const form = { token: forLedger, client_id: 'signet', client_secret: '' }
    await assertRefused(ask(form), 401, 'invalid_client')
  })

  it('by client_secret_post as well, but not by two methods at once', async () => {
    const { clientId: client_id, clientSecret: client_secret } = ledger
    const { text } = await ask({ token: forLedger, client_id, client_secret })
    assert.equal(JSON.parse(text).active, true)
    const both = ask({ token: forLedger, client_id, client_secret }, ledger)
    await assertRefused(both, 400, 'invalid_request')
    await assertRefused(ask({ token: forLedger, client_id }, gateway), 400, 'invalid_request')
    assert.equal((await ask({ token: forLedger, client_id }, ledger)).status, 200)
  })
})

describe('7662-1: the caller is authorized', () => {
  it('a resource server sees what is meant for it, and nothing else', async () => {
    assert.equal(JSON.parse((await ask({ token: forLedger }, ledger)).text).active, true)
    await assertInactive(signedIn.accessToken, ledger)
    const other = await registerTestClient(deps, { id: 'other', resources: ['https://o.example'] })
    await assertInactive(forLedger, other)
    // Having minted a token is no reason to be told of it.
    await assertInactive(forLedger, shop)
  })

  it('its own id is always one of its audiences', async () => {
    const own = await registerTestClient(deps, {
      id: 'own',
      permissions: ['tokens.mint'],
      subjectNamespace: 'own',
      audiences: ['own'],
    })
    const headers = { authorization: own.authorization, 'content-type': 'application/json' }
    const body = JSON.stringify({ sub: '1', provider: 'crew' })
    const { accessToken } = JSON.parse((await service.post('/mint', body, headers)).text)
    assert.equal(JSON.parse((await ask({ token: accessToken }, own)).text).aud, 'own')
  })

  it('whoever has the permission sees every token', async () => {
    for (const token of [forLedger, signedIn.accessToken, signedIn.refreshToken])
      assert.equal(JSON.parse((await ask({ token }, gateway)).text).active, true)
  })

  it('a refresh token is the business of the client that holds it', async () => {
    const { refreshToken } = await minted({ sub: '4711', provider: 'crew' })
    const { exp, iat, sub, ...told } = JSON.parse((await ask({ token: refreshToken }, shop)).text)
    assert.deepEqual(told, {
      active: true,
      scope: 'orders.read orders.write',
      client_id: 'shop',
      iss: deps.config.issuer,
    })
    assert.ok(exp > iat && typeof sub === 'string')
    await assertInactive(refreshToken, ledger)
    await assertInactive(signedIn.refreshToken, shop)
  })
})

describe('7662-2: inactive reveals nothing', () => {
  it('garbage, forged, of another issuer, expired, of another kind: the same bytes', async (t) => {
    const { now } = testContext()
    const key = deps.signingKeys.active('ES256')
    const [header, claims, signature] = forLedger.split('.')
    const decoded = JSON.parse(Buffer.from(claims ?? '', 'base64url').toString())
    const input = {
      issuer: deps.config.issuer,
      audience: 'https://ledger.example',
      userId: decoded.sub,
      clientId: decoded.client_id,
      grantId: decoded.gid,
      sessionId: decoded.sid,
      scopes: [],
      roles: [],
      authTime: now,
      acr: '0',
      amr: ['ext'],
      rev: 0n,
      lifetimeSeconds: 300,
      sessionExpiresAt: new Date(now.getTime() + 3_600_000),
    }
    const foreign = issueAccessToken(key, { ...input, issuer: 'https://other.example' }, now)
    const expired = issueAccessToken(key, input, new Date(now.getTime() - 400_000))
    const early = issueAccessToken(key, input, new Date(now.getTime() + 400_000))
    const tokens = [
      'x',
      ' ',
      'a.b.c',
      'null',
      '\u0000',
      'sr1_x',
      `sr1_${'A'.repeat(70)}`,
      ledger.clientSecret,
      `${header}.${claims}.${signature?.slice(0, -2)}AA`,
      `${header}.${Buffer.from(JSON.stringify({ ...decoded, sub: decoded.sid })).toString('base64url')}.${signature}`,
      foreign.accessToken,
      expired.accessToken,
      early.accessToken,
      'x'.repeat(20_000),
    ]
    for (const token of tokens) await assertInactive(token, gateway)
    t.diagnostic(`${tokens.length} tokens`)
  })

  it('a refresh token that was replaced long ago is inactive, and asking is no reuse', async () => {
    const { refreshToken: first } = await signInAs(deps, 'ada@example.com')
    const next = async (refreshToken: string) => {
      const text = `update grants set window_opened_at = window_opened_at - interval '1 hour'`
      await rowsOf(deps, text)
      return (await refreshTokens(deps, testContext(), { refreshToken })).refreshToken
    }
    const second = await next(first)
    // The one before is good as long as the window is open.
    assert.equal(JSON.parse((await ask({ token: first }, gateway)).text).active, true)
    const third = await next(second)
    await assertInactive(first, gateway)
    assert.equal(JSON.parse((await ask({ token: third }, gateway)).text).active, true)
    assert.notEqual(await next(third), third)
  })
})

describe('7662-4: no token in a query, nothing kept', () => {
  it('GET and other methods are refused', async () => {
    for (const method of ['GET', 'PUT', 'DELETE', 'HEAD']) {
      const answer = await fetch(`${service.url}/oauth2/introspect?token=${forLedger}`, {
        method,
        headers: { authorization: gateway.authorization },
      })
      assert.equal(answer.status, 405, method)
      assert.equal(answer.headers.get('allow'), 'POST')
      assert.ok(!(await answer.text()).includes(forLedger))
    }
  })

  it('a token in the query of a POST is not read', async () => {
    const path = `/oauth2/introspect?token=${forLedger}`
    const answer = service.post(path, {}, { authorization: gateway.authorization })
    await assertRefused(answer, 400, 'invalid_request')
  })
})

describe('the form', () => {
  it('without a token, with an empty one, or with a parameter twice is invalid_request', async () => {
    await assertRefused(ask({}, gateway), 400, 'invalid_request')
    await assertRefused(ask({ token: '' }, gateway), 400, 'invalid_request')
    const twice: Form = [
      ['token', forLedger],
      ['token', forLedger],
    ]
    await assertRefused(ask(twice, gateway), 400, 'invalid_request')
    const clientTwice: Form = [
      ['token', forLedger],
      ['client_id', 'ledger'],
      ['client_id', 'gateway'],
    ]
    await assertRefused(ask(clientTwice, gateway), 400, 'invalid_request')
  })

  it('with parameters that nobody knows, and with any hint, is read', async () => {
    for (const token_type_hint of ['access_token', 'refresh_token', 'nonsense', '']) {
      const form = { token: forLedger, token_type_hint, further: 'x', '': 'y' }
      assert.equal(JSON.parse((await ask(form, gateway)).text).active, true)
    }
  })

  it('that is none is refused in the form of OAuth', async () => {
    const authorization = gateway.authorization
    const send = (body: string, type: string) =>
      service.post('/oauth2/introspect', body, { authorization, 'content-type': type })
    const json = send(JSON.stringify({ token: forLedger }), 'application/json')
    await assertRefused(json, 415, 'invalid_request')
    const latin = send(`token=${forLedger}`, 'application/x-www-form-urlencoded; charset=latin1')
    await assertRefused(latin, 415, 'invalid_request')
    const long = send(`token=${'x'.repeat(70_000)}`, 'application/x-www-form-urlencoded')
    await assertRefused(long, 413, 'invalid_request')
    const answer = await fetch(`${service.url}/oauth2/introspect`, {
      method: 'POST',
      body: Buffer.from([0x74, 0x3d, 0xff]),
      headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
    })
    assert.equal(answer.status, 400)
  })
})

describe('an active token', () => {
  it('is told exactly so', async () => {
    const { text, headers } = await ask({ token: forLedger }, ledger)
    assert.equal(headers.get('cache-control'), 'no-store')
    const claims = JSON.parse(Buffer.from(forLedger.split('.')[1] ?? '', 'base64url').toString())
    assert.equal(
      text,
      `{"active":true,"token_type":"Bearer","iss":"${deps.config.issuer}","sub":"${claims.sub}",` +
        '"aud":["https://ledger.example","https://shop.example"],"client_id":"shop",' +
        `"scope":"orders.read orders.write","exp":${claims.exp},"iat":${claims.iat},"jti":"${claims.jti}",` +
        `"sid":"${claims.sid}","auth_time":${claims.auth_time},"acr":"0","amr":["ext"],"roles":["user"],` +
        '"provider":"crew","tenant":"t1"}',
    )
    assert.equal((await ask({ token: forLedger }, ledger)).text, text)
  })

  it('needs no database, neither for the token nor for the client', async (t: TestContext) => {
    await ask({ token: forLedger }, ledger)
    const db = openDatabase({
      address: { ...opened.address, port: 1 },
      poolSize: 1,
      prepared: true,
    })
    const alone = await startTestService({ ...deps, db })
    t.after(async () => {
      await alone.close()
      await db.end()
    })
    const authorization = ledger.authorization
    const { status, text } = await alone.post(
      '/oauth2/introspect',
      { token: forLedger },
      { authorization },
    )
    assert.deepEqual([status, JSON.parse(text).active], [200, true])
  })
})

describe('an instance whose view of the log is not current', () => {
  const seeing = async (t: TestContext, changes: object) => {
    const state = () => ({ ...deps.revocations.state(), ...changes })
    const blind = await startTestService({ ...deps, revocations: { ...deps.revocations, state } })
    t.after(() => blind.close())
    return (token: string) =>
      blind.post('/oauth2/introspect', { token }, { authorization: gateway.authorization })
  }

  it('says nothing of any token but 503, once the budget is over', async (t: TestContext) => {
    const late = await seeing(t, { readAtMs: performance.now() - 10_050 })
    for (const token of [forLedger, 'x']) {
      const { headers } = await assertRefused(late(token), 503, 'temporarily_unavailable')
      assert.equal(headers.get('retry-after'), '1')
    }
    const inTime = await seeing(t, { readAtMs: performance.now() - 5_000 })
    assert.equal((await inTime(forLedger)).status, 200)
  })

  it('says 503 while it cannot keep every live entry', async (t: TestContext) => {
    const full = await seeing(t, { complete: false })
    await assertRefused(full(forLedger), 503, 'temporarily_unavailable')
  })
})
