/**
 * Clients that prove themselves by a signature: every assertion that proves nothing, then those that do. They are made by
 * libraries that we did not write.
 */

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  generateSecret,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
  UnsecuredJWT,
} from 'jose'
import * as oauth from 'oauth4webapi'
import { disableClient } from '../clients/disable-client.ts'
import { openDatabase } from '../db/database.ts'
import type { Json } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import type { ClientId } from '../ids.ts'
import { registerTestClient } from '../testing/clients.ts'
import { secondsAhead } from '../testing/clock.ts'
import { openTestDeps, rowsOf, type TestDeps, testContext, withParts } from '../testing/deps.ts'
import { type Answer, type Form, startTestService, type TestService } from '../testing/service.ts'
import { authenticateFormClient } from './authenticate-form-client.ts'

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const clientId = 'signer'

let opened: TestDeps
let deps: Deps
let service: TestService
const keys = {
  ec: await generateKeyPair('ES256', { extractable: true }),
  okp: await generateKeyPair('EdDSA', { extractable: true }),
  rsa: await generateKeyPair('RS256', { extractable: true }),
  other: await generateKeyPair('ES256', { extractable: true }),
  unpublished: await generateKeyPair('ES256', { extractable: true }),
}

async function jwkOf(key: CryptoKey, more: Record<string, string> = {}): Promise<Json> {
  return { ...((await exportJWK(key)) as Record<string, Json>), ...more }
}

/** What the client publishes, and how often it was asked. */
let published: Json
let asked = 0
const publisher = createServer((_request, response) => {
  asked += 1
  response.writeHead(200, { 'content-type': 'application/jwk-set+json' })
  response.end(JSON.stringify(published))
})

before(async () => {
  opened = await openTestDeps()
  deps = opened.deps
  service = await startTestService(deps)
  await new Promise<void>((resolve) => publisher.listen(0, '127.0.0.1', resolve))
  const { port } = publisher.address() as AddressInfo
  const jwks = {
    keys: [
      await jwkOf(keys.ec.publicKey, { kid: 'ec', use: 'sig' }),
      await jwkOf(keys.okp.publicKey, { kid: 'okp' }),
      await jwkOf(keys.rsa.publicKey, { kid: 'rsa', alg: 'PS256' }),
    ],
  }
  const permissions = ['tokens.introspect']
  await registerTestClient(deps, { id: clientId, type: 'confidential', permissions, jwks })
  const otherKeys = { keys: [await jwkOf(keys.other.publicKey, { kid: 'ec' })] }
  await registerTestClient(deps, { id: 'other', type: 'confidential', jwks: otherKeys })
  const jwksUri = `http://localhost:${port}/keys`
  await registerTestClient(deps, { id: 'publishing', permissions, jwksUri })
  await registerTestClient(deps, { id: 'secretive', permissions })
  await registerTestClient(deps, { id: 'spa', type: 'public' })
})
after(async () => {
  publisher.close()
  await service.close()
  await opened.close()
})

const now = () => Math.floor(Date.now() / 1000)

interface Made {
  claims?: JWTPayload
  header?: Partial<JWTHeaderParameters>
  key?: CryptoKey | Uint8Array
}

/** A good assertion, but for what is changed. */
function sign({ claims = {}, header = {}, key = keys.ec.privateKey }: Made = {}): Promise<string> {
  const payload: JWTPayload = {
    iss: clientId,
    sub: clientId,
    aud: deps.config.issuer,
    jti: randomUUID(),
    iat: now(),
    exp: now() + 60,
    ...claims,
  }
  return new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid: 'ec', ...header }).sign(key)
}

const formOf = (assertion: string, more: Record<string, string> = {}) => ({
  token: 'x',
  client_assertion_type: assertionType,
  client_assertion: assertion,
  ...more,
})

const ask = (form: Form, headers: Record<string, string> = {}): Promise<Answer> =>
  service.post('/oauth2/introspect', form, headers)

let callers = 0

