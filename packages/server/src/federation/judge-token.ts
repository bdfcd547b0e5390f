/**
 * A token that a provider has signed, judged in the order of OpenID Connect Core 1.0 §3.1.3.7; nothing in it is believed before the
 * signature is right.
 *
 * 1. A JWS in compact form, of at most 32,768 characters, of an expected type.
 * 2. An algorithm of ours: RS256, PS256, ES256 or EdDSA. `none` and the algorithms of shared secrets are none of them, and a key is used
 *    for its own kind alone.
 * 3. Signed by a key that the provider publishes, and where the key set says for which issuer, for that one. For one that is not known
 *    the key set is read anew.
 * 4. `iss` is exactly the expected issuer, `aud` Signet and nobody else, `azp` Signet where it is there.
 * 5. `exp` is ahead, `iat` and `nbf` are not, but for 30 seconds of a clock that goes wrong.
 *
 * Errors: UpstreamRefused, `answer`; `unreachable` where the keys cannot be had.
 * Specs: OpenID Connect Core 1.0 §3.1.3.7, RFC 8725 §3.1, §3.8, §3.9 and §3.11.
 */

import { algorithmNamed, isSignedBy, keysFor } from '../clients/client-assertion.ts'
import { type CompactJws, readCompactJws } from '../crypto/compact-jws.ts'
import type { KeptDocuments } from '../outbound/kept-documents.ts'
import type { JsonObject } from './profiles/profile.ts'
import type { ProviderKey } from './provider-documents.ts'
import { unreadable } from './reach-provider.ts'
import { UpstreamRefused } from './upstream.ts'

export interface Expectations {
  /** What the token is, for the log, such as "the ID token". */
  subject: string
  /** Its `typ`, in lower case; one that it does not say is fine, too. */
  types: readonly string[]
  keys: KeptDocuments<ProviderKey[]>
  jwksUri: string
  /** The issuer that a token with these claims must have. */
  issuerOf: (claims: JsonObject) => string | undefined
  clientId: string
  now: Date
}

export interface JudgedClaims extends JsonObject {
  iss: string
  exp: number
  iat: number
}

const lengthMax = 32_768
const leewaySeconds = 30

export async function judgeToken(token: string, expected: Expectations): Promise<JudgedClaims> {
  const { subject, types } = expected
  const jws = readCompactJws(token, { subject, lengthMax })
  if ('wrong' in jws) throw new UpstreamRefused('answer', jws.wrong)
  const typ = jws.header.typ === undefined ? undefined : String(jws.header.typ).toLowerCase()
  if (typ !== undefined && !types.includes(typ.replace('application/', '')))
    throw new UpstreamRefused('answer', `${subject} is another type of token`)
  await judgeSignature(jws, expected)
  const claims = jws.claims as JsonObject
  judgeParties(claims, expected)
  judgeTimes(claims, expected)
  return claims as JudgedClaims
}

async function judgeSignature(
  { header, claims, input, signature }: CompactJws,
  { subject, keys, jwksUri }: Expectations,
): Promise<void> {
  const algorithm = algorithmNamed(header.alg)
  if (algorithm === undefined)
    throw new UpstreamRefused('answer', `the algorithm of ${subject} is none of those accepted`)
  const kid = typeof header.kid === 'string' ? header.kid : undefined
  const signed = { algorithm, kid, input, signature }
  const unread = (error: unknown) => {
    throw unreadable(error, 'its key set')
  }
  const fitting = (all: ProviderKey[]) =>
    keysFor(
      signed,
      all.filter(({ issuer }) => signsFor(issuer, claims)),
    )
  const known = fitting(await keys.get(jwksUri).catch(unread))
  const found = known.length > 0 ? known : fitting(await keys.getAnew(jwksUri).catch(unread))
  if (found.length === 0)
    throw new UpstreamRefused('answer', `${subject} names a key that the provider does not publish`)
  if (!isSignedBy(signed, found))
    throw new UpstreamRefused('answer', `the signature of ${subject} is not of the provider's key`)
}

/** Whether a key with this word on its issuer may sign such claims. What they say is judged later; here it only narrows. */
function signsFor(issuer: string | undefined, { iss, tid }: CompactJws['claims']): boolean {
  if (issuer === undefined) return true
  return iss === (typeof tid === 'string' ? issuer.replace('{tenantid}', tid) : issuer)
}

function judgeParties(claims: JsonObject, { subject, issuerOf, clientId }: Expectations): void {
  const { iss, aud, azp } = claims
  if (typeof iss !== 'string' || iss !== issuerOf(claims))
    throw new UpstreamRefused('answer', `${subject} is of another issuer or tenant`)
  const audiences = Array.isArray(aud) ? aud : [aud]
  if (audiences.length !== 1 || audiences[0] !== clientId)
    throw new UpstreamRefused('answer', `${subject} is not for this client alone`)
  if (azp !== undefined && azp !== clientId)
    throw new UpstreamRefused('answer', `${subject} was issued to another client`)
}

function judgeTimes(claims: JsonObject, { subject, now }: Expectations): void {
  const { exp, iat, nbf } = claims
  const seconds = now.getTime() / 1000
  if (!isTime(exp) || !isTime(iat) || (nbf !== undefined && !isTime(nbf)))
    throw new UpstreamRefused('answer', `${subject} says no time of issue or expiry`)
  if (exp <= seconds - leewaySeconds) throw new UpstreamRefused('answer', `${subject} has expired`)
  if (Math.max(iat, nbf ?? 0) > seconds + leewaySeconds)
    throw new UpstreamRefused('answer', `${subject} is of the future`)
}

/** Seconds since 1970 of this age. */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < 100_000_000_000
}
