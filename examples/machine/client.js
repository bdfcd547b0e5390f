/** Calls an API with a token of its own, once. */

import { readFile } from 'node:fs/promises'
import * as oidc from 'openid-client'

const { SIGNET_ISSUER, SIGNET_CLIENT_ID, SIGNET_CLIENT_SECRET, SIGNET_CLIENT_KEY, API, AUDIENCE } =
  process.env

const issuer = new URL(SIGNET_ISSUER)
// Plain http is for development on this machine alone.
const options = issuer.protocol === 'http:' ? { execute: [oidc.allowInsecureRequests] } : {}
const proof = SIGNET_CLIENT_KEY ? await privateKey(SIGNET_CLIENT_KEY) : undefined
const signet = await oidc.discovery(issuer, SIGNET_CLIENT_ID, SIGNET_CLIENT_SECRET, proof, options)

const { access_token } = await oidc.clientCredentialsGrant(signet, { resource: AUDIENCE })
const answer = await fetch(API, { headers: { authorization: `Bearer ${access_token}` } })
console.log(answer.status, await answer.text())
process.exitCode = answer.ok ? 0 : 1

/** An EC key on P-256. */
async function privateKey(file) {
  const { kid, ...jwk } = JSON.parse(await readFile(file, 'utf8'))
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const key = await crypto.subtle.importKey('jwk', jwk, algorithm, false, ['sign'])
  return oidc.PrivateKeyJwt({ key, kid })
}
