/** The published keys over real HTTP: which are taken, when they are read again, and what happens when they cannot be. */

import assert from 'node:assert/strict'
import { generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from 'node:crypto'
import { describe, test } from 'node:test'
import { eventually } from './testing/conditions.ts'
import { signEs256 } from './testing/scripted-issuer.ts'
import {
  assertRefused,
  clock,
  events,
  issuer,
  openVerifier,
  readyVerifier,
  useScriptedIssuer,
} from './testing/verifier-under-test.ts'

useScriptedIssuer()

const path = '/.well-known/jwks.json'
const reads = () => issuer.timesAsked(path)

interface Pair {
  privateKey: KeyObject
  jwk: JsonWebKey & Record<string, unknown>
}

const ec = (namedCurve: string) => pairOf(generateKeyPairSync('ec', { namedCurve }))
const rsa = (modulusLength: number, publicExponent = 65_537) =>
  pairOf(generateKeyPairSync('rsa', { modulusLength, publicExponent }))

function pairOf({ privateKey, publicKey }: { privateKey: KeyObject; publicKey: KeyObject }): Pair {
  return { privateKey, jwk: publicKey.export({ format: 'jwk' }) as Pair['jwk'] }
}

/** The claims of a good token, under another header and signature. */
function sealed(header: object, signature: (input: Buffer) => Buffer): string {
  const [, claims] = issuer.mint().split('.')
  const input = `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${claims}`
  return `${input}.${signature(Buffer.from(input)).toString('base64url')}`
}

describe('an unknown key', () => {
  test('is looked for once: a rotated key is found at its first token', async () => {
    const verifier = await readyVerifier()
    const { privateKey, jwk } = ec('P-256')
    issuer.keys.push({ ...jwk, kid: 'next', alg: 'ES256', use: 'sig' })
    clock.pass(6_000)
    issuer.latest().send()
    const header = { alg: 'ES256', typ: 'at+jwt', kid: 'next' }
    const claims = JSON.parse(
      Buffer.from(issuer.mint().split('.')[1] ?? '', 'base64url').toString(),
    )
    assert.ok(await verifier.verify(signEs256(privateKey, header, claims)))
    assert.equal(reads(), 2)
  })

  test('in a flood costs the issuer one answer in five seconds', async () => {
    const verifier = await readyVerifier()
    clock.pass(6_000)
    const flood = Array.from({ length: 500 }, (_, n) => issuer.mint({}, { kid: `invented ${n}` }))
    await Promise.all(flood.map((token) => assertRefused(verifier, token, 'unknown_key')))
    assert.equal(reads(), 2)
    for (const token of flood.slice(0, 20)) await assertRefused(verifier, token, 'unknown_key')
    assert.equal(reads(), 2)
    clock.pass(5_001)
    for (const token of flood.slice(0, 20)) await assertRefused(verifier, token, 'unknown_key')
    assert.equal(reads(), 3)
  })

  test('is no verdict while the keys cannot be read: 503, and known keys serve on', async () => {
    const verifier = await readyVerifier()
    const known = issuer.mint()
    issuer.answer(path, (_, response) => response.writeHead(500).end())
    clock.pass(6_000)
    issuer.latest().send()
    await assertRefused(verifier, issuer.mint({}, { kid: 'next' }), 'keys_unavailable')
    await assertRefused(verifier, issuer.mint({}, { kid: 'next' }), 'keys_unavailable')
    assert.ok(await verifier.verify(known))
    assert.equal(reads(), 2)
  })
})

describe('a set that is old', () => {
  test('is read again while it serves, when its max-age is over', async () => {
    issuer.answer(path, (_, response) => {
      response.setHeader('cache-control', 'public, max-age=120')
      response.end(JSON.stringify({ keys: issuer.keys }))
    })
    const verifier = await readyVerifier({ freshness: 'allow' })
    clock.pass(119_000)
    await verifier.verify(issuer.mint())
    assert.equal(reads(), 1)
    clock.pass(2_000)
    await Promise.all([1, 2, 3].map(() => verifier.verify(issuer.mint())))
    await eventually(() => reads() === 2)
  })

  test('serves for a day without the issuer, and no longer', async () => {
    const verifier = await readyVerifier({ freshness: 'allow' })
    issuer.answer(path, (_, response) => response.writeHead(503).end())
    clock.pass(23 * 3600_000)
    assert.ok(await verifier.verify(issuer.mint()))
    clock.pass(2 * 3600_000)
    await assertRefused(verifier, issuer.mint(), 'keys_unavailable')
  })

  test('that lost a key: what the key signed is refused at once, although it is known', async () => {
    const verifier = await readyVerifier()
    const text = issuer.mint()
    assert.ok(await verifier.verify(text))
    issuer.keys = []
    clock.pass(6_000)
    issuer.latest().send()
    await assertRefused(verifier, issuer.mint({}, { kid: 'another' }), 'unknown_key')
    await assertRefused(verifier, text, 'unknown_key')
  })
})

describe('keys that cannot be read at the start', () => {
  test('are 503 until they can, and are tried again without a request', async () => {
    const usual = JSON.stringify({ keys: issuer.keys })
    issuer.answer(path, (_, response) => response.writeHead(502).end())
    const verifier = openVerifier()
    await assertRefused(verifier, issuer.mint(), 'keys_unavailable')
    issuer.answer(path, (_, response) => void response.end(usual))
    await verifier.ready()
    assert.ok(await verifier.verify(issuer.mint()))
  })

  const wrong: [string, (response: import('node:http').ServerResponse) => void][] = [
    ['no JSON', (response) => response.end('<html>')],
    ['no list', (response) => response.end('{"keys":{}}')],
    ['too many keys', (response) => response.end(`{"keys":[${Array(65).fill('{}')}]}`)],
    ['an endless answer', (response) => void response.write(' '.repeat(300_000))],
    ['a redirect', (response) => response.writeHead(302, { location: '/keys' }).end()],
    ['half an answer', (response) => void response.write('{"keys":', () => response.destroy())],
  ]
  for (const [what, handler] of wrong) {
    test(`${what} is no key set`, async () => {
      issuer.answer(path, (_, response) => handler(response))
      const verifier = openVerifier()
      await eventually(() => events.some(({ kind }) => kind === 'keys_unavailable'))
      await assertRefused(verifier, issuer.mint(), 'keys_unavailable')
      assert.equal(issuer.timesAsked('/keys'), 0)
    })
  }
})

describe('a key that is refused', () => {
  const algorithms = ['ES256', 'RS256', 'EdDSA'] as const

  async function assertNoKey(jwk: object, token: string, pattern = /./): Promise<void> {
    issuer.keys = [jwk]
    events.length = 0
    const verifier = await readyVerifier({ algorithms })
    await assertRefused(verifier, token, 'unknown_key')
    const told = events.flatMap((event) => (event.kind === 'key_refused' ? [event.detail] : []))
    assert.match(told.join() || 'passed over', pattern)
  }

  test('is a weak RSA key, and one with a tiny exponent', async () => {
    for (const { privateKey, jwk } of [rsa(1024), rsa(2048, 3)]) {
      const token = sealed({ alg: 'RS256', typ: 'at+jwt', kid: 'k' }, (input) =>
        sign('sha256', input, privateKey),
      )
      await assertNoKey({ ...jwk, kid: 'k', alg: 'RS256', use: 'sig' }, token, /too weak/)
    }
  })

  test('is one on another curve, under the name of ours as well', async () => {
    const { privateKey, jwk } = ec('secp384r1')
    const token = sealed({ alg: 'ES256', typ: 'at+jwt', kid: 'k' }, (input) =>
      sign('sha256', input, { key: privateKey, dsaEncoding: 'ieee-p1363' }),
    )
    await assertNoKey({ ...jwk, kid: 'k', alg: 'ES256' }, token, /not of the type/)
    await assertNoKey({ ...jwk, crv: 'P-256', kid: 'k', alg: 'ES256' }, token, /cannot be read/)
  })

  test('is one that is published with its private part, or as a secret', async () => {
    const { privateKey } = ec('P-256')
    const jwk = privateKey.export({ format: 'jwk' })
    const token = sealed({ alg: 'ES256', typ: 'at+jwt', kid: 'k' }, (input) =>
      sign('sha256', input, { key: privateKey, dsaEncoding: 'ieee-p1363' }),
    )
    await assertNoKey({ ...jwk, kid: 'k', alg: 'ES256' }, token, /private part/)
    await assertNoKey({ kty: 'oct', k: 'AAAA', kid: 'k', alg: 'HS256' }, token, /passed over/)
    await assertNoKey({ kty: 'oct', k: 'AAAA', kid: 'k', alg: 'ES256' }, token, /private part/)
  })

  test('is one for encryption, for another operation, without an id, or twice', async () => {
    const [key] = issuer.keys as [Pair['jwk']]
    const token = issuer.mint()
    await assertNoKey({ ...key, use: 'enc' }, token, /passed over/)
    await assertNoKey({ ...key, key_ops: ['sign'] }, token, /passed over/)
    await assertNoKey({ ...key, kid: undefined }, token, /without an id/)
    await assertNoKey({ ...key, kid: 7 }, token, /without an id/)
    issuer.keys = [key, null, 7, { ...ec('P-256').jwk, kid: key.kid, alg: 'ES256' }]
    const verifier = await readyVerifier({ algorithms })
    await assertRefused(verifier, token, 'unknown_key')
  })

  test('does not take the good ones with it; each algorithm passes where it is pinned', async () => {
    const [es256] = issuer.keys
    const [rs, ed] = [rsa(2048), pairOf(generateKeyPairSync('ed25519'))]
    issuer.keys = [
      es256,
      { ...rsa(1024).jwk, kid: 'weak', alg: 'RS256' },
      { ...rs.jwk, kid: 'rs', alg: 'RS256' },
      { ...ed.jwk, kid: 'ed', alg: 'EdDSA' },
    ]
    const tokens = [
      issuer.mint(),
      sealed({ alg: 'RS256', typ: 'at+jwt', kid: 'rs' }, (input) =>
        sign('sha256', input, rs.privateKey),
      ),
      sealed({ alg: 'EdDSA', typ: 'application/at+jwt', kid: 'ed' }, (input) =>
        sign(null, input, ed.privateKey),
      ),
    ]
    const all = await readyVerifier({ algorithms })
    for (const token of tokens) assert.ok(await all.verify(token))
    const pinned = await readyVerifier()
    assert.ok(await pinned.verify(tokens[0] as string))
    for (const token of tokens.slice(1)) await assertRefused(pinned, token, 'wrong_algorithm')
    assert.equal(pinned.status().keys.keys, 1)
  })
})
