/** Revocation over HTTP: whose tokens, what ends with them, and that nothing is told (rows 7009-1 to 7009-5). */

import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
import { ownClientId } from '../clients/own-client.ts'
import { openDatabase } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { openTestUser, signInAs } from '../testing/accounts.ts'
import { credentialsOf, registerTestClient, type TestClient } from '../testing/clients.ts'
import { openTestDeps, rowsOf, type TestDeps } from '../testing/deps.ts'
import { type Answer, type Form, startTestService, type TestService } from '../testing/service.ts'

let opened: TestDeps
let deps: Deps
let service: TestService
let shop: TestClient
let other: TestClient
let gateway: TestClient

before(async () => {
  opened = await openTestDeps()
  deps = opened.deps
  service = await startTestService(deps)
  const minting = { permissions: ['tokens.mint'], audiences: ['https://shop.example'] }
  shop = await registerTestClient(deps, { id: 'shop', subjectNamespace: 'shop', ...minting })
  other = await registerTestClient(deps, { id: 'other', subjectNamespace: 'other', ...minting })
  gateway = await registerTestClient(deps, { id: 'gateway', permissions: ['tokens.introspect'] })
})
after(async () => {
  await service.close()
  await opened.close()
})

interface Minted {
  accessToken: string
  refreshToken: string
  sessionId: string
}

async function mint(client: TestClient, sub = '4711'): Promise<Minted> {
  const headers = { authorization: client.authorization, 'content-type': 'application/json' }
  const answer = await service.post('/mint', JSON.stringify({ sub, provider: 'crew' }), headers)
  assert.equal(answer.status, 200, answer.text)
  return JSON.parse(answer.text)
}

function revoke(form: Form, client?: TestClient): Promise<Answer> {
  const headers = client && { authorization: client.authorization }
  return service.post('/oauth2/revoke', form, headers)
}

async function assertDone(answer: Promise<Answer>): Promise<void> {
  const { status, text, headers } = await answer
  assert.deepEqual([status, text], [200, ''])
  assert.equal(headers.get('cache-control'), 'no-store')
  assert.equal(headers.get('content-length'), '0')
}

async function active(token: string): Promise<boolean> {
  const headers = { authorization: gateway.authorization }
  return JSON.parse((await service.post('/oauth2/introspect', { token }, headers)).text).active
}

const eventsOf = async (kind: string) =>
  (
    await rowsOf(deps, 'select client_id from events where kind = $1 order by arrival', [kind])
  ).flat()

describe('7009-1: a token is bound to its client', () => {
  it('anonymous and wrong clients are refused', async () => {
    const { accessToken: token } = await mint(shop)
    const wrong = credentialsOf('shop', other.clientSecret)
    for (const answer of [revoke({ token }), revoke({ token }, wrong)]) {
      const { status, text } = await answer
      assert.deepEqual([status, JSON.parse(text).error], [401, 'invalid_client'])
    }
    assert.equal(await active(token), true)
  })

  it("another client's token is not revoked, and nothing tells so", async () => {
    const { accessToken, refreshToken } = await mint(shop)
    for (const token of [accessToken, refreshToken]) {
      for (const client of [other, gateway]) await assertDone(revoke({ token }, client))
      assert.equal(await active(token), true)
    }
  })

  it('GET is refused', async () => {
    const { accessToken } = await mint(shop)
    const answer = await fetch(`${service.url}/oauth2/revoke?token=${accessToken}`, {
      headers: { authorization: shop.authorization },
    })
    assert.equal(answer.status, 405)
    assert.equal(await active(accessToken), true)
  })
})

describe('7009-2: what is no good token is answered likewise', () => {
  it('unknown, forged, of another kind, revoked before: 200, and no event', async () => {
    const { accessToken, refreshToken } = await mint(shop)
    await assertDone(revoke({ token: refreshToken }, shop))
    const before = [await eventsOf('grant.revoked'), await eventsOf('access_token.revoked')]
    const tokens = [
      'x',
      'a.b.c',
      'sr1_x',
      `sr1_${'A'.repeat(70)}`,
      shop.clientSecret,
      `${accessToken.slice(0, -3)}AAA`,
      `${refreshToken.slice(0, -3)}AAA`,
      accessToken,
      refreshToken,
      'x'.repeat(20_000),
    ]
    for (const token of tokens) await assertDone(revoke({ token }, shop))
    const afterwards = [await eventsOf('grant.revoked'), await eventsOf('access_token.revoked')]
    assert.deepEqual(afterwards, before)
  })

  it('an expired access token: 200, and no entry', async (t: TestContext) => {
    const { accessToken } = await mint(shop)
    const count = () => rowsOf(deps, 'select count(*)::integer from revocation_log')
    const before = await count()
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 301_000 })
    await assertDone(revoke({ token: accessToken }, shop))
    assert.deepEqual(await count(), before)
  })

  it('without a token it is invalid_request', async () => {
    const { status, text } = await revoke({}, shop)
    assert.deepEqual([status, JSON.parse(text).error], [400, 'invalid_request'])
  })
})

