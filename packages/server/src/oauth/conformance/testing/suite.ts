/**
 * What the modules of the OpenID Foundation's plans have in common: their client, their person, and one authorization from
 * the request to the tokens, by either response mode.
 */

import assert from 'node:assert/strict'
import { createLocalJWKSet, type JWTPayload, jwtVerify } from 'jose'
import type { Deps } from '../../../deps.ts'
import { testPassword } from '../../../testing/accounts.ts'
import type { TestClient } from '../../../testing/clients.ts'
import { rowsOf } from '../../../testing/deps.ts'
import { openPageVisitor, type PageVisitor, type ShownPage } from '../../../testing/page-visitor.ts'
import type { Form, TestService } from '../../../testing/service.ts'
import {
  callback,
  registerApp,
  type SignedInBrowser,
  signInBrowser,
} from '../../testing/browser.ts'

export type Mode = 'query' | 'form_post'
export type Changes = Record<string, string | undefined>

/** What the client hears, and whether the person had to sign in for it. */
export interface Heard {
  answer: Record<string, string>
  signedIn: boolean
}

export interface Tokens {
  access_token: string
  id_token: string
  refresh_token: string
  claims: JWTPayload
}

export interface Suite {
  service: TestService
  client: TestClient
  second: TestClient
  browser: SignedInBrowser
  /** Of the person who is signed in. */
  visitor: PageVisitor
  /** Somebody's browser in which nobody is. */
  stranger(): PageVisitor
  /** A good request, changed. */
  parameters(changes?: Changes): [string, string][]
  /** Sends the browser, signs in where that is asked for, and reads what the client hears. */
  authorize(changes?: Changes, who?: PageVisitor): Promise<Heard>
  /** Sends the browser, and no further. */
  visit(changes?: Changes, who?: PageVisitor): Promise<ShownPage>
  token(form: Form, client?: TestClient): Promise<{ status: number; body: Record<string, string> }>
  /** From the request to the tokens; the ID token is judged by a library that we did not write. */
  tokens(changes?: Changes, who?: PageVisitor): Promise<Tokens>
  userinfo(
    token: string,
    method?: string,
  ): Promise<{ status: number; body: Record<string, unknown> }>
}

/** Everything anew: a person with a name, signed in, and two clients without PKCE, as the plans have them. */
export async function openSuite(deps: Deps, service: TestService, mode: Mode): Promise<Suite> {
  const record = {
    pkceRequired: false,
    scopes: ['openid', 'profile', 'email', 'phone', 'address', 'offline_access'],
  }
  const [id, secondId] = [`suite-${mode.replace('_', '-')}`, `second-${mode.replace('_', '-')}`]
  const client = await registerApp(deps, { ...record, id })
  const second = await registerApp(deps, { ...record, id: secondId })
  const browser = await signInBrowser(deps)
  await rowsOf(deps, `update users set display_name = 'Ada Lovelace' where id = $1`, [
    browser.userId,
  ])
  const visitor = openPageVisitor(service.url)
  visitor.jar.keep([browser.cookie])

  const parameters = (changes: Changes = {}): [string, string][] => {
    const good = {
      response_type: 'code',
      response_mode: mode === 'query' ? undefined : mode,
      client_id: id,
      redirect_uri: callback,
      scope: 'openid',
      state: 'the state',
      nonce: 'the nonce',
      ...changes,
    }
    return Object.entries(good).filter((pair): pair is [string, string] => pair[1] !== undefined)
  }
  const visit = (changes?: Changes, who = visitor) =>
    who.open(`/oauth2/authorize?${new URLSearchParams(parameters(changes))}`)

  const authorize: Suite['authorize'] = async (changes, who = visitor) => {
    let page = await visit(changes, who)
    let signedIn = false
    for (let steps = 0; steps < 10; steps += 1) {
      if (page.location.startsWith('/')) page = await who.open(page.location)
      else if (page.html.includes('action="/sign-in"')) {
        const typed = { identifier: browser.email, password: testPassword }
        page = await who.send(page, '/sign-in', typed)
        assert.equal(page.status, 303, page.problem)
        signedIn = true
      } else return { answer: answerOf(page, mode), signedIn }
    }
    assert.fail('it goes round in circles')
  }

  const token: Suite['token'] = async (form, asking = client) => {
    const { authorization } = asking
    const { status, text } = await service.post('/oauth2/token', form, { authorization })
    return { status, body: JSON.parse(text) }
  }

  return {
    ...{ service, client, second, browser, visitor, parameters, visit, authorize, token },
    stranger: () => openPageVisitor(service.url),
    async tokens(changes, who) {
      const { answer } = await authorize(changes, who)
      assert.ok(answer.code, JSON.stringify(answer))
      const { status, body } = await token(codeForm(answer.code))
      assert.equal(status, 200, JSON.stringify(body))
      const jwks = createLocalJWKSet(deps.signingKeys.jwks() as never)
      const expected = { issuer: deps.config.issuer, audience: id }
      const { payload } = await jwtVerify(body.id_token ?? '', jwks, expected)
      return { ...(body as unknown as Tokens), claims: payload }
    },
    async userinfo(accessToken, method = 'GET') {
      const answer = await fetch(`${service.url}/oauth2/userinfo`, {
        method,
        headers: { authorization: `Bearer ${accessToken}` },
      })
      const body = (await answer.json()) as Record<string, unknown>
      return { status: answer.status, body }
    },
  }
}

/** The form that redeems a code. */
export function codeForm(code: string): Record<string, string> {
  return { grant_type: 'authorization_code', code, redirect_uri: callback }
}

/** What comes to the redirect URI, and to nowhere else. */
function answerOf(page: ShownPage, mode: Mode): Record<string, string> {
  if (mode === 'query') {
    const url = new URL(page.location)
    assert.equal(`${url.origin}${url.pathname}`, callback)
    return Object.fromEntries(url.searchParams)
  }
  assert.equal(page.status, 200, page.html)
  assert.match(page.html, new RegExp(`<form[^>]+action="${callback}"`, 'u'))
  const inputs = page.html.matchAll(/name="([^"]+)" value="([^"]*)"/gu)
  return Object.fromEntries([...inputs].map(([, name = '', value = '']) => [name, value]))
}
