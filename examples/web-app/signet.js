/** What the app knows of Signet: read once, from the address of the issuer. */

import { createRemoteJWKSet, jwtVerify } from 'jose'
import * as oidc from 'openid-client'

const { SIGNET_ISSUER, SIGNET_CLIENT_ID, SIGNET_CLIENT_SECRET } = process.env

const issuer = new URL(SIGNET_ISSUER)
// Plain http is for development on this machine alone.
const options = issuer.protocol === 'http:' ? { execute: [oidc.allowInsecureRequests] } : {}

export const signet = await oidc.discovery(
  issuer,
  SIGNET_CLIENT_ID,
  SIGNET_CLIENT_SECRET,
  undefined,
  options,
)

const keys = createRemoteJWKSet(new URL(signet.serverMetadata().jwks_uri))

/** The session that has ended, as a logout token says it (OpenID Connect Back-Channel Logout 1.0 §2.6). */
export async function endedSession(logoutToken) {
  const { payload } = await jwtVerify(logoutToken, keys, {
    issuer: signet.serverMetadata().issuer,
    audience: SIGNET_CLIENT_ID,
    typ: 'logout+jwt',
    requiredClaims: ['sid', 'iat', 'jti', 'events'],
  })
  const event = payload.events['http://schemas.openid.net/event/backchannel-logout']
  if (event === undefined || payload.nonce !== undefined) throw new Error('no logout token')
  return payload.sid
}
