/** A person's browser and a client behind it, as far as HTTP goes: a cookie, and redirects that are looked at instead of followed. */

import assert from 'node:assert/strict'
import { hash, randomBytes } from 'node:crypto'
import { Secret } from '../../config/secret.ts'
import type { Deps } from '../../deps.ts'
import type { UserId } from '../../ids.ts'
import {
  browserCookies,
  keepBrowserSecret,
  makeBrowserSecret,
} from '../../sessions/browser-session.ts'
import { openTestUser, signInAs } from '../../testing/accounts.ts'
import { registerTestClient, type TestClient } from '../../testing/clients.ts'
import type { Answer, TestService } from '../../testing/service.ts'

export const callback = 'https://app.example/callback'

/** Registers an app that people sign in to. */
export function registerApp(
  deps: Deps,
  changes: Partial<Parameters<typeof registerTestClient>[1]> = {},
): Promise<TestClient> {
  return registerTestClient(deps, {
    id: 'app',
    type: 'confidential',
    firstParty: true,
    grantTypes: ['authorization_code', 'refresh_token'],
    redirectUris: [callback],
    scopes: ['openid', 'profile', 'email', 'offline_access', 'invoices.read'],
    ...changes,
  })
}

export interface SignedInBrowser {
  userId: UserId
  email: string
  sessionId: string
  /** The `Cookie` header. */
  cookie: string
}

/** A browser in which somebody is signed in. */
export async function signInBrowser(
  deps: Deps,
  email = `${randomBytes(6).toString('hex')}@example.com`,
): Promise<SignedInBrowser> {
  const userId = await openTestUser(deps, email)
  const { sessionId } = await signInAs(deps, email)
  const { secret, secretHash } = makeBrowserSecret()
  await keepBrowserSecret(deps.db, { sessionId, secretHash })
  const [setCookie] = browserCookies(deps.config, [
    { secret: new Secret(secret), persistent: true },
  ])
  return { userId, email, sessionId, cookie: setCookie.slice(0, setCookie.indexOf(';')) }
}

export const codeVerifier = randomBytes(32).toString('base64url')

/** A good request of the app; changed, or without what is undefined. */
export function authorizationParameters(
  changes: Record<string, string | undefined> = {},
): [name: string, value: string][] {
  const parameters = {
    response_type: 'code',
    client_id: 'app',
    redirect_uri: callback,
    scope: 'openid',
    state: 'the state',
    code_challenge: hash('sha256', codeVerifier, 'base64url'),
    code_challenge_method: 'S256',
    ...changes,
  }
  return Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as [string, string]],
  )
}

export interface Visited {
  status: number
  headers: Headers
  text: string
  /** Where the browser is sent. */
  location: URL | undefined
}

/** Visits an address of the service, with what the browser has. */
export async function visit(
  { url }: TestService,
  pathAndQuery: string,
  cookie = '',
): Promise<Visited> {
  const answer = await fetch(new URL(pathAndQuery, url), {
    redirect: 'manual',
    headers: cookie === '' ? {} : { cookie },
  })
  const location = answer.headers.get('location')
  return {
    status: answer.status,
    headers: answer.headers,
    text: await answer.text(),
    location: location === null ? undefined : new URL(location, url),
  }
}

/** Sends the browser to the authorization endpoint. */
export function authorize(
  service: TestService,
  parameters: [string, string][] | Record<string, string | undefined> = {},
  cookie = '',
): Promise<Visited> {
  const list = Array.isArray(parameters) ? parameters : authorizationParameters(parameters)
  return visit(service, `/oauth2/authorize?${new URLSearchParams(list)}`, cookie)
}

/** What the client reads from the address that the browser comes back to. */
export function answerOf({ status, location, text }: Visited): Record<string, string> {
  assert.equal(status, 303, text)
  assert.ok(location)
  assert.equal(`${location.origin}${location.pathname}`, callback, location.href)
  return Object.fromEntries(location.searchParams)
}

/** A code for the user of this browser. */
export async function codeFor(
  service: TestService,
  { cookie }: Pick<SignedInBrowser, 'cookie'>,
  changes: Record<string, string | undefined> = {},
): Promise<string> {
  const { code } = answerOf(await authorize(service, changes, cookie))
  assert.ok(code)
  return code
}

/** Exchanges something at the token endpoint. */
export async function exchange(
  service: TestService,
  client: TestClient | undefined,
  form: Record<string, string | undefined>,
): Promise<Answer & { body: Record<string, string> }> {
  const given = Object.entries(form).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as [string, string]],
  )
  const answer = await service.post(
    '/oauth2/token',
    given,
    client === undefined ? {} : { authorization: client.authorization },
  )
  return { ...answer, body: JSON.parse(answer.text) }
}

/** The form that redeems a code of the app. */
export function codeForm(code: string): Record<string, string> {
  return {
    grant_type: 'authorization_code',
    code,
    redirect_uri: callback,
    code_verifier: codeVerifier,
  }
}

/** The claims of a JWT, unverified. */
export function claimsIn(jwt: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString())
}
