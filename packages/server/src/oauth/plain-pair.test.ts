/** `POST /mint` and `POST /logout`: the plain HTTP pair of small services, on a real socket. */

import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
import { openDatabase } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { openTestUser, signInAs } from '../testing/accounts.ts'
import { registerTestClient, type TestClient } from '../testing/clients.ts'
import { openTestDeps, rowsOf, type TestDeps } from '../testing/deps.ts'
import { type Answer, startTestService, type TestService } from '../testing/service.ts'
import { issueAccessToken } from '../tokens/access-token.ts'
import { restHttp1Client, restHttp2Client } from '../wires/testing/rest-clients.ts'
import { connectJsonClient, grpcJsClient, libraryClients } from '../wires/testing/rpc-clients.ts'
import { basicHeader } from '../wires/testing/test-listener.ts'

let opened: TestDeps
let deps: Deps
let service: TestService
let crew: TestClient

before(async () => {
  opened = await openTestDeps()
  deps = opened.deps
  service = await startTestService(deps)
  crew = await registerTestClient(deps, {
    id: 'crew',
    permissions: ['tokens.mint', 'tokens.introspect'],
    subjectNamespace: 'crew',
    audiences: ['https://crew.example'],
    claims: ['tenant'],
  })
  await openTestUser(deps, 'ada@example.com')
})
after(async () => {
  await service.close()
  await opened.close()
})

function mint(body: object | string, headers: Record<string, string> = {}): Promise<Answer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const { authorization } = crew
  return service.post('/mint', text, {
    authorization,
    'content-type': 'application/json',
    ...headers,
  })
}

async function minted(): Promise<{ accessToken: string; refreshToken: string; sessionId: string }> {
  return JSON.parse((await mint({ sub: '1', provider: 'crew' })).text)
}

const logout = (token: string | undefined, body = '', headers: Record<string, string> = {}) =>
  service.post('/logout', body, {
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...headers,
  })

async function active(token: string): Promise<boolean> {
  const { authorization } = crew
  const answer = await service.post('/oauth2/introspect', { token }, { authorization })
  return JSON.parse(answer.text).active
}

async function isAlive(sessionId: string): Promise<boolean> {
  const text = 'select ended_at is null from sessions where id = $1'
  return (await rowsOf(deps, text, [sessionId]))[0]?.[0] === true
}

describe('POST /mint', () => {
  it('answers as the method of the contract does', async () => {
    const body = { sub: '4711', provider: 'crew-app', email: 'a@b.example', claims: { tenant: 7 } }
    const { status, text } = await mint(body)
    assert.equal(status, 200, text)
    const answer = JSON.parse(text)
    const names = 'accessToken tokenType expiresIn refreshToken sessionId userId'
    assert.deepEqual(Object.keys(answer), names.split(' '))
    assert.equal(answer.tokenType, 'Bearer')
    const { authorization } = crew
    const byContract = await service.post('/api/v1/tokens/mint', JSON.stringify(body), {
      authorization,
      'content-type': 'application/json',
    })
    assert.equal(JSON.parse(byContract.text).userId, answer.userId)
  })

  it('is the same over every wire of the contract, with the same credentials', async () => {
    const { userId } = JSON.parse((await mint({ sub: 'wires', provider: 'crew' })).text)
    const wires = [
      restHttp1Client(service.url),
      restHttp2Client(service.url),
      connectJsonClient(service.url),
      ...libraryClients(service.url),
      grpcJsClient(new URL(service.url).host),
    ]
    const method = 'signet.v1.TokenService/MintTokens'
    for (const wire of wires) {
      const input = { sub: 'wires', provider: 'crew', claims: { tenant: ['a', 1, null] } }
      const { result, messages } = await wire.call(method, input, { token: crew.authorization })
      assert.equal(result, 'ok', wire.name)
      const [answer] = messages as { userId: string; accessToken: string }[]
      assert.equal(answer?.userId, userId, wire.name)
      const claims = Buffer.from(answer?.accessToken.split('.')[1] ?? '', 'base64url').toString()
      assert.match(claims, /"provider":"crew","tenant":\["a",1,null\]}$/)
      const wrong = basicHeader('crew', 'wrong')
      assert.equal((await wire.call(method, input, { token: wrong })).result, 'UNAUTHENTICATED')
      wire.close()
    }
  })

  it('refuses nobody, a user, and a client without the right', async () => {
    const body = { sub: '4711', provider: 'crew-app' }
    const { accessToken } = await signInAs(deps, 'ada@example.com')
    const plain = await registerTestClient(deps, { id: 'plain' })
    const cases: [authorization: string, status: number, reason: string][] = [
      ['', 401, 'UNAUTHENTICATED'],
      [`Bearer ${accessToken}`, 401, 'UNAUTHENTICATED'],
      [`Basic ${Buffer.from('crew:wrong').toString('base64')}`, 401, 'UNAUTHENTICATED'],
      [plain.authorization, 403, 'PERMISSION_DENIED'],
    ]
    for (const [authorization, status, reason] of cases) {
      const answer = await mint(body, { authorization })
      assert.deepEqual([answer.status, JSON.parse(answer.text).reason], [status, reason])
      const challenge = answer.headers.get('www-authenticate')
      if (status === 401) assert.equal(challenge, 'Basic realm="signet", charset="UTF-8"')
    }
  })

  it('says what is wrong with a body', async () => {
    for (const body of ['', '{', '[]', '{"sub":"1"}', '{"sub":"1","provider":"p","x":1}']) {
      const { status, text } = await mint(body)
      assert.deepEqual([status, JSON.parse(text).reason], [400, 'INVALID_ARGUMENT'], body)
    }
    const { text } = await mint({ sub: '1', provider: 'crew', claims: { iss: 'x', other: 1 } })
    const rules = JSON.parse(text).violations.map(({ rule }: { rule: string }) => rule)
    assert.deepEqual(rules, ['mint.claim_reserved', 'mint.claim'])
  })
})

