/** Providers that lie, stall and babble: each lie is refused, and for the right kind of reason. */

import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, beforeEach, describe, it } from 'node:test'
import { CompactSign } from 'jose'
import { openGuardedFetch } from '../outbound/guarded-fetch.ts'
import { configured, newVisit, openTestUpstream } from './testing/federated.ts'
import {
  babble,
  hmacSigned,
  openHostileIssuer,
  peaceful,
  strangelySigned,
  unsigned,
} from './testing/hostile-issuer.ts'
import { assertRefused } from './testing/refused.ts'
import { openUpstream, type Upstream } from './upstream.ts'

const issuer = await openHostileIssuer()
after(issuer.close)
const provider = configured('oidc', issuer)
const secrets = [issuer.clientSecret, 'a code', 'access token of the hostile issuer']
const minute = 60
const seconds = () => Math.floor(Date.now() / 1000)

let upstream: Upstream

beforeEach(() => {
  issuer.acts = peaceful()
  issuer.asked = []
  const guarded = openGuardedFetch({ privateHosts: ['127.0.0.1:*'] })
  upstream = openUpstream({
    // Less patient than it is, so that nobody waits for silence.
    fetch: (url, request) => {
      const isSilent = issuer.acts.answers[new URL(url).pathname] === babble['nothing at all']
      return guarded(url, { ...request, ...(isSilent && { timeoutMs: 200 }) })
    },
    log: { warn: () => {} },
  })
})

function comeBack(of: Upstream = upstream) {
  const { nonce, ...visit } = newVisit()
  issuer.acts.claims = { nonce, ...issuer.acts.claims }
  const parameters = new URLSearchParams({ code: 'a code', state: visit.state })
  return of.identify(provider, { ...visit, nonce, parameters })
}

it('a provider that tells the truth is believed', async () => {
  const { identity } = await comeBack()
  assert.deepEqual([identity.subject, identity.email], ['ada', 'ada@example.com'])
})

describe('an ID token', () => {
  const claims: [what: string, claims: Record<string, unknown>, message: RegExp][] = [
    ['of another visit', { nonce: 'x'.repeat(43) }, /nonce/u],
    ['with half a nonce', { nonce: 'x' }, /nonce/u],
    ['without a nonce', { nonce: undefined }, /nonce/u],
    ['with a nonce that is no text', { nonce: ['x'] }, /nonce/u],
    ['of another issuer', { iss: 'https://accounts.google.com' }, /issuer/u],
    ['of the issuer with a slash', { iss: 'http://127.0.0.1/' }, /issuer/u],
    ['without an issuer', { iss: undefined }, /issuer/u],
    ['for another client', { aud: 'another' }, /client/u],
    ['for us and another client', { aud: ['signet', 'another'], azp: 'signet' }, /client/u],
    ['for nobody', { aud: [] }, /client/u],
    ['without an audience', { aud: undefined }, /client/u],
    ['issued to another client', { azp: 'another' }, /client/u],
    ['that has expired', { exp: seconds() - minute }, /expired/u],
    ['that does not expire', { exp: undefined }, /time/u],
    ['that expires in words', { exp: 'tomorrow' }, /time/u],
    ['of the future', { iat: seconds() + minute }, /future/u],
    ['that is not good yet', { nbf: seconds() + minute }, /future/u],
    ['of no time', { iat: undefined }, /time/u],
    ['of nobody', { sub: undefined }, /nobody/u],
    ['of a subject that is empty', { sub: '' }, /subject|sub/u],
    ['of a number', { sub: 7 }, /nobody/u],
    ['of a subject that cannot be shown', { sub: 'ada\u202e' }, /subject|sub/u],
    ['of a subject without end', { sub: 'a'.repeat(256) }, /subject|sub/u],
  ]
  for (const [what, changed, message] of claims)
    it(`${what} is refused`, async () => {
      issuer.acts.claims = changed
      // Userinfo is of the same subject, so that the reason is the token.
      if (typeof changed.sub === 'string') issuer.acts.userinfo = { sub: changed.sub }
      await assertRefused(comeBack(), 'answer', message, secrets)
    })

  it('of a clock that is a little wrong is fine', async () => {
    issuer.acts.claims = {
      exp: seconds() - 10,
      iat: seconds() + 10,
      aud: ['signet'],
      azp: 'signet',
    }
    await comeBack()
  })

  const pem = issuer.key.export({ type: 'spki', format: 'pem' })
  const small = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const headers: [what: string, act: Partial<typeof issuer.acts>, message: RegExp][] = [
    ['that is not signed', { forge: unsigned }, /algorithm/u],
    ['signed with the client secret', { forge: hmacSigned(issuer.clientSecret) }, /algorithm/u],
    ['signed with the public key as a secret', { forge: hmacSigned(String(pem)) }, /algorithm/u],
    ['signed with a key of somebody else', { forge: strangelySigned }, /signature/u],
    ['signed with a key that is not published', { header: { kid: 'another' } }, /not publish/u],
    [
      'with its key in the header',
      {
        forge: (header, payload) =>
          new CompactSign(Buffer.from(JSON.stringify(payload)))
            .setProtectedHeader({
              ...header,
              alg: 'ES256',
              jwk: small.publicKey.export({ format: 'jwk' }),
            })
            .sign(small.privateKey),
      },
      /not publish/u,
    ],
    [
      'with RS256 by name and another signature',
      { forge: (h, c) => `${unsigned(h, c)}AAAA` },
      /algorithm/u,
    ],
    [
      'that needs an extension',
      { header: { crit: ['x'], x: 1 }, forge: criticallySigned },
      /extension/u,
    ],
    ['of another type', { header: { typ: 'logout+jwt' } }, /type/u],
    ['that is an access token', { header: { typ: 'at+jwt' } }, /type/u],
    ['that is text', { forge: () => 'no token' }, /JWS/u],
    ['without a signature', { forge: (h, c) => unsigned(h, c).slice(0, -1) }, /JWS/u],
    ['that is longer than any', { claims: { much: 'x'.repeat(40_000) } }, /longer/u],
    ['that is there twice', { token: { id_token: ['a', 'b'] } }, /ID token|id_token/u],
    ['that is missing', { token: { id_token: undefined } }, /without an ID token/u],
  ]
  for (const [what, act, message] of headers)
    it(`${what} is refused`, async () => {
      Object.assign(issuer.acts, act)
      await assertRefused(comeBack(), 'answer', message, secrets)
    })

  async function criticallySigned(header: object, payload: object): Promise<string> {
    const { crit: _, ...others } = header as { crit?: unknown }
    const token = await issuer.sign(others, payload as Record<string, unknown>)
    const [, body, signature] = token.split('.')
    return `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${body}.${signature}`
  }

  it('changed by one bit is refused', async () => {
    issuer.acts.forge = async (header, payload) => {
      const [head, , signature] = (await issuer.sign(header, payload)).split('.')
      const other = Buffer.from(JSON.stringify({ ...payload, sub: 'grace' })).toString('base64url')
      return `${head}.${other}.${signature}`
    }
    await assertRefused(comeBack(), 'answer', /signature/u)
  })
})

