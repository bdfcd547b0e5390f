/** A web app behind Signet: it keeps a session of its own, and loses it when the person signs out anywhere. */

import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import * as oidc from 'openid-client'

const { SIGNET_ISSUER, SIGNET_CLIENT_ID, SIGNET_CLIENT_SECRET, PORT } = process.env

const issuer = new URL(SIGNET_ISSUER)
// Plain http is for development on this machine alone.
const options = issuer.protocol === 'http:' ? { execute: [oidc.allowInsecureRequests] } : {}
const signet = await oidc.discovery(
  issuer,
  SIGNET_CLIENT_ID,
  SIGNET_CLIENT_SECRET,
  undefined,
  options,
)
const keys = createRemoteJWKSet(new URL(signet.serverMetadata().jwks_uri))

/** By the value of the cookie. A real app keeps them where all its processes find them. */
const sessions = new Map()

const routes = {
  'GET /': ({ session }) => ({
    body:
      session?.claims === undefined ? 'Nobody is signed in.' : `Signed in: ${session.claims.sub}`,
  }),

  async 'GET /login'({ self }) {
    const checks = {
      pkceCodeVerifier: oidc.randomPKCECodeVerifier(),
      expectedState: oidc.randomState(),
      expectedNonce: oidc.randomNonce(),
    }
    const to = oidc.buildAuthorizationUrl(signet, {
      redirect_uri: `${self}/callback`,
      scope: 'openid profile email',
      state: checks.expectedState,
      nonce: checks.expectedNonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
      code_challenge_method: 'S256',
    })
    return { to: to.href, start: { checks } }
  },

  async 'GET /callback'({ url, session }) {
    if (session?.checks === undefined) return { status: 400, body: 'Sign in again.' }
    const tokens = await oidc.authorizationCodeGrant(signet, url, session.checks)
    // Another cookie than before the sign-in, so that nobody signs in with one that was given to them.
    return { to: '/', start: { tokens, claims: tokens.claims() } }
  },

  async 'GET /me'({ session }) {
    if (session?.tokens === undefined) return { status: 401, body: 'Sign in first.' }
    const { access_token } = session.tokens
    return {
      body: JSON.stringify(await oidc.fetchUserInfo(signet, access_token, session.claims.sub)),
    }
  },

  async 'GET /refresh'({ session }) {
    if (session?.tokens === undefined) return { status: 401, body: 'Sign in first.' }
    const refreshed = await oidc.refreshTokenGrant(signet, session.tokens.refresh_token)
    session.tokens = { ...session.tokens, ...refreshed }
    return { body: 'Refreshed.' }
  },

  'GET /logout'({ session, self }) {
    if (session?.tokens === undefined) return { to: '/' }
    const to = oidc.buildEndSessionUrl(signet, {
      id_token_hint: session.tokens.id_token,
      post_logout_redirect_uri: `${self}/`,
    })
    return { to: to.href, end: true }
  },

  /** OpenID Connect Back-Channel Logout 1.0 §2.6. */
  async 'POST /backchannel-logout'({ form }) {
    const { payload } = await jwtVerify(form.get('logout_token') ?? '', keys, {
      issuer: signet.serverMetadata().issuer,
      audience: SIGNET_CLIENT_ID,
      typ: 'logout+jwt',
      requiredClaims: ['sid', 'iat', 'jti', 'events'],
    })
    const event = payload.events['http://schemas.openid.net/event/backchannel-logout']
    if (event === undefined || payload.nonce !== undefined) return { status: 400, body: '' }
    for (const [id, { claims }] of sessions) if (claims?.sid === payload.sid) sessions.delete(id)
    return { body: '' }
  },
}

const server = createServer(async (request, response) => {
  const self = `http://${request.headers.host}`
  const url = new URL(request.url, self)
  const id = /(?:^|; )app=([^;]+)/.exec(request.headers.cookie ?? '')?.[1]
  let body = ''
  for await (const chunk of request) body += chunk
  const visit = { url, self, session: sessions.get(id), form: new URLSearchParams(body) }
  const route = routes[`${request.method} ${url.pathname}`] ?? (() => ({ status: 404, body: '' }))
  try {
    const answer = await route(visit)
    if (answer.end || answer.start) sessions.delete(id)
    if (answer.start) {
      const next = randomUUID()
      sessions.set(next, answer.start)
      response.setHeader('set-cookie', `app=${next}; Path=/; HttpOnly; SameSite=Lax`)
    }
    response.setHeader('cache-control', 'no-store')
    if (answer.to) response.writeHead(303, { location: answer.to }).end()
    else response.writeHead(answer.status ?? 200, { 'content-type': 'text/plain' }).end(answer.body)
  } catch (error) {
    console.error(error)
    response
      .writeHead(400, { 'content-type': 'text/plain' })
      .end('That did not work. Sign in again.')
  }
})

server.listen(Number(PORT ?? 8090), '127.0.0.1', () => {
  console.log(`http://localhost:${server.address().port}`)
})
