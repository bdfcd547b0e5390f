/** A web app that people sign in to in their browser, and a browser in which somebody is signed in: what the code flow needs. */

import { hash, randomUUID } from 'node:crypto'
import { Secret } from '../../packages/server/src/config/secret.ts'
import type { Database } from '../../packages/server/src/db/database.ts'
import type { SessionId } from '../../packages/server/src/ids.ts'
import {
  browserCookies,
  keepBrowserSecret,
  makeBrowserSecret,
} from '../../packages/server/src/sessions/browser-session.ts'
import { rowsOf } from './own-postgres.ts'

const clientId = 'web-app'
const redirectUri = 'https://app.example/callback'
const codeVerifier = 'one-verifier-of-forty-three-characters-or-so'

/** Registers it, where it is not there yet: ours, public, with PKCE. */
export async function registerWebApp(db: Database): Promise<void> {
  const client = `insert into clients (id, name, type, first_party, scopes, grant_types, redirect_uris, created_at, updated_at)
                  values ($1, $1, 'public', true, '{openid}', '{authorization_code,refresh_token}', array[$2], now(), now())
                  on conflict do nothing`
  await rowsOf(db, client, [clientId, redirectUri])
}

/** The `Cookie` header of a browser in which this session is signed in. */
export async function openBrowser(db: Database, sessionId: string): Promise<string> {
  const { secret, secretHash } = makeBrowserSecret()
  await keepBrowserSecret(db, { sessionId: sessionId as SessionId, secretHash })
  const settings = { issuer: 'http://127.0.0.1', sessionLifetimeSeconds: 3600 }
  const [setCookie] = browserCookies(settings, [{ secret: new Secret(secret), persistent: true }])
  return setCookie.slice(0, setCookie.indexOf(';'))
}

/** Where the web app sends a browser, with a state of its own each time. */
export function authorizePath(): string {
  const parameters = new URLSearchParams({
    ...{ response_type: 'code', client_id: clientId, redirect_uri: redirectUri, scope: 'openid' },
    ...{ state: randomUUID(), code_challenge_method: 'S256' },
    code_challenge: hash('sha256', codeVerifier, 'base64url'),
  })
  return `/oauth2/authorize?${parameters}`
}

/** The code in the address that a browser is sent back to. */
export function codeIn(location: string | undefined): string | undefined {
  return URL.parse(location ?? '')?.searchParams.get('code') ?? undefined
}

/** What the web app sends to the token endpoint for a code. */
export function codeForm(code: string): Record<string, string> {
  return {
    ...{ grant_type: 'authorization_code', code, client_id: clientId },
    ...{ redirect_uri: redirectUri, code_verifier: codeVerifier },
  }
}
