/** Minting: everything that no service may do, then what a token says, and that it ends like any other. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { JsonObject } from '@bufbuild/protobuf'
import { ErrorReason } from '@signet/contract'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { authenticateClient } from '../clients/authenticate-client.ts'
import { disableClient } from '../clients/disable-client.ts'
import type { NewClient } from '../clients/register-client.ts'
import { rotateClientSecret } from '../clients/rotate-client-secret.ts'
import type { Deps } from '../deps.ts'
import type { UserId } from '../ids.ts'
import { assertRefused, openTestUser } from '../testing/accounts.ts'
import { registerTestClient, type TestClient } from '../testing/clients.ts'
import { openTestDeps, rowsOf, type TestDeps, testContext } from '../testing/deps.ts'
import { suspendUser } from '../users/suspend-user.ts'
import { apiAudience } from './access-token.ts'
import { authenticateBearer } from './authenticate.ts'
import { type Mint, mintTokens } from './mint-tokens.ts'
import { refreshTokens } from './refresh-tokens.ts'

let test: TestDeps
let deps: Deps
let crew: TestClient

before(async () => {
  test = await openTestDeps()
  deps = test.deps
  crew = await register('crew')
})
after(() => test.close())

function register(id: string, changes: Partial<NewClient> = {}): Promise<TestClient> {
  return registerTestClient(deps, {
    id,
    permissions: ['tokens.mint'],
    subjectNamespace: id,
    scopes: ['orders.read', 'orders.write'],
    audiences: ['https://orders.example'],
    claims: ['tenant', 'plan'],
    accessTokenLifetimeSeconds: 240,
    ...changes,
  })
}

const usual: Mint = {
  sub: '4711',
  provider: 'crew-app',
  email: undefined,
  scopes: undefined,
  claims: {},
  lifetimeSeconds: undefined,
  withRefreshToken: true,
}

async function mint(changes: Partial<Mint> = {}, client: TestClient = crew) {
  const caller = await authenticateClient(deps, testContext(), client)
  return mintTokens(deps, testContext({ caller }), { ...usual, ...changes })
}

function claimsOf(token: string): JsonObject {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}

const counts = () =>
  rowsOf(
    deps,
    `select (select count(*)::integer from users), (select count(*)::integer from external_subjects),
            (select count(*)::integer from sessions), (select count(*)::integer from grants)`,
  )

/** Refused for this, and nothing is left of it. */
async function assertNothing(
  answer: () => Promise<unknown>,
  reason: ErrorReason,
  rules?: string[],
): Promise<void> {
  const before = await counts()
  await assertRefused(answer(), reason, rules)
  assert.deepEqual(await counts(), before)
}