describe('userinfo', () => {
  it('of another subject is refused', async () => {
    issuer.acts.userinfo = { sub: 'grace' }
    await assertRefused(comeBack(), 'answer', /sub/u, secrets)
  })

  it('of nobody is refused', async () => {
    issuer.acts.userinfo = { sub: undefined }
    await assertRefused(comeBack(), 'answer', /sub/u)
  })

  it('cannot lend its word to the address of the ID token', async () => {
    issuer.acts.claims = { email: 'victim@example.com' }
    issuer.acts.userinfo = { email: 'ada@example.com', email_verified: true }
    const { identity } = await comeBack()
    assert.deepEqual([identity.email, identity.emailVerified], ['victim@example.com', false])
  })
})

describe('the token endpoint', () => {
  const said: [what: string, body: object, kind: 'answer' | 'configuration' | 'unreachable'][] = [
    ['a used code', { error: 'invalid_grant' }, 'answer'],
    ['an unknown client', { error: 'invalid_client' }, 'configuration'],
    ['a client that may not', { error: 'unauthorized_client' }, 'configuration'],
    ['another redirect URI', { error: 'redirect_uri_mismatch' }, 'configuration'],
    ['a fault', { error: 'temporarily_unavailable' }, 'unreachable'],
    ['words of its own', { error: 'it_is_monday' }, 'answer'],
  ]
  for (const [what, body, kind] of said)
    it(`says ${what}`, async () => {
      issuer.acts.answers['/token'] = (response) =>
        response
          .writeHead(400, { 'content-type': 'application/json', 'www-authenticate': 'Basic' })
          .end(JSON.stringify(body))
      await assertRefused(comeBack(), kind, /the provider says/u, secrets)
    })

  it('repeats secrets, lines and pages, and none of it is in the log', async () => {
    issuer.acts.answers['/token'] = (response) =>
      response.writeHead(400, { 'content-type': 'application/json' }).end(
        JSON.stringify({
          error: 'invalid_client',
          error_description: `${issuer.clientSecret}\n\u001b[31m a code ${'x'.repeat(10_000)}`,
        }),
      )
    await assertRefused(comeBack(), 'configuration', /^[ -~…]{20,310}$/u, secrets)
  })

  for (const [what, body] of [
    ['no access token', { access_token: undefined }],
    ['an access token that is no text', { access_token: 7 }],
    ['no type of token', { token_type: undefined }],
    ['a type of token that nobody knows', { token_type: 'mac' }],
    ['a scope that is no text', { scope: ['openid'] }],
  ] as const)
    it(`gives ${what}`, async () => {
      issuer.acts.token = body
      await assertRefused(comeBack(), 'answer', /./u, secrets)
    })

  it('is not where it should be', async () => {
    issuer.acts.answers['/token'] = (response) => response.writeHead(404).end()
    await assertRefused(comeBack(), 'configuration', /404/u)
  })
})