/** Refused like everything that proves no client, for this cause in the log. Failures are not limited here. */
async function assertRefused(form: Record<string, string>, cause = /./u): Promise<void> {
  callers += 1
  const ctx = testContext({ ipAddress: `2001:db8:0:${callers.toString(16)}::1` })
  await assert.rejects(authenticateFormClient(deps, ctx, new Map(Object.entries(form))), cause)
  await rowsOf(deps, 'delete from guess_counters')
  const { status, text, headers } = await ask(form)
  assert.deepEqual([status, JSON.parse(text).error], [401, 'invalid_client'], text)
  assert.equal(headers.get('www-authenticate'), 'Basic realm="signet", charset="UTF-8"')
}

async function assertTaken(form: Form): Promise<void> {
  const { status, text } = await ask(form)
  assert.deepEqual([status, text], [200, '{"active":false}'])
}

describe('an assertion proves nothing', () => {
  const issuer = () => deps.config.issuer
  const wrong: [what: string, made: () => Made, cause: RegExp][] = [
    ['for another audience', () => ({ claims: { aud: 'https://else.example' } }), /this issuer/],
    ['for several', () => ({ claims: { aud: [issuer(), 'https://else.example'] } }), /this issuer/],
    ['for us in a list', () => ({ claims: { aud: [issuer()] } }), /this issuer/],
    ['for the endpoint', () => ({ claims: { aud: `${issuer()}/oauth2/token` } }), /this issuer/],
    ['for the issuer and a slash', () => ({ claims: { aud: `${issuer()}/` } }), /this issuer/],
    ['for nobody', () => ({ claims: { aud: undefined as never } }), /this issuer/],
    ['about another client', () => ({ claims: { sub: 'other' } }), /not one client/],
    ['by another client', () => ({ claims: { iss: 'other' } }), /not one client/],
    ['of another client', () => ({ claims: { iss: 'other', sub: 'other' } }), /no key/],
    ['of nobody', () => ({ claims: { iss: 'nobody', sub: 'nobody' } }), /no such client/],
    [
      'of a client with a secret',
      () => ({ claims: { iss: 'secretive', sub: 'secretive' } }),
      /no such client/,
    ],
    ['of a public client', () => ({ claims: { iss: 'spa', sub: 'spa' } }), /no such client/],
    ['without an identifier', () => ({ claims: { jti: undefined as never } }), /no identifier/],
    ['with a long identifier', () => ({ claims: { jti: 'x'.repeat(257) } }), /no identifier/],
    ['without an end', () => ({ claims: { exp: undefined as never } }), /does not expire/],
    [
      'with an end that is text',
      () => ({ claims: { exp: `${now() + 60}` as never } }),
      /does not expire/,
    ],
    ['with an end beyond time', () => ({ claims: { exp: 1e300 } }), /does not expire/],
    ['expired', () => ({ claims: { exp: now() - 11 } }), /has expired/],
    ['good for too long', () => ({ claims: { exp: now() + 320 } }), /five minutes/],
    ['issued in the future', () => ({ claims: { iat: now() + 90 } }), /not good yet/],
    ['not before later', () => ({ claims: { nbf: now() + 90 } }), /not good yet/],
    ['signed by a stranger', () => ({ key: keys.unpublished.privateKey }), /no key/],
    ['signed by another client', () => ({ key: keys.other.privateKey }), /no key/],
    ['naming another key', () => ({ header: { kid: 'okp' } }), /no key/],
    ['naming no key of the client', () => ({ header: { kid: 'ecc' } }), /no key/],
    ['an access token', () => ({ header: { typ: 'at+jwt' } }), /another type/],
    ['a logout token', () => ({ header: { typ: 'logout+jwt' } }), /another type/],
    [
      'by an algorithm that the key is not for',
      () => ({ header: { alg: 'RS256', kid: 'rsa' }, key: keys.rsa.privateKey }),
      /no key/,
    ],
  ]
  for (const [what, made, cause] of wrong)
    it(what, async () => {
      await assertRefused(formOf(await sign(made())), cause)
    })

  it('unsigned, or signed with what is public', async () => {
    const claims = {
      iss: clientId,
      sub: clientId,
      aud: issuer(),
      jti: randomUUID(),
      exp: now() + 60,
    }
    await assertRefused(formOf(new UnsecuredJWT(claims).encode()))
    const secret = Buffer.from(JSON.stringify(await exportJWK(keys.ec.publicKey)))
    await assertRefused(formOf(await sign({ header: { alg: 'HS256' }, key: secret })))
    const hmac = await generateSecret('HS256')
    await assertRefused(formOf(await sign({ header: { alg: 'HS256' }, key: hmac })))
  })

  it('that brings its own key', async () => {
    const { privateKey, publicKey } = keys.unpublished
    const jwk = await exportJWK(publicKey)
    await assertRefused(formOf(await sign({ header: { jwk, kid: 'mine' }, key: privateKey })))
  })

  it('that needs an extension', async () => {
    const claims = {
      iss: clientId,
      sub: clientId,
      aud: issuer(),
      jti: randomUUID(),
      exp: now() + 60,
    }
    const signer = new SignJWT(claims)
    const header = { alg: 'ES256', kid: 'ec', crit: ['x'], x: 1 }
    const text = await signer
      .setProtectedHeader(header)
      .sign(keys.ec.privateKey, { crit: { x: true } })
    await assertRefused(formOf(text), /extension/)
  })

  it('changed in any part, or in another form', async () => {
    const good = await sign()
    const [header = '', claims = '', signature = ''] = good.split('.')
    const flipped = (text: string) => `${text.startsWith('A') ? 'B' : 'A'}${text.slice(1)}`
    for (const text of [
      '',
      'x',
      '..',
      `${header}.${claims}`,
      `${header}.${claims}.`,
      `${good}.`,
      `${good}.${signature}`,
      `${header}.${claims}.${flipped(signature)}`,
      `${header}.${Buffer.from('{}').toString('base64url')}.${signature}`,
      `${header}.${Buffer.from('[]').toString('base64url')}.${signature}`,
      `${header}.${Buffer.from('{"a":').toString('base64url')}.${signature}`,
      `${Buffer.from('null').toString('base64url')}.${claims}.${signature}`,
      `${header}.${claims}.${signature}=`,
      ` ${good}`,
      `${good}\n`,
      'x'.repeat(9000),
    ].filter((each) => each !== ''))
      await assertRefused(formOf(text))
    await assertTaken(formOf(good))
  })

  it('beside the id of another client', async () => {
    await assertRefused(formOf(await sign(), { client_id: 'other' }))
    await assertRefused(formOf(await sign(), { client_id: 'nobody' }))
  })

  it('used before, whoever presents it', async () => {
    const assertion = await sign()
    await assertTaken(formOf(assertion))
    await assertRefused(formOf(assertion), /used before/)
    // The identifier is what is used, not the text.
    const jti = randomUUID()
    await assertTaken(formOf(await sign({ claims: { jti } })))
    await assertRefused(formOf(await sign({ claims: { jti, exp: now() + 100 } })))
  })

  it('of a client that was disabled', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
    const jwks = { keys: [await jwkOf(publicKey, { kid: 'ec' })] }
    await registerTestClient(deps, { id: 'closed', jwks })
    const made = () => sign({ claims: { iss: 'closed', sub: 'closed' }, key: privateKey })
    await assertTaken(formOf(await made()))
    await disableClient(deps, testContext(), { clientId: 'closed' as ClientId })
    await assertRefused(formOf(await made()))
  })

  it('by the clock of the database, not by ours', async (t) => {
    const ahead = await secondsAhead(opened, t, 600)
    const form = new Map(Object.entries(formOf(await sign())))
    await assert.rejects(authenticateFormClient(ahead, testContext(), form), /has expired/)
  })
})