describe('nobody mints', () => {
  it('with text that cannot be stored', async () => {
    for (const text of ['a\u0000b', '\u0000', 'a\ud800', '\udfff']) {
      for (const changes of [
        { sub: text },
        { email: text },
        { claims: { tenant: text } },
        { claims: { tenant: { deep: [text] } } },
        { claims: { tenant: { [text]: 1 } } },
      ])
        await assertNothing(() => mint(changes), ErrorReason.INVALID_ARGUMENT, ['text.printable'])
    }
  })

  it('without the permission, or without a namespace', async () => {
    const plain = await registerTestClient(deps, { id: 'plain' })
    await assertNothing(() => mint({}, plain), ErrorReason.PERMISSION_DENIED)
    const nameless = await register('nameless')
    await rowsOf(deps, `update clients set subject_namespace = null where id = 'nameless'`)
    await assertNothing(() => mint({}, nameless), ErrorReason.PERMISSION_DENIED)
  })

  it('with a secret, or as a client, that has ended since it was shown', async () => {
    const client = await register('gone')
    const caller = await authenticateClient(deps, testContext(), client)
    const again = () => mintTokens(deps, testContext({ caller }), usual)
    await again()
    for (let i = 0; i < 2; i++)
      await rotateClientSecret(deps, testContext({ caller: { kind: 'operator' } }), client)
    await assertNothing(again, ErrorReason.UNAUTHENTICATED)
    const other = await register('closed')
    const closed = await authenticateClient(deps, testContext(), other)
    await disableClient(deps, testContext(), other)
    const late = () => mintTokens(deps, testContext({ caller: closed }), usual)
    await assertNothing(late, ErrorReason.UNAUTHENTICATED)
  })

  it('whose right was taken since it was shown', async () => {
    const client = await register('demoted')
    const caller = await authenticateClient(deps, testContext(), client)
    await rowsOf(deps, `update clients set permissions = '{}' where id = 'demoted'`)
    const late = () => mintTokens(deps, testContext({ caller }), usual)
    await assertNothing(late, ErrorReason.PERMISSION_DENIED)
  })

  it("for Signet's own API, whatever the record says", async () => {
    const { issuer } = deps.config
    for (const [i, own] of [apiAudience(issuer), issuer].entries()) {
      const client = await register(`own-${i}`, { audiences: ['https://a.example', own] })
      await assertNothing(() => mint({}, client), ErrorReason.INVALID_ARGUMENT, [
        'mint.own_audience',
      ])
    }
    const none = await register('aimless', { audiences: [] })
    await assertNothing(() => mint({}, none), ErrorReason.INVALID_ARGUMENT, ['mint.no_audience'])
  })

  it('in the name of somebody else', async () => {
    await register('rival')
    for (const provider of ['signet', 'rival'])
      await assertNothing(() => mint({ provider }), ErrorReason.INVALID_ARGUMENT, [
        'mint.foreign_namespace',
      ])
    await mint({ provider: 'crew' })
  })

  it('scopes, claims and lifetimes that are not in its record; all is said at once', async () => {
    const wrong = {
      scopes: ['orders.read', 'signet:api', 'orders.*'],
      claims: { tenant: 't', vip: true, role: 'administrator' },
      lifetimeSeconds: 241,
    }
    await assertNothing(() => mint(wrong), ErrorReason.INVALID_ARGUMENT, [
      'mint.scope',
      'mint.scope',
      'mint.claim',
      'mint.claim_reserved',
      'mint.lifetime',
    ])
    const large = { claims: { tenant: 'x'.repeat(2048) } }
    await assertNothing(() => mint(large), ErrorReason.INVALID_ARGUMENT, ['mint.claims_size'])
  })

  it('a longer life than the installation allows, whatever the record says', async () => {
    const client = await register('long', { accessTokenLifetimeSeconds: 86_400 })
    const max = deps.config.accessTokenLifetimeSeconds
    const longer = () => mint({ lifetimeSeconds: max + 1 }, client)
    await assertNothing(longer, ErrorReason.INVALID_ARGUMENT, ['mint.lifetime'])
    assert.equal((await mint({}, client)).expiresIn, max)
  })

  it('a claim with a meaning of its own, even where a row allows it', async () => {
    const names =
      'iss sub aud exp nbf iat jti sid gid rev client_id scope roles acr amr auth_time azp act may_act cnf provider email email_verified __proto__ SUB Roles'
    const client = await register('greedy')
    await rowsOf(deps, `update clients set claims = $1 where id = 'greedy'`, [names.split(' ')])
    for (const name of names.split(' ')) {
      const claims = JSON.parse(`{${JSON.stringify(name)}:"x"}`)
      await assertNothing(() => mint({ claims }, client), ErrorReason.INVALID_ARGUMENT, [
        'mint.claim_reserved',
      ])
    }
  })

  it('for a user who is suspended', async () => {
    const { userId } = await mint({ sub: 'suspended' })
    await suspendUser(deps, testContext(), { userId })
    await assertNothing(() => mint({ sub: 'suspended' }), ErrorReason.ACCOUNT_SUSPENDED)
  })
})

describe('a subject', () => {
  it('is one user for one namespace, provider and sub, and another one for any other', async () => {
    const other = await register('other')
    const users = [
      (await mint({ sub: 'a' })).userId,
      (await mint({ sub: 'a', provider: 'crew' })).userId,
      (await mint({ sub: 'A' })).userId,
      (await mint({ sub: 'a ' })).userId,
      (await mint({ sub: 'a' }, other)).userId,
    ]
    assert.equal(new Set(users).size, users.length)
    assert.equal((await mint({ sub: 'a' })).userId, users[0])
  })

  it("is never a user of Signet's own, whatever it is called", async () => {
    const email = 'ada@example.com'
    const ada = await openTestUser(deps, email)
    for (const sub of [ada, email, `signet|${ada}`]) {
      const { userId, accessToken } = await mint({ sub, email })
      assert.notEqual(userId, ada)
      assert.equal(claimsOf(accessToken).sub, userId)
    }
    const held = await rowsOf(deps, 'select user_id from identifiers where canonical = $1', [email])
    assert.deepEqual(held, [[ada]])
  })

  it('is made once, however many come at once', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => mint({ sub: 'crowd' })))
    assert.equal(new Set(all.map(({ userId }) => userId)).size, 1)
    const text = `select count(*)::integer from external_subjects where subject = 'crowd'`
    assert.deepEqual(await rowsOf(deps, text), [[1]])
    const events = `select count(*)::integer from events where kind = 'external_user.created' and subject_id = $1`
    assert.deepEqual(await rowsOf(deps, events, [all[0]?.userId]), [[1]])
  })

  it('keeps the address that was said last, and no token says it', async () => {
    const emailOf = () => rowsOf(deps, `select email from external_subjects where subject = 'mail'`)
    await mint({ sub: 'mail', email: 'a@example.com' })
    const { accessToken } = await mint({ sub: 'mail', email: 'b@example.com' })
    await mint({ sub: 'mail' })
    assert.deepEqual(await emailOf(), [['b@example.com']])
    assert.ok(!JSON.stringify(claimsOf(accessToken)).includes('example.com'))
  })
})