describe('7009-3: what ends with a token', () => {
  it('a refresh token ends its grant, and its access tokens at the very next question', async () => {
    const { accessToken, refreshToken } = await mint(shop)
    const another = await mint(shop)
    await assertDone(revoke({ token: refreshToken }, shop))
    assert.deepEqual([await active(accessToken), await active(refreshToken)], [false, false])
    assert.deepEqual(
      [await active(another.accessToken), await active(another.refreshToken)],
      [true, true],
    )
    assert.deepEqual((await eventsOf('grant.revoked')).at(-1), 'shop')
  })

  it('of a client of ours it ends the session, as signing out does', async () => {
    const console = await registerTestClient(deps, {
      id: 'console',
      type: 'confidential',
      firstParty: true,
    })
    await openTestUser(deps, 'ada@example.com')
    const { accessToken, refreshToken, sessionId } = await signInAs(deps, 'ada@example.com')
    // Another client of ours is another client.
    await assertDone(revoke({ token: refreshToken }, console))
    assert.equal(await active(accessToken), true)
    const secret = await secretOfOwnClient()
    await assertDone(revoke({ token: refreshToken }, secret))
    assert.deepEqual([await active(accessToken), await active(refreshToken)], [false, false])
    const text = 'select end_reason from sessions where id = $1'
    assert.deepEqual(await rowsOf(deps, text, [sessionId]), [['signed_out']])
  })

  it('an access token ends alone: its grant goes on', async () => {
    const { accessToken, refreshToken } = await mint(shop)
    await assertDone(revoke({ token: accessToken }, shop))
    assert.deepEqual([await active(accessToken), await active(refreshToken)], [false, true])
    assert.deepEqual((await eventsOf('access_token.revoked')).at(-1), 'shop')
  })

  it('once, however many ask for it', async () => {
    const { refreshToken } = await mint(shop)
    const before = (await eventsOf('grant.revoked')).length
    const all = Array.from({ length: 10 }, () => assertDone(revoke({ token: refreshToken }, shop)))
    await Promise.all(all)
    assert.equal((await eventsOf('grant.revoked')).length, before + 1)
  })
})

describe('7009-1: a public client gives up what it holds', () => {
  const publicId = { client_id: ownClientId }

  // As it is before a test makes it another.
  before(() => rowsOf(deps, `update clients set type = 'public' where id = $1`, [ownClientId]))

  it('by its id alone: an access token, a refresh token with its session', async () => {
    await openTestUser(deps, 'grace@example.com')
    const { accessToken, refreshToken } = await signInAs(deps, 'grace@example.com')
    await assertDone(revoke({ token: accessToken, ...publicId }))
    assert.deepEqual([await active(accessToken), await active(refreshToken)], [false, true])
    await assertDone(revoke({ token: refreshToken, ...publicId }))
    assert.equal(await active(refreshToken), false)
  })

  it("nothing of another client's, and not as a client that can prove itself", async () => {
    const { refreshToken: token } = await mint(shop)
    await assertDone(revoke({ token, ...publicId }))
    for (const client_id of ['shop', 'nobody', 'Signet'])
      assert.equal((await revoke({ token, client_id })).status, 401)
    const asConfidential = await service.post('/oauth2/introspect', { token, ...publicId })
    assert.equal(asConfidential.status, 401)
    assert.equal(await active(token), true)
  })
})

it('7009-4: a wrong token_type_hint does no harm', async () => {
  for (const token_type_hint of ['access_token', 'refresh_token', 'nonsense', '']) {
    const { accessToken, refreshToken } = await mint(shop)
    await assertDone(revoke({ token: accessToken, token_type_hint }, shop))
    assert.equal(await active(accessToken), false)
    await assertDone(revoke({ token: refreshToken, token_type_hint }, shop))
    assert.equal(await active(refreshToken), false)
  }
})

describe('7009-5: where it cannot be persisted', () => {
  it('the answer is 503 with Retry-After, never a false 200', async (t: TestContext) => {
    const { accessToken, refreshToken } = await mint(shop)
    await assertDone(revoke({ token: 'x' }, shop))
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
    const { authorization } = shop
    for (const token of [accessToken, refreshToken]) {
      const answer = await alone.post('/oauth2/revoke', { token }, { authorization })
      assert.equal(answer.status, 503, answer.text)
      assert.equal(JSON.parse(answer.text).error, 'temporarily_unavailable')
      assert.ok(Number(answer.headers.get('retry-after')) >= 1)
      assert.equal(await active(token), true)
    }
  })

  it('likewise where the statement is refused', async (t: TestContext) => {
    const { accessToken, refreshToken } = await mint(shop)
    await rowsOf(deps, 'alter table revocation_log rename to revocation_log_away')
    t.after(() =>
      rowsOf(deps, 'alter table if exists revocation_log_away rename to revocation_log'),
    )
    for (const token of [accessToken, refreshToken]) {
      const { status } = await revoke({ token }, shop)
      assert.ok(status >= 500, String(status))
    }
    await rowsOf(deps, 'alter table revocation_log_away rename to revocation_log')
    for (const token of [accessToken, refreshToken]) assert.equal(await active(token), true)
  })
})

/** The built-in client is public. As a confidential one it would be this client with a secret. */
async function secretOfOwnClient(): Promise<TestClient> {
  const stand = await registerTestClient(deps, { id: 'stand-in' })
  await rowsOf(deps, `update clients set type = 'confidential' where id = $1`, [ownClientId])
  await rowsOf(deps, `update client_secrets set client_id = $1 where client_id = 'stand-in'`, [
    ownClientId,
  ])
  return credentialsOf(ownClientId, stand.clientSecret)
}
