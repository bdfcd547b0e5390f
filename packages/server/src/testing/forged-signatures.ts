/** Tokens that are forged in who signed them, and how. */

import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { encode, type Families } from './forge.ts'

const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const strangerRsa = generateKeyPairSync('rsa', { modulusLength: 2048 })

function publicPem(key: KeyObject): string {
  return key.export({ format: 'pem', type: 'spki' }).toString()
}

const hmac = (key: string | Buffer) => (input: Buffer) =>
  createHmac('sha256', key).update(input).digest()
const p1363 = (hash: string, key: KeyObject) => (input: Buffer) =>
  sign(hash, input, { key, dsaEncoding: 'ieee-p1363' })

export const forgedSignatures: Families = {
  // Algorithm.
  'no signature, alg none': ({ parts, goodClaims, goodHeader }) => {
    const names = ['none', 'None', 'NONE', 'nOnE', ' none', 'none ', 'none\u0000', '', 'null']
    return names.flatMap((alg) => {
      const input = `${encode({ ...goodHeader(), alg })}.${encode(goodClaims())}`
      return [`${input}.`, input, `${input}.${parts()[2]}`]
    })
  },
  'alg none without a key id': ({ goodClaims }) => [
    `${encode({ alg: 'none' })}.${encode(goodClaims())}.`,
  ],
  'HMAC with the public key as the secret': ({ es256, rs256, signedBy }) =>
    [es256, rs256].flatMap(({ publicKey, kid }) =>
      [
        publicPem(publicKey),
        publicPem(publicKey).trim(),
        publicKey.export({ format: 'der', type: 'spki' }),
        JSON.stringify(publicKey.export({ format: 'jwk' })),
      ].map((secret) => signedBy({ alg: 'HS256', kid }, hmac(secret))),
    ),
  'HMAC with the empty key': ({ signedBy }) => [signedBy({ alg: 'HS256' }, hmac(''))],
  'HMAC under the right algorithm name': ({ es256, signedBy }) => [
    signedBy({}, hmac(publicPem(es256.publicKey))),
  ],
  'another spelling of the algorithm': ({ withHeader }) =>
    ['es256', 'Es256', 'ES256 ', ' ES256', 'ES256\u0000', 'ES-256'].map((alg) =>
      withHeader({ alg }),
    ),
  'another algorithm name over a good ES256 signature': ({ withHeader }) =>
    ['ES384', 'ES512', 'ES256K', 'RS256', 'PS256', 'EdDSA', 'HS256', 'dir'].map((alg) =>
      withHeader({ alg }),
    ),
  'the RS256 key under the name of the ES256 key': ({ rs256, signedBy }) => [
    signedBy({ alg: 'RS256' }, (input) => sign('sha256', input, rs256.privateKey)),
    signedBy({}, (input) => sign('sha256', input, rs256.privateKey)),
  ],
  'the ES256 key under the name of the RS256 key': ({ es256, rs256, signedBy }) => [
    signedBy({ alg: 'ES256', kid: rs256.kid }, p1363('sha256', es256.privateKey)),
    signedBy({ alg: 'RS256', kid: rs256.kid }, p1363('sha256', es256.privateKey)),
  ],
  'RSA-PSS by our RSA key': ({ rs256, signedBy }) => [
    signedBy({ alg: 'PS256', kid: rs256.kid }, (input) =>
      sign('sha256', input, { key: rs256.privateKey, padding: 6, saltLength: 32 }),
    ),
    signedBy({ alg: 'RS256', kid: rs256.kid }, (input) =>
      sign('sha256', input, { key: rs256.privateKey, padding: 6, saltLength: 32 }),
    ),
  ],
  'RS256 over SHA-1 and SHA-512': ({ rs256, signedBy }) =>
    ['sha1', 'sha512'].map((hash) =>
      signedBy({ alg: 'RS256', kid: rs256.kid }, (input) => sign(hash, input, rs256.privateKey)),
    ),
  'ES256 over SHA-1, SHA-384 and SHA-512': ({ es256, signedBy }) =>
    ['sha1', 'sha384', 'sha512'].map((hash) => signedBy({}, p1363(hash, es256.privateKey))),
  'a signature in DER': ({ es256, signedBy }) => [
    signedBy({}, (input) => sign('sha256', input, es256.privateKey)),
  ],
  'an algorithm that is no string': ({ withHeader }) =>
    [null, 7, true, ['ES256'], { name: 'ES256' }].map((alg) => withHeader({ alg })),

  // Key.
  "a stranger's key under our key id": ({ signedBy }) => [
    signedBy({}, p1363('sha256', stranger.privateKey)),
  ],
  "a stranger's RSA key under our key id": ({ rs256, signedBy }) => [
    signedBy({ alg: 'RS256', kid: rs256.kid }, (input) =>
      sign('sha256', input, strangerRsa.privateKey),
    ),
  ],
  'a key id that nobody has': ({ es256, withHeader }) => [
    withHeader({ kid: 'nobody' }),
    withHeader({ kid: '' }),
    withHeader({ kid: es256.kid.toLowerCase() }),
    withHeader({ kid: `${es256.kid} ` }),
    withHeader({ kid: `${es256.kid}\u0000` }),
    withHeader({ kid: es256.kid.slice(0, -1) }),
  ],
  'a key id that is a path': ({ withHeader }) =>
    ['../../../../dev/null', '/etc/passwd', 'file:///etc/passwd', '.\\..\\x'].map((kid) =>
      withHeader({ kid }),
    ),
  'a key id that is a statement': ({ withHeader }) =>
    ["' or '1'='1", "'; drop table signing_keys; --", '%', '$1', '*'].map((kid) =>
      withHeader({ kid }),
    ),
  'a key id that is an address': ({ withHeader }) => [
    withHeader({ kid: 'http://127.0.0.1:9/keys' }),
  ],
  'a key id that every object has': ({ withHeader }) =>
    ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'size'].map((kid) =>
      withHeader({ kid }),
    ),
  'a key id that is no string': ({ es256, withHeader }) =>
    [null, 0, true, [es256.kid], { toString: es256.kid }, []].map((kid) => withHeader({ kid })),
  'no key id': ({ signedByUs, goodClaims }) => [
    signedByUs({ alg: 'ES256', typ: 'at+jwt' }, goodClaims()),
  ],
  "a stranger's key in the header": ({ signedBy }) => {
    const jwk = stranger.publicKey.export({ format: 'jwk' })
    const signature = p1363('sha256', stranger.privateKey)
    return [signedBy({ jwk }, signature), signedBy({ jwk, kid: undefined }, signature)]
  },
  'our own key in the header': ({ es256, withHeader }) => [
    withHeader({ jwk: es256.publicKey.export({ format: 'jwk' }) }),
  ],
  'an address of keys in the header': ({ issuer, withHeader }) => [
    withHeader({ jku: 'http://127.0.0.1:9/keys' }),
    withHeader({ jku: `${issuer}/.well-known/jwks.json` }),
  ],
  'a certificate in the header': ({ withHeader }) => [
    withHeader({ x5c: ['MIIB'] }),
    withHeader({ x5u: 'http://127.0.0.1:9/cert' }),
    withHeader({ x5t: 'AAAA' }),
    withHeader({ 'x5t#S256': 'AAAA' }),
  ],
}