describe('a minted token', () => {
  it('says exactly this', async () => {
    const { accessToken, userId, sessionId } = await mint({
      scopes: ['orders.read'],
      claims: { tenant: 't1', plan: { name: 'gold', seats: 3 } },
    })
    const claims = claimsOf(accessToken)
    const { iat, jti, gid, rev } = claims
    assert.match(String(jti), /^[\w-]{22}$/)
    assert.equal(
      JSON.stringify(claims),
      `{"iss":"${deps.config.issuer}","sub":"${userId}","aud":"https://orders.example","client_id":"crew",` +
        `"scope":"orders.read","exp":${Number(iat) + 240},"iat":${iat},"jti":"${jti}","gid":"${gid}",` +
        `"sid":"${sessionId}","auth_time":${iat},"acr":"0","amr":["ext"],"roles":["user"],"rev":${rev},` +
        '"provider":"crew-app","tenant":"t1","plan":{"name":"gold","seats":3}}',
    )
  })

  it('is accepted by an independent implementation, in the algorithm of its client', async () => {
    const audiences = ['https://a.example', 'https://b.example']
    const client = await register('rsa', { signingAlgorithm: 'RS256', audiences })
    const minted = await mint({}, client)
    const refreshed = await refreshTokens(deps, testContext(), {
      refreshToken: minted.refreshToken,
      authenticatedClientId: client.clientId,
    })
    for (const { accessToken } of [minted, refreshed])
      for (const audience of audiences) {
        const { payload } = await jwtVerify(
          accessToken,
          createLocalJWKSet(deps.signingKeys.jwks()),
          {
            issuer: deps.config.issuer,
            audience,
            typ: 'at+jwt',
            algorithms: ['RS256'],
          },
        )
        assert.deepEqual(payload.aud, audiences)
      }
  })

  it("does not open Signet's own API", async () => {
    const { accessToken } = await mint()
    await assertRefused(
      authenticateBearer(deps, testContext(), accessToken),
      ErrorReason.UNAUTHENTICATED,
    )
  })

  it('keeps its claims when it is refreshed, and its client may refresh it alone', async () => {
    const { accessToken, refreshToken } = await mint({ claims: { tenant: 't1' } })
    const input = { refreshToken, authenticatedClientId: crew.clientId }
    const refreshed = await refreshTokens(deps, testContext(), input)
    const { exp: _e, iat: _i, jti: _j, rev: _r, ...first } = claimsOf(accessToken)
    const { exp, iat, jti: _, rev: __, ...second } = claimsOf(refreshed.accessToken)
    assert.deepEqual(second, first)
    assert.equal(Number(exp) - Number(iat), 240)
    await assertRefused(
      refreshTokens(deps, testContext(), { refreshToken }),
      ErrorReason.INVALID_GRANT,
    )
  })

  it('without a refresh token has a session that ends with it', async () => {
    const { accessToken, sessionId } = await mint({ withRefreshToken: false, lifetimeSeconds: 60 })
    const { exp, iat } = claimsOf(accessToken)
    assert.ok(Number(exp) - Number(iat) <= 60)
    const text = `select expires_at <= signet_now() + interval '60 seconds' from sessions where id = $1`
    assert.deepEqual(await rowsOf(deps, text, [sessionId]), [[true]])
  })

  it('is recorded as a session of its user, through its client', async () => {
    const { userId, sessionId } = await mint({ sub: 'recorded' })
    const text = `select kind, outcome, client_id, details->>'sessionId' from events where subject_id = $1 order by arrival`
    assert.deepEqual(await rowsOf(deps, text, [userId satisfies UserId]), [
      ['external_user.created', 'success', 'crew', null],
      ['session.started', 'success', 'crew', sessionId],
    ])
  })
})