describe('POST /logout', () => {
  it('ends the session of a minted token: 204, and the very next question finds it ended', async () => {
    const { accessToken, refreshToken, sessionId } = await minted()
    assert.deepEqual([await active(accessToken), await active(refreshToken)], [true, true])
    const { status, text } = await logout(accessToken)
    assert.deepEqual([status, text], [204, ''])
    assert.deepEqual([await active(accessToken), await active(refreshToken)], [false, false])
    assert.equal(await isAlive(sessionId), false)
    assert.equal((await logout(accessToken)).status, 204)
  })

  it('ends the session of a sign-in, and no other', async () => {
    const [here, other] = [
      await signInAs(deps, 'ada@example.com'),
      await signInAs(deps, 'ada@example.com'),
    ]
    assert.equal((await logout(here.accessToken)).status, 204)
    assert.deepEqual(
      [await isAlive(here.sessionId ?? ''), await isAlive(other.sessionId ?? '')],
      [false, true],
    )
  })

  it('takes a token that has expired, of a session that has not', async (t: TestContext) => {
    const { accessToken, sessionId } = await minted()
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 3_600_000 })
    assert.equal((await logout(accessToken)).status, 204)
    assert.equal(await isAlive(sessionId), false)
  })

  it('refuses what is no token of ours, and nobody', async () => {
    const { accessToken, refreshToken, sessionId } = await minted()
    const forged = `${accessToken.slice(0, -3)}AAA`
    for (const token of [undefined, 'x', forged, refreshToken, crew.clientSecret]) {
      const { status, headers } = await logout(token)
      assert.equal(status, 401, token)
      assert.match(headers.get('www-authenticate') ?? '', /^Bearer/)
    }
    const { authorization } = crew
    assert.equal((await service.post('/logout', '', { authorization })).status, 401)
    assert.equal(await isAlive(sessionId), true)
  })

  it('refuses a token of an app whose session is somebody elses', async () => {
    const { sessionId, accessToken } = await signInAs(deps, 'ada@example.com')
    const decoded = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString())
    const now = new Date()
    const ofApp = issueAccessToken(
      deps.signingKeys.active('ES256'),
      {
        issuer: deps.config.issuer,
        audience: 'https://crew.example',
        userId: decoded.sub,
        clientId: crew.clientId,
        grantId: decoded.gid,
        sessionId: decoded.sid,
        scopes: [],
        roles: [],
        authTime: now,
        acr: 'aal1',
        amr: ['pwd'],
        rev: 0n,
        lifetimeSeconds: 300,
        sessionExpiresAt: new Date(now.getTime() + 300_000),
      },
      now,
    )
    const { status, text } = await logout(ofApp.accessToken)
    assert.deepEqual([status, JSON.parse(text).reason], [403, 'PERMISSION_DENIED'])
    assert.equal(await isAlive(sessionId ?? ''), true)
  })

  it('wants no body', async () => {
    const { accessToken, sessionId } = await minted()
    const json = { 'content-type': 'application/json' }
    const { status, text } = await logout(accessToken, '{"all":true}', json)
    assert.deepEqual([status, JSON.parse(text).violations[0].rule], [400, 'logout.body'])
    assert.equal(await isAlive(sessionId), true)
    assert.equal((await logout(accessToken, '', json)).status, 204)
    assert.equal((await fetch(`${service.url}/logout`)).status, 405)
  })

  it('is 503 while the database is away, never a false 204', async (t: TestContext) => {
    const { accessToken, sessionId } = await minted()
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
    const answer = await alone.post('/logout', '', { authorization: `Bearer ${accessToken}` })
    assert.equal(answer.status, 503)
    assert.equal(await isAlive(sessionId), true)
  })

  it('is observed by its name', async () => {
    await logout('x')
    assert.match(await deps.metrics.text(), /POST \/logout/)
  })
})