for (const path of ['/.well-known/openid-configuration', '/token', '/keys', '/userinfo'])
  describe(`${path} answers`, () => {
    for (const [what, act] of Object.entries(babble))
      it(`${what}: unreachable`, async () => {
        issuer.acts.answers[path] = act
        await assertRefused(comeBack(), 'unreachable', /./u, secrets)
        assert.ok(issuer.asked.includes(path))
        assert.ok(!issuer.asked.includes('/elsewhere'))
      })
  })

describe('the discovery document', () => {
  for (const [what, document, kind] of [
    ['of another issuer', { issuer: 'https://accounts.google.com' }, 'configuration'],
    ['of no issuer', { issuer: undefined }, 'unreachable'],
    ['without keys', { jwks_uri: undefined }, 'unreachable'],
    ['with a token endpoint that is none', { token_endpoint: 'file:///etc/passwd' }, 'unreachable'],
    [
      'with an authorization endpoint that is a script',
      { authorization_endpoint: 'javascript:alert(1)' },
      'unreachable',
    ],
    [
      'with a token endpoint inside',
      { token_endpoint: 'https://169.254.169.254/token' },
      'configuration',
    ],
    ['with keys inside', { jwks_uri: 'https://10.0.0.5/keys' }, 'configuration'],
  ] as const)
    it(`${what} is refused`, async () => {
      issuer.acts.discovery = document
      await assertRefused(comeBack(), kind, /./u, secrets)
    })

  it('is read once for many, and an outage later hurts nobody', async () => {
    let nowMs = 1e9
    const patient = openTestUpstream({ clock: () => nowMs })
    await comeBack(patient)
    const reads = () => issuer.asked.filter((path) => path.startsWith('/.well-known')).length
    issuer.acts.answers['/.well-known/openid-configuration'] = (response) => response.destroy()
    issuer.acts.claims = {}
    await comeBack(patient)
    assert.equal(reads(), 1)
    nowMs += 20 * 3600 * 1000
    issuer.acts.claims = {}
    await comeBack(patient)
    assert.equal(reads(), 2)
    nowMs += 5 * 3600 * 1000
    await assertRefused(comeBack(patient), 'unreachable', /discovery document/u)
  })
})

describe('Microsoft', () => {
  const tenant = '72f988bf-86f1-41af-91ab-2d7cd011db47'
  const path = `/${tenant}/v2.0`
  const entra = () => configured('microsoft', issuer, { tenant })
  const json = (body: object) => (response: Parameters<(typeof babble)[string]>[0]) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))

  it('looks at a code before it looks at the secret, and is asked again', async () => {
    issuer.acts.answers[`${path}/.well-known/openid-configuration`] = json({
      issuer: `${issuer.issuer}${path}`,
      authorization_endpoint: `${issuer.issuer}/authorize`,
      token_endpoint: `${issuer.issuer}/token`,
      jwks_uri: `${issuer.issuer}/keys`,
    })
    const says = (...errors: string[]) => {
      issuer.acts.answers['/token'] = (response) =>
        response
          .writeHead(400, { 'content-type': 'application/json' })
          .end(JSON.stringify({ error: errors.shift() }))
    }
    says('invalid_grant', 'invalid_client')
    assert.match((await upstream.check(entra())).join(), /does not accept client id and secret/u)
    says('invalid_grant', 'unauthorized_client')
    assert.deepEqual(await upstream.check(entra()), [])
  })
})

describe('a key', () => {
  it('of another issuer signs nothing, although it stands in the set', async () => {
    const jwk = { ...issuer.key.export({ format: 'jwk' }), kid: issuer.kid }
    const keysOf = (said: string) => {
      issuer.acts.answers['/keys'] = (response) =>
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify({ keys: [{ ...jwk, issuer: said }] }))
    }
    keysOf('https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0')
    await assertRefused(comeBack(), 'answer', /not publish/u)
    const another = openTestUpstream()
    keysOf(issuer.issuer.replace('127', '{tenantid}'))
    issuer.acts.claims = { tid: '127' }
    await comeBack(another)
  })

  it('that is made up does not make Signet ask more than once in five seconds', async () => {
    let nowMs = 1e9
    const patient = openTestUpstream({ clock: () => nowMs })
    issuer.acts.header = { kid: 'made up' }
    for (let n = 0; n < 5; n += 1) {
      issuer.acts.claims = {}
      await assertRefused(comeBack(patient), 'answer', /not publish/u)
    }
    const reads = () => issuer.asked.filter((path) => path === '/keys').length
    assert.equal(reads(), 1)
    nowMs += 5_000
    issuer.acts.claims = {}
    await assertRefused(comeBack(patient), 'answer', /not publish/u)
    assert.equal(reads(), 2)
  })
})
