/**
 * Client assertions: JWTs that a client signs to prove who it is, read and not yet believed.
 *
 * 1. At most 8,192 characters, three parts, each the one base64url text of its bytes; JSON objects.
 * 2. `typ` is missing, `JWT` or `client-authentication+jwt`: a token of another kind is no assertion. Nothing is critical.
 * 3. `iss` and `sub` are the same client. `aud` is our issuer and nothing else, as one string: an assertion that was made for
 *    somebody else, or for several, proves nothing here. The address of an endpoint is not accepted, because a client learns
 *    it from whoever it believes to be its server.
 * 4. `jti` and `exp` are there. The times are judged with the database's clock, where the assertion is used.
 *
 * The algorithm is one of those of the key: a key of a client is for signatures of its own kind alone.
 *
 * Specs: RFC 7521 §5.2, RFC 7523 §3, OpenID Connect Core 1.0 §9, RFC 8725 §3.1 and §3.11, FAPI 2.0 Security Profile §5.3.2.1.
 */

import { constants, type KeyObject, verify } from 'node:crypto'
import { readCompactJws } from '../crypto/compact-jws.ts'
import { verifyJws } from '../crypto/jws.ts'

/** What signs assertions. */
export type AssertionAlgorithm = 'ES256' | 'RS256' | 'PS256' | 'EdDSA'

/** For the metadata of the server (RFC 8414 §2). */
export const assertionAlgorithms: readonly AssertionAlgorithm[] = [
  'ES256',
  'EdDSA',
  'PS256',
  'RS256',
]

/** One that is well formed and says that it is for us. Its signature and its times are not checked. */
export interface ClientAssertion {
  clientId: string
  algorithm: AssertionAlgorithm
  /** Which key of the client it says has signed it. */
  kid: string | undefined
  jti: string
  /** Seconds since 1970. */
  exp: number
  /** The later of `iat` and `nbf`: before it, it is not good. */
  notBefore: number | undefined
  input: Buffer
  signature: Buffer
}

/** A public key of a client. */
export interface ClientKey {
  kid: string | undefined
  algorithms: readonly AssertionAlgorithm[]
  key: KeyObject
}

const lengthMax = 8192
const jtiLengthMax = 256
const types: ReadonlySet<unknown> = new Set([undefined, 'jwt', 'client-authentication+jwt'])

/** The assertion, or what is wrong with it, for the log. */
export function readClientAssertion(
  text: string,
  issuer: string,
): ClientAssertion | { wrong: string } {
  const jws = readCompactJws(text, { subject: 'the assertion', lengthMax })
  if ('wrong' in jws) return jws
  const { header, claims, input, signature } = jws
  const { alg, typ, kid } = header
  if (!types.has(typeof typ === 'string' ? typ.toLowerCase().replace('application/', '') : typ))
    return { wrong: 'the assertion is another type of token' }
  const algorithm = algorithmNamed(alg)
  if (algorithm === undefined) return { wrong: 'the algorithm of the assertion is none of ours' }
  if (kid !== undefined && typeof kid !== 'string')
    return { wrong: 'the assertion names its key by no text' }
  const read = readClaims(claims, issuer)
  if ('wrong' in read) return read
  return { ...read, algorithm, kid, input, signature }
}

/** Other names of the same algorithm (RFC 9864 §2.2). */
const aliases: Readonly<Partial<Record<AssertionAlgorithm, string>>> = { EdDSA: 'Ed25519' }

/** The algorithm that a header names, where it is one of these; `none` and those of shared secrets never are. */
export function algorithmNamed(alg: unknown): AssertionAlgorithm | undefined {
  return assertionAlgorithms.find((each) => each === alg || aliases[each] === alg)
}

function readClaims(
  claims: Record<string, unknown>,
  issuer: string,
): Pick<ClientAssertion, 'clientId' | 'jti' | 'exp' | 'notBefore'> | { wrong: string } {
  const { iss, sub, aud, jti, exp, iat, nbf } = claims
  if (typeof sub !== 'string' || iss !== sub)
    return { wrong: 'issuer and subject of the assertion are not one client' }
  if (aud !== issuer) return { wrong: 'the assertion is not for this issuer alone' }
  if (typeof jti !== 'string' || jti === '' || jti.length > jtiLengthMax)
    return { wrong: 'the assertion has no identifier of 1 to 256 characters' }
  if (!isTime(exp)) return { wrong: 'the assertion does not expire' }
  if ((iat !== undefined && !isTime(iat)) || (nbf !== undefined && !isTime(nbf)))
    return { wrong: 'a time of the assertion is no number' }
  const starts = [iat, nbf].filter((time) => time !== undefined)
  const notBefore = starts.length === 0 ? undefined : Math.max(...starts)
  return { clientId: sub, jti, exp, notBefore }
}

/** Seconds since 1970 that a timestamp of Postgres can hold. */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < 100_000_000_000
}

type Signed = Pick<ClientAssertion, 'algorithm' | 'kid' | 'input' | 'signature'>

/** Whether one of the keys has signed it. A key that is not of the algorithm, or has another `kid`, is not tried. */
export function isSignedBy(assertion: Signed, keys: readonly ClientKey[]): boolean {
  return keysFor(assertion, keys).some(({ key }) => isSignature(assertion, key))
}

/** The keys that may have signed it. */
export function keysFor(
  { algorithm, kid }: Pick<ClientAssertion, 'algorithm' | 'kid'>,
  keys: readonly ClientKey[],
): ClientKey[] {
  return keys.filter(
    (each) => each.algorithms.includes(algorithm) && (kid === undefined || each.kid === kid),
  )
}

function isSignature({ algorithm, input, signature }: Signed, key: KeyObject): boolean {
  if (algorithm !== 'PS256') return verifyJws(algorithm, key, { input, signature })
  // RFC 7518 §3.5: the salt is as long as the hash.
  const { RSA_PKCS1_PSS_PADDING: padding } = constants
  return verify('sha256', input, { key, padding, saltLength: 32 }, signature)
}
