/** What the app answers: sign in, who is signed in, refresh, sign out; and Signet says when somebody has left. */

import * as oidc from 'openid-client'
import { endedSession, signet } from './signet.js'

/** By the value of the cookie. A real app keeps them where all its processes find them. */
export const sessions = new Map()

export const routes = {
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

  async 'POST /backchannel-logout'({ form }) {
    const sid = await endedSession(form.get('logout_token') ?? '')
    for (const [id, { claims }] of sessions) if (claims?.sid === sid) sessions.delete(id)
    return { body: '' }
  },
}
