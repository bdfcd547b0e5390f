import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ErrorReason } from '@signet/contract'
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { openMasterSecret } from '../crypto/master-secret.ts'
import { SignetError } from '../errors.ts'
import type { ClientId, GrantId, SessionId, UserId } from '../ids.ts'
import { createTestDatabase, type TestDatabase } from '../testing/database.ts'
import {
  type AccessTokenInput,
  apiAudience,
  issueAccessToken,
  verifyAccessToken,
} from './access-token.ts'
import { ensureSigningKeys, type SigningKeys } from './signing-keys.ts'

const masterSecret = openMasterSecret({ current: 'the secret that the keys are wrapped under' })
const now = new Date('2026-11-22T12:00:00.900Z')
const iat = Date.parse('2026-11-22T12:00:00Z') / 1000
const issuer = 'https://id.example.com'
const audience = apiAudience(issuer)
const input: AccessTokenInput = {
  issuer,
  audience,
  userId: '019a0000-0000-7000-8000-000000000001' as UserId,
  clientId: 'signet' as ClientId,
  grantId: '019a0000-0000-7000-8000-000000000003' as GrantId,
  sessionId: '019a0000-0000-7000-8000-000000000002' as SessionId,
  scopes: ['signet:api', 'openid'],
  roles: ['administrator', 'user'],
  authTime: new Date('2026-11-22T11:00:00Z'),
  acr: 'aal1',
  amr: ['pwd'],
  rev: 7n,
  lifetimeSeconds: 300,
  sessionExpiresAt: new Date('2026-12-22T12:00:00Z'),
}

let test: TestDatabase
let keys: SigningKeys

before(async () => {
  test = await createTestDatabase()
  keys = await ensureSigningKeys({ db: test.db, masterSecret }, now)
})
after(() => test.drop())

function verify(token: string, at = now) {
  return verifyAccessToken(keys, token, { now: at, issuer, audience })
}

function secondsLater(seconds: number): Date {
  return new Date((iat + seconds) * 1000)
}

describe('issueAccessToken', () => {
  it('writes exactly this', () => {
    const { accessToken } = issueAccessToken(keys.active('ES256'), input, now)
    const [header, claims] = accessToken
      .split('.')
      .map((part) => Buffer.from(part, 'base64url').toString())
    const { kid } = keys.active('ES256')
    assert.equal(header, `{"alg":"ES256","typ":"at+jwt","kid":"${kid}"}`)
    assert.equal(
      claims?.replace(/"jti":"[\w-]{22}"/, '"jti":"22 letters"'),
      '{"iss":"https://id.example.com","sub":"019a0000-0000-7000-8000-000000000001",' +
        '"aud":"https://id.example.com/api","client_id":"signet","scope":"signet:api openid",' +
        `"exp":${iat + 300},"iat":${iat},"jti":"22 letters",` +
        `"gid":"019a0000-0000-7000-8000-000000000003",` +
        `"sid":"019a0000-0000-7000-8000-000000000002","auth_time":${iat - 3600},"acr":"aal1",` +
        '"amr":["pwd"],"roles":["administrator","user"],"rev":7}',
    )
  })

  for (const algorithm of ['ES256', 'RS256'] as const) {
    it(`is accepted by an independent implementation, signed with ${algorithm}`, async () => {
      const { accessToken, claims } = issueAccessToken(keys.active(algorithm), input, now)
      const keySet = createLocalJWKSet(keys.jwks())
      const { payload } = await jwtVerify(accessToken, keySet, {
        issuer,
        audience,
        typ: 'at+jwt',
        algorithms: [algorithm],
        currentDate: now,
        requiredClaims: ['sub', 'client_id', 'iat', 'jti', 'exp'],
      })
      assert.deepEqual(payload, { ...claims })
      assert.equal(decodeProtectedHeader(accessToken).alg, algorithm)
    })
  }

  it('never outlives the session', () => {
    const sessionExpiresAt = secondsLater(42.9)
    const { claims } = issueAccessToken(keys.active('ES256'), { ...input, sessionExpiresAt }, now)
    assert.equal(claims.exp, iat + 42)
  })

  it('gives every token an id of its own', () => {
    const ids = Array.from(
      { length: 200 },
      () => issueAccessToken(keys.active('ES256'), input, now).claims.jti,
    )
    assert.equal(new Set(ids).size, ids.length)
  })
})

describe('verifyAccessToken', () => {
  it('takes one that has expired from who may leave, and remembers nothing of it', () => {
    const { accessToken, claims } = issueAccessToken(keys.active('ES256'), input, now)
    const later = secondsLater(300)
    const count = keys.verified.count()
    const expected = { now: later, issuer, audience, mayBeExpired: true }
    assert.deepEqual(verifyAccessToken(keys, accessToken, expected), claims)
    assert.equal(keys.verified.count(), count)
    assert.throws(() => verify(accessToken, later), isRefusal)
  })

  it('gives back what was issued, first time and again', () => {
    const { accessToken, claims } = issueAccessToken(keys.active('ES256'), input, now)
    assert.deepEqual(verify(accessToken), claims)
    assert.deepEqual(verify(accessToken), claims)
  })

  it('accepts until the last moment, and refuses from the expiry on, remembered or not', () => {
    for (const remembered of [true, false]) {
      const { accessToken } = issueAccessToken(keys.active('ES256'), input, now)
      if (remembered) verify(accessToken)
      const lastMoment = new Date(secondsLater(300).getTime() - 1)
      assert.ok(verify(accessToken, lastMoment))
      for (const late of [300, 300.001, 301, 311, 1e6])
        assertRefused(accessToken, secondsLater(late))
    }
  })

  it('accepts a token from an instance whose clock is a minute ahead, and no more', () => {
    const { accessToken } = issueAccessToken(keys.active('ES256'), input, now)
    assert.ok(verify(accessToken, secondsLater(-60)))
    assertRefused(accessToken, secondsLater(-61))
  })

  it('refuses a remembered token where another issuer or audience is expected', () => {
    const { accessToken } = issueAccessToken(keys.active('ES256'), input, now)
    verify(accessToken)
    const others = [
      { issuer: `${issuer}/`, audience },
      { issuer: 'http://id.example.com', audience },
      { issuer: 'https://ID.example.com', audience },
      { issuer, audience: issuer },
      { issuer, audience: `${audience}/` },
      { issuer, audience: 'signet' },
    ]
    for (const other of others) {
      assert.throws(() => verifyAccessToken(keys, accessToken, { now, ...other }), isRefusal)
    }
  })

  it('does not remember what it refused', () => {
    const count = keys.verified.count()
    const { accessToken } = issueAccessToken(keys.active('ES256'), { ...input, audience: 'x' }, now)
    assertRefused(accessToken)
    assert.equal(keys.verified.count(), count)
  })
})

function isRefusal(error: unknown): boolean {
  return error instanceof SignetError && error.reason === ErrorReason.UNAUTHENTICATED
}

function assertRefused(token: string, at = now): void {
  assert.throws(() => verify(token, at), isRefusal)
}
