/**
 * JWTs that Signet writes and reads back: compact serialisation, signed by one of its own keys.
 *
 * Reading is stricter than the specifications ask, because nobody but Signet writes these tokens:
 * 1. at most 8,192 characters, three parts, each the one base64url text of its bytes;
 * 2. the header is the JSON object that `signJwt` writes: `alg`, `typ` and `kid`, nothing else, so that `crit`,
 *    `jwk`, `jku`, `x5c`, `b64` and `zip` have no meaning to find;
 * 3. `typ` is the expected one, `kid` names a key of ours, and `alg` is the one algorithm of that key;
 * 4. the signature is right;
 * 5. only then the claims are parsed: UTF-8, one JSON object, written as we write it, so that no member comes twice.
 *
 * Errors: UNAUTHENTICATED.
 * Specs: RFC 7515 §5.2, RFC 7519 §7.2, RFC 8725 §3.1 to §3.3, §3.7, §3.10 and §3.11.
 */

import { decodeBase64url } from '../crypto/base64url.ts'
import { signJws, verifyJws } from '../crypto/jws.ts'
import { refused } from './refused.ts'
import type { SigningKey, SigningKeys } from './signing-keys.ts'

type JsonObject = Record<string, unknown>

const tokenLengthMax = 8192
const headerMembers = ['alg', 'typ', 'kid']

/** The claims as a JWT of this type, signed with the key's one algorithm. */
export function signJwt(key: SigningKey, typ: string, claims: object): string {
  const input = `${headerOf(key, typ)}.${encode(claims)}`
  const signature = signJws(key.algorithm, key.privateKey, Buffer.from(input))
  return `${input}.${signature.toString('base64url')}`
}

/** The claims of a JWT of this type that one of our keys signed. Neither times nor parties are checked. */
export function readJwt(keys: SigningKeys, token: string, typ: string): JsonObject {
  if (token.length > tokenLengthMax) throw refused('longer than any token of ours')
  const parts = token.split('.')
  const [headerBytes, claimsBytes, signature] = parts.map(decodeBase64url)
  if (parts.length !== 3 || !headerBytes || !claimsBytes || !signature) {
    throw refused('not three parts of strict base64url')
  }
  const header = parseObject(headerBytes)
  if (header === undefined || Object.keys(header).some((name) => !headerMembers.includes(name))) {
    throw refused('not a header of ours')
  }
  if (header.typ !== typ) throw refused('another type of token')
  const key = typeof header.kid === 'string' ? keys.find(header.kid) : undefined
  if (key === undefined) throw refused('no such key')
  if (header.alg !== key.algorithm) throw refused('not the algorithm of this key')
  const input = Buffer.from(token.slice(0, token.lastIndexOf('.')))
  if (!verifyJws(key.algorithm, key.publicKey, { input, signature })) {
    throw refused('wrong signature')
  }
  const claims = parseObject(claimsBytes)
  if (claims === undefined) throw refused('claims are not one JSON object as we write it')
  return claims
}

/** Headers by key and type: one for thousands of tokens. */
const headers = new WeakMap<SigningKey, Map<string, string>>()

function headerOf(key: SigningKey, typ: string): string {
  const ofKey = headers.get(key) ?? new Map<string, string>()
  headers.set(key, ofKey)
  const header = ofKey.get(typ) ?? encode({ alg: key.algorithm, typ, kid: key.kid })
  ofKey.set(typ, header)
  return header
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

/** The JSON object, or undefined where the bytes are not exactly what JSON.stringify makes of it. */
function parseObject(bytes: Buffer): JsonObject | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject && JSON.stringify(value) === text ? (value as JsonObject) : undefined
  } catch {
    return undefined
  }
}
