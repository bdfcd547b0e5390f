/**
 * Whether a text is an access token that the issuer signed for this service. In the order of RFC 9068 §4, except that no
 * claim is read before the signature is right:
 *
 * 1. three parts of strict encoding, a header that we know (see compact-token.ts);
 * 2. the type is that of an access token, so no ID token or logout token passes for one;
 * 3. the algorithm is one that the caller pinned, and the one of the key that the header names;
 * 4. the signature is right;
 * 5. every claim is there and has its type;
 * 6. the issuer is the one, letter by letter; the audience holds this service;
 * 7. it is a bearer token: one that is bound to a key needs a proof, and nothing here checks it.
 *
 * Times are not checked here: `checkTimes` does, at every use. Nor is revocation.
 *
 * Errors: the reasons of status 401; `keys_unavailable`.
 * Specs: RFC 9068 §4, RFC 8725 §3.1, §3.3, §3.8, §3.9, §3.11 and §3.12, RFC 7519 §7.2, RFC 7800 §3.1 (`cnf`).
 */

import { type AccessTokenClaims, parseClaims } from './claims.ts'
import { parseCompactToken, parseJsonObject } from './compact-token.ts'
import { refused } from './refusal.ts'
import { type Algorithm, type VerificationKey, verifySignature } from './signature.ts'

export interface Expected {
  issuer: string
  /** This service, under any of its names. */
  audiences: readonly string[]
  algorithms: readonly Algorithm[]
  /** The key of this id; undefined where the issuer has none. Rejects where the keys cannot be read. */
  findKey(kid: string): Promise<VerificationKey | undefined>
}

const types = ['at+jwt', 'application/at+jwt']
/** How far the clock of the issuer may be ahead of ours. */
const clockSkewSeconds = 60

/** The claims of a token that the issuer signed for this service. */
export async function verifyAccessToken(
  text: string,
  expected: Expected,
): Promise<AccessTokenClaims> {
  const token = parseCompactToken(text)
  if (!types.includes(token.type)) throw refused('wrong_type')
  const algorithm = expected.algorithms.find((pinned) => pinned === token.algorithm)
  if (algorithm === undefined) throw refused('wrong_algorithm')
  const key = await expected.findKey(token.kid)
  if (key === undefined) throw refused('unknown_key')
  if (key.algorithm !== algorithm) throw refused('wrong_algorithm')
  if (!verifySignature(key, token.input, token.signature)) throw refused('wrong_signature')

  const claims = parseClaims(parseJsonObject(token.claims))
  if (claims.iss !== expected.issuer) throw refused('other_issuer')
  const audiences = typeof claims.aud === 'string' ? [claims.aud] : claims.aud
  if (!audiences.some((name) => expected.audiences.includes(name))) throw refused('other_audience')
  if (Object.hasOwn(claims, 'cnf')) throw refused('sender_constrained')
  return claims
}

/** Refuses a token outside its time (RFC 7519 §4.1.4 to §4.1.6). No leeway is given at its end. */
export function checkTimes(claims: AccessTokenClaims, nowMs: number): void {
  if (claims.exp * 1000 <= nowMs) throw refused('expired')
  const latestStart = nowMs / 1000 + clockSkewSeconds
  if (claims.iat > latestStart) throw refused('not_yet_valid')
  if (claims.nbf !== undefined && claims.nbf > latestStart) throw refused('not_yet_valid')
}
