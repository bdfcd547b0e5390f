/**
 * Says what a token is and everything that speaks against it, for an operator who wonders why it is refused.
 *
 * It looks at what `authenticateBearer` looks at, but does not stop at the first thing that is wrong. Nothing is
 * accepted because of what it says.
 *
 * Specs: RFC 7519 §4.1, RFC 9068 §4.
 */

import { decodeBase64url } from '../crypto/base64url.ts'
import { verifyJws } from '../crypto/jws.ts'
import type { Deps } from '../deps.ts'
import { accessTokenTyp, apiAudience, clockSkewSeconds, isFor } from './access-token.ts'
import { type AccessTokenClaims, parseAccessTokenClaims } from './access-token-claims.ts'
import { findTokenState } from './inspect-token.sql.ts'
import { listAllSigningKeys } from './signing-keys.sql.ts'

type JsonObject = Record<string, unknown>

export interface InspectedToken {
  /** What it is, as a few words. */
  what: string
  header: JsonObject | undefined
  claims: JsonObject | undefined
  /** What speaks against it, each as part of a sentence; empty where it is good. */
  findings: string[]
}

type InspectDeps = Pick<Deps, 'config' | 'db' | 'signingKeys'>

const opaqueKinds: readonly [prefix: string, what: string][] = [
  ['sr1_', 'a refresh token'],
  ['sk_', 'a client secret'],
  ['sd1_', 'a device secret'],
  ['sc1_', 'the secret of a session in a browser'],
  ['sa1_', 'an authorization code'],
  ['sl1_', 'the secret of a link in a mail'],
]

/** Looks at a token from every side. */
export async function inspectToken(
  deps: InspectDeps,
  token: string,
  now: Date,
): Promise<InspectedToken> {
  const opaque = opaqueKinds.find(([prefix]) => token.startsWith(prefix))
  if (opaque !== undefined) {
    const findings = [`${opaque[1]} is no access token; it says nothing by itself`]
    return { what: opaque[1], header: undefined, claims: undefined, findings }
  }
  const parts = token.split('.')
  const [header, claims] = parts.slice(0, 2).map(parseObject)
  if (parts.length !== 3 || header === undefined || claims === undefined) {
    const count = parts.length === 1 ? '1 part' : `${parts.length} parts`
    const findings = [`not three parts of base64url with JSON in the first two (${count})`]
    return { what: 'no token of Signet', header, claims, findings }
  }
  const findings = [
    ...(await signatureFindings(deps, token, header)),
    ...claimFindings(deps, claims, now),
    ...(await stateFindings(deps, claims)),
  ]
  const what = header.typ === accessTokenTyp ? 'an access token' : 'a JWT'
  return { what, header, claims, findings }
}

async function signatureFindings(
  { db, signingKeys }: InspectDeps,
  token: string,
  { typ, alg, kid }: JsonObject,
): Promise<string[]> {
  const wrongType =
    typ === accessTokenTyp ? [] : [`its type is ${shown(typ)} instead of "${accessTokenTyp}"`]
  const key = typeof kid === 'string' ? signingKeys.find(kid) : undefined
  if (key === undefined) {
    const former = (await listAllSigningKeys(db)).find(({ id }) => id === kid)
    const since = former?.retiredAt?.toISOString() ?? 'a moment ago'
    const why = former === undefined ? 'is none of ours' : `was retired ${since}`
    return [...wrongType, `its key ${shown(kid)} ${why}`]
  }
  if (alg !== key.algorithm) {
    return [...wrongType, `its algorithm is ${shown(alg)}, and its key is for ${key.algorithm}`]
  }
  const signature = decodeBase64url(token.slice(token.lastIndexOf('.') + 1))
  const input = Buffer.from(token.slice(0, token.lastIndexOf('.')))
  const isRight =
    signature !== undefined && verifyJws(key.algorithm, key.publicKey, { input, signature })
  return isRight ? wrongType : [...wrongType, 'its signature is wrong: it was changed, or made up']
}

function claimFindings({ config }: InspectDeps, claims: JsonObject, now: Date): string[] {
  const findings: string[] = []
  const { iss, aud, exp, iat } = claims
  if (iss !== config.issuer) findings.push(describeIssuer(iss, config.issuer))
  if (!isFor(claims, apiAudience(config.issuer))) {
    findings.push(`it is meant for ${shown(aud)}, not for Signet's own API alone`)
  }
  const nowSeconds = now.getTime() / 1000
  if (typeof exp !== 'number') findings.push('it has no expiry')
  else if (exp <= nowSeconds) findings.push(`expired ${duration(nowSeconds - exp)} ago`)
  if (typeof iat === 'number' && iat > nowSeconds + clockSkewSeconds) {
    findings.push(`issued ${duration(iat - nowSeconds)} in the future`)
  }
  return findings
}

function describeIssuer(iss: unknown, issuer: string): string {
  if (typeof iss !== 'string') return 'it has no issuer'
  const near: [same: (text: string) => string, by: string][] = [
    [(text) => text.replace(/\/+$/u, ''), 'a trailing slash'],
    [(text) => text.replace(/^https?:/u, ''), 'http and https'],
    [(text) => text.toLowerCase(), 'upper and lower case'],
    [(text) => text.replace(/:\d+$/u, ''), 'the port'],
  ]
  const by = near.find(([same]) => same(iss) === same(issuer))?.[1]
  return by === undefined
    ? `issuer is ${shown(iss)}, not ${issuer}`
    : `issuer differs by ${by} (${shown(iss)}, not ${issuer})`
}

/** What the database says of what it speaks of; nothing where it does not speak of anything of ours. */
async function stateFindings({ db }: InspectDeps, claims: JsonObject): Promise<string[]> {
  const parsed = parsedClaims(claims)
  if (parsed === undefined) return ['its claims are not those of an access token of Signet']
  if (parsed.gid === undefined) return ['a client got it for itself, which says nothing of a user']
  const { gid: grantId, sub: userId, client_id: clientId, jti } = parsed
  const state = await findTokenState(db, { grantId, userId, clientId, jti })
  if (!state.grantFound) return ['nothing is known of its grant, or it is of somebody else']
  const ended = (what: string, at: Date | null) =>
    at === null ? [] : [`its ${what} ended ${at.toISOString()}`]
  const expired = (what: string, at: Date | null) =>
    at === null || at > state.now ? [] : [`its ${what} expired ${at.toISOString()}`]
  const closed = (what: string, status: string | null) =>
    status === 'active' ? [] : [`its ${what} is ${status ?? 'gone'}`]
  return [
    ...(state.revoked ? ['it was revoked by itself'] : []),
    ...ended('grant', state.grantEndedAt),
    ...expired('grant', state.grantExpiresAt),
    ...ended('session', state.sessionEndedAt),
    ...expired('session', state.sessionExpiresAt),
    ...closed('user', state.userStatus),
    ...closed('client', state.clientStatus),
    ...(state.cut === true ? ['everything of its user or client was ended after it began'] : []),
  ]
}

function parsedClaims(claims: JsonObject): AccessTokenClaims | undefined {
  try {
    return parseAccessTokenClaims(claims)
  } catch {
    return undefined
  }
}

function parseObject(part: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as JsonObject) : undefined
  } catch {
    return undefined
  }
}

function shown(value: unknown): string {
  return value === undefined ? 'missing' : JSON.stringify(value).slice(0, 100)
}

/** Such as `4 min`. */
function duration(seconds: number): string {
  if (seconds < 120) return `${Math.ceil(seconds)} s`
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`
  return `${Math.floor(seconds / 86_400)} days`
}