describe('a request proves nothing', () => {
  const refused: [what: string, form: (assertion: string) => Form, status: number][] = [
    [
      'with a secret, too',
      (text) => formOf(text, { client_id: 'signer', client_secret: 'x' }),
      400,
    ],
    ['without the type', (text) => ({ token: 'x', client_assertion: text }), 400],
    ['of another type', (text) => formOf(text, { client_assertion_type: 'urn:x' }), 400],
    ['with the type alone', () => ({ token: 'x', client_assertion_type: assertionType }), 400],
    ['with an empty assertion', () => formOf(''), 400],
    ['twice', (text) => [...Object.entries(formOf(text)), ['client_assertion', text]], 400],
  ]
  for (const [what, form, expected] of refused)
    it(what, async () => {
      const { status, text } = await ask(form(await sign()))
      assert.deepEqual([status, JSON.parse(text).error], [expected, 'invalid_request'], text)
    })

  it('with credentials in the header, too', async () => {
    const authorization = `Basic ${Buffer.from('signer:sk_x').toString('base64')}`
    const { status } = await ask(formOf(await sign()), { authorization })
    assert.equal(status, 400)
  })
})

describe('an assertion proves its client', () => {
  const good: [what: string, made: () => Made][] = [
    ['signed with ES256', () => ({})],
    ['of type JWT', () => ({ header: { typ: 'JWT' } })],
    ['of its own type', () => ({ header: { typ: 'client-authentication+jwt' } })],
    [
      'signed with EdDSA',
      () => ({ header: { alg: 'EdDSA', kid: 'okp' }, key: keys.okp.privateKey }),
    ],
    [
      'signed with Ed25519',
      () => ({ header: { alg: 'Ed25519', kid: 'okp' }, key: keys.okp.privateKey }),
    ],
    ['that names no key', () => ({ header: { kid: undefined as never } })],
    ['of a clock that is a little slow', () => ({ claims: { iat: now() - 60, exp: now() - 5 } })],
    ['of a clock that is a little fast', () => ({ claims: { iat: now() + 10, exp: now() + 305 } })],
    ['with a fraction in its times', () => ({ claims: { exp: now() + 60.5 } })],
  ]
  for (const [what, made] of good) it(what, async () => assertTaken(formOf(await sign(made()))))

  it('signed with PS256', async () => {
    const pss = await crypto.subtle.importKey(
      'jwk',
      await exportJWK(keys.rsa.privateKey),
      { name: 'RSA-PSS', hash: 'SHA-256' },
      false,
      ['sign'],
    )
    await assertTaken(formOf(await sign({ header: { alg: 'PS256', kid: 'rsa' }, key: pss })))
  })

  it('as oauth4webapi makes it', async () => {
    const server = {
      issuer: deps.config.issuer,
      introspection_endpoint: `${service.url}/oauth2/introspect`,
    }
    const client = { client_id: clientId }
    const proof = oauth.PrivateKeyJwt({ key: keys.ec.privateKey, kid: 'ec' })
    const options = { [oauth.allowInsecureRequests]: true }
    const answer = await oauth.introspectionRequest(server, client, proof, 'x', options)
    const told = await oauth.processIntrospectionResponse(server, client, answer)
    assert.equal(told.active, false)
  })

  it('once, of fifty at the same time on two instances', async (t) => {
    const second = openDatabase({ address: opened.address, poolSize: 8, prepared: true })
    t.after(() => second.end())
    const instances = [deps, withParts(deps, { db: second })]
    const form = new Map(Object.entries(formOf(await sign())))
    const tries = Array.from({ length: 50 }, (_, n) =>
      authenticateFormClient(
        instances[n % 2] as Deps,
        testContext({ ipAddress: `198.51.100.${n}` }),
        form,
      ),
    )
    const outcomes = await Promise.allSettled(tries)
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
  })
})

describe('keys that a client publishes', () => {
  const of = (made: Made) => sign({ claims: { iss: 'publishing', sub: 'publishing' }, ...made })

  it('are read once, and again for a key that is new', async () => {
    published = { keys: [await jwkOf(keys.ec.publicKey, { kid: 'first' })] }
    for (let n = 0; n < 3; n += 1) await assertTaken(formOf(await of({ header: { kid: 'first' } })))
    assert.equal(asked, 1)
    // Within the cool-down nobody makes us ask again.
    published = { keys: [await jwkOf(keys.other.publicKey, { kid: 'second' })] }
    const next = { header: { kid: 'second' }, key: keys.other.privateKey }
    await assertRefused(formOf(await of(next)))
    assert.equal(asked, 1)
  })
})
