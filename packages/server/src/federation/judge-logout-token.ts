/**
 * A logout token of a provider, judged in the order of OpenID Connect Back-Channel Logout 1.0 §2.6.
 *
 * 1. Signature, `iss`, `aud`, `iat` and `exp`, as of an ID token.
 * 2. `sub`, `sid`, or both.
 * 3. `events` with the event of back-channel logout, whose value is an object.
 * 4. No `nonce`, so that no ID token passes for one.
 * 5. `jti`, whose single use is the caller's.
 *
 * Errors: UpstreamRefused.
 */

import type { Json } from '../db/query.ts'
import type { IdentityProvider } from './identity-provider.ts'
import { judgeToken } from './judge-token.ts'
import type { JsonObject } from './profiles/profile.ts'
import { reachProvider } from './reach-provider.ts'
import { type UpstreamLogout, type UpstreamParts, UpstreamRefused } from './upstream.ts'

const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout'
const lengthMax = 255

export async function judgeLogoutToken(
  parts: UpstreamParts,
  provider: IdentityProvider,
  token: string,
): Promise<UpstreamLogout> {
  const { profile, server } = await reachProvider(parts, provider)
  if (!('jwks_uri' in server) || profile.protocol !== 'openid')
    throw new UpstreamRefused('answer', 'a provider of this kind sends no logout tokens')
  const { issuer, jwks_uri: jwksUri } = server
  const claims = await judgeToken(token, {
    subject: 'the logout token',
    types: ['jwt', 'logout+jwt'],
    keys: parts.documents.keys,
    jwksUri,
    issuerOf: (said) =>
      profile.issuerOf ? profile.issuerOf(issuer, said, provider.settings) : issuer,
    clientId: provider.clientId,
    now: parts.now(),
  })
  const { sub, sid, events, nonce, jti } = claims
  if (sub === undefined && sid === undefined)
    throw new UpstreamRefused('answer', 'the logout token says neither whom nor which session')
  const wrong = [sub, sid].some((each) => each !== undefined && !isName(each))
  if (wrong) throw new UpstreamRefused('answer', 'the logout token names nobody by a text')
  if (!isObject(events) || !isObject(events[logoutEvent]))
    throw new UpstreamRefused('answer', 'the logout token is about another event')
  if (nonce !== undefined) throw new UpstreamRefused('answer', 'the logout token has a nonce')
  if (!isName(jti)) throw new UpstreamRefused('answer', 'the logout token has no identifier')
  return {
    issuer: claims.iss,
    ...(isName(sub) && { subject: sub }),
    ...(isName(sid) && { sid }),
    jti,
    // A little longer than it is taken, so that it is not forgotten before.
    expiresAt: new Date((claims.exp + 60) * 1000),
  }
}

function isName(value: Json | undefined): value is string {
  return typeof value === 'string' && value !== '' && value.length <= lengthMax
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
