/** FederationService and ProviderService over REST, against a real issuer: apps without hosted pages, linking, and who may set up what. */

import assert from 'node:assert/strict'
import { hash, randomBytes, randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { registerApp } from '../oauth/testing/browser.ts'
import { openProviderWorld } from '../pages/testing/provider-world.ts'
import { openTestUser, signInAs, testPassword } from '../testing/accounts.ts'
import { registerTestClient } from '../testing/clients.ts'
import { rowsOf, testContext } from '../testing/deps.ts'
import { openPageVisitor } from '../testing/page-visitor.ts'
import { apiAudience } from '../tokens/access-token.ts'
import { addProvider, changeProvider } from './manage-providers.ts'

const world = await openProviderWorld()
const { service, deps, acme, signIn, pathOf } = world
const redirectUri = 'https://native.example/back'
const codeVerifier = randomBytes(32).toString('base64url')
const codeChallenge = hash('sha256', codeVerifier, 'base64url')
await registerApp(deps, {
  id: 'native',
  type: 'public',
  redirectUris: [redirectUri],
  scopes: ['openid', 'email', 'signet:account'],
})
const operator = await registerTestClient(deps, {
  id: 'operator',
  permissions: ['providers.read', 'providers.write'],
})

type Body = Record<string, never> & {
  url: string
  idToken: string
  accessToken: string
  refreshToken: string
  identities: { id: string; providerId: string; email: string }[]
  violations?: { rule: string }[]
  reason?: string
  providers: { id: string; kind: string; name: string }[]
  provider: { id: string; callbackUrl: string; record: Record<string, unknown> }
  problems?: string[]
}

async function ask(method: string, path: string, body?: unknown, authorization = '') {
  const answer = await fetch(`${service.url}/api/v1${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(authorization !== '' && { authorization }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: (await answer.json()) as Body }
}

/** A whole sign-in of the app: from the address it was given to the code at its redirect URI. */
async function authorize(who = openPageVisitor(service.url), changes: object = {}) {
  const asked = { clientId: 'native', redirectUri, codeChallenge, state: 'of the app', nonce: 'n' }
  const { status, body } = await ask('POST', '/auth/providers/acme/authorization-url', {
    ...asked,
    scopes: ['openid', 'email', 'signet:account'],
    resources: [apiAudience(service.url)],
    ...changes,
  })
  assert.equal(status, 200, JSON.stringify(body))
  const resumed = await signIn(who, { start: pathOf(body.url) })
  const app = new URL((await who.open(pathOf(resumed.location))).location)
  assert.equal(`${app.origin}${app.pathname}`, redirectUri)
  return app.searchParams
}

const exchange = (code: string, changes: object = {}) =>
  ask('POST', '/auth/exchange-code', { clientId: 'native', code, codeVerifier, ...changes })

/** Tokens of the app for whoever is at the provider. */
async function tokens() {
  const code = (await authorize()).get('code') ?? ''
  const { status, body } = await exchange(code)
  assert.equal(status, 200, JSON.stringify(body))
  return body
}

describe('an app without pages', () => {
  it('finds the providers, gets a code of ours with its own state, and exchanges it once', async () => {
    const { body } = await ask('GET', '/auth/providers')
    assert.deepEqual(
      body.providers.map(({ id, kind }) => [id, kind]),
      [
        ['acme', 'oidc'],
        ['apple', 'apple'],
      ],
    )
    const answer = await authorize()
    assert.equal(answer.get('state'), 'of the app')
    const code = answer.get('code') ?? ''
    const issued = await exchange(code)
    assert.equal(issued.status, 200)
    const idToken = JSON.parse(
      Buffer.from(issued.body.idToken.split('.')[1] ?? '', 'base64url').toString(),
    )
    assert.deepEqual([idToken.nonce, idToken.aud, idToken.amr], ['n', 'native', ['fed']])
    assert.match(issued.body.refreshToken, /^sr1_/u)
    assert.equal((await exchange(code)).status, 400)
  })

  it('is refused the code of another app, another verifier, and a client that can prove itself', async () => {
    const code = (await authorize()).get('code') ?? ''
    const other = randomBytes(32).toString('base64url')
    assert.equal((await exchange(code, { codeVerifier: other })).status, 400)
    await registerApp(deps, { id: `other-${randomUUID().slice(0, 8)}` })
    assert.equal((await exchange(code, { clientId: 'operator' })).status, 401)
    assert.equal((await exchange('made up')).status, 400)
    const grantTypes = `update clients set grant_types = $1 where id = 'native'`
    await rowsOf(deps, grantTypes, [['refresh_token']])
    const { body } = await exchange(code)
    assert.equal(body.violations?.[0]?.rule, 'unauthorized_client')
    await rowsOf(deps, grantTypes, [['authorization_code', 'refresh_token']])
    assert.equal((await exchange(code)).status, 200)
  })

  it('is told what is wrong with what it asks for', async () => {
    const url = '/auth/providers/acme/authorization-url'
    const good = { clientId: 'native', redirectUri, codeChallenge, scopes: ['openid'] }
    for (const [changes, status] of [
      [{ clientId: 'nobody' }, 400],
      [{ redirectUri: `${redirectUri}/other` }, 400],
      [{ scopes: ['foreign'] }, 400],
      [{ scopes: [] }, 400],
    ] as const)
      assert.equal((await ask('POST', url, { ...good, ...changes })).status, status)
    assert.equal((await ask('POST', url.replace('acme', 'nobody'), good)).status, 404)
  })
})

describe('an account is linked through the app that asked', () => {
  const linking = { redirectUri, codeChallenge, state: 'linking' }

  /** Somebody who came by one identity, and wants another one. */
  async function begun(changes: object = {}) {
    const { accessToken } = await tokens()
    const bearer = `Bearer ${accessToken}`
    acme.person = { sub: randomUUID(), email: 'second@example.com', email_verified: true }
    const begin = { providerId: 'acme', ...linking, ...changes }
    return { bearer, asked: await ask('POST', '/users/me/identities', begin, bearer) }
  }

  async function codeOf(url: string): Promise<string> {
    const { location } = await signIn(openPageVisitor(service.url), { start: pathOf(url) })
    const to = new URL(location)
    assert.equal(to.searchParams.get('state'), 'linking')
    return to.searchParams.get('code') ?? ''
  }

  const confirm = (code: string, bearer: string, changes: object = {}) =>
    ask('POST', '/users/me/identities/confirm', { code, codeVerifier, ...changes }, bearer)

  it('listed, used to sign in, and taken away again; the last way in stays', async () => {
    acme.person.email_verified = false
    const { bearer, asked } = await begun()
    const code = await codeOf(asked.body.url)
    assert.equal((await rowsOf(deps, 'select 1 from federated_identities')).length, 1)
    assert.equal((await confirm(code, bearer)).status, 200)
    assert.equal((await confirm(code, bearer)).status, 400)
    const { body } = await ask('GET', '/users/me/identities', undefined, bearer)
    const [first, second] = body.identities
    assert.deepEqual([first?.email, second?.email], ['ada@example.com', 'second@example.com'])
    await signIn()
    assert.deepEqual(await rowsOf(deps, 'select count(*)::integer from users'), [[1]])
    const remove = (id = '') => ask('DELETE', `/users/me/identities/${id}`, undefined, bearer)
    assert.equal((await remove(first?.id)).status, 200)
    const last = await remove(second?.id)
    assert.deepEqual([last.status, last.body.violations?.[0]?.rule], [400, 'identity.last_way_in'])
    assert.equal((await remove(randomUUID())).status, 404)
    await rowsOf(deps, 'update identifiers set verified_at = now()')
    assert.equal((await remove(second?.id)).status, 200)
  })

  it('by nobody else: not by another user, another verifier, or whoever opens the link', async () => {
    const { bearer, asked } = await begun()
    const code = await codeOf(asked.body.url)
    const eve = await openTestUser(deps, 'eve@example.com')
    const { accessToken } = await signInAs(deps, 'eve@example.com', testPassword)
    assert.equal((await confirm(code, `Bearer ${accessToken}`)).status, 400)
    const other = randomBytes(32).toString('base64url')
    assert.equal((await confirm(code, bearer, { codeVerifier: other })).status, 400)
    assert.deepEqual(
      await rowsOf(deps, 'select 1 from federated_identities where user_id = $1', [eve]),
      [],
    )
    assert.equal((await confirm(code, bearer)).status, 200)
  })

  it('not with an identity that another account has', async () => {
    const { bearer, asked } = await begun()
    await signIn()
    const code = await codeOf(asked.body.url)
    const refused = await confirm(code, bearer)
    assert.deepEqual([refused.status, refused.body.violations?.[0]?.rule], [400, 'identity.taken'])
  })

  it('to a redirect URI of the calling client alone, and for who has proved it just now', async () => {
    const { asked } = await begun({ redirectUri: 'https://evil.example/' })
    assert.equal(asked.body.violations?.[0]?.rule, 'redirect_uri.registered')
    const { bearer } = await begun()
    await rowsOf(deps, `update sessions set auth_time = auth_time - interval '10 minutes'`)
    const late = await ask(
      'POST',
      '/users/me/identities',
      { providerId: 'acme', ...linking },
      bearer,
    )
    assert.equal(late.body.reason, 'RECENT_AUTHENTICATION_REQUIRED')
  })

  it('and hears of it where the person says no', async () => {
    const { asked } = await begun()
    const way = { start: pathOf(asked.body.url), choice: 'cancel' } as const
    const to = new URL((await signIn(openPageVisitor(service.url), way)).location)
    assert.equal(`${to.origin}${to.pathname}`, redirectUri)
    assert.deepEqual(Object.fromEntries(to.searchParams), {
      error: 'access_denied',
      state: 'linking',
    })
  })

  it('not after ten minutes, and not by a link that was changed', async () => {
    const { asked } = await begun()
    const who = openPageVisitor(service.url)
    const changed = asked.body.url.replace(/link=..../u, 'link=AAAA')
    assert.equal((await who.open(pathOf(changed))).status, 400)
    const code = await codeOf(asked.body.url)
    await rowsOf(deps, `update waiting_identities set expires_at = now()`)
    const { accessToken } = await tokens()
    assert.equal((await confirm(code, `Bearer ${accessToken}`)).status, 400)
  })
})

describe('providers through the contract', () => {
  const record = { name: 'Other', clientId: 'signet', issuer: 'https://login.other.example' }
  const other = { id: 'other', kind: 'PROVIDER_KIND_OIDC', record, clientSecret: 'of Other' }
  const manage = (method: string, path: string, body?: unknown) =>
    ask(method, `/providers${path}`, body, operator.authorization)

  it('are added, listed, changed and removed; the secret is answered to nobody, and stored wrapped', async () => {
    const added = await manage('POST', '', other)
    assert.equal(added.status, 200, JSON.stringify(added.body))
    assert.equal(added.body.provider.callbackUrl, `${service.url}/auth/other/callback`)
    assert.equal((await manage('POST', '', other)).status, 400)
    const listed = JSON.stringify((await manage('GET', '')).body)
    assert.match(listed, /login\.other\.example/u)
    assert.doesNotMatch(listed, /of Other/u)
    const dump = String(await rowsOf(deps, 'select p::text from identity_providers p'))
    assert.equal(dump.includes(Buffer.from('of Other').toString('hex')), false)
    const changed = await manage('PUT', '/other', { record: { ...record, name: 'Another' } })
    assert.equal(changed.body.provider.record.name, 'Another')
    assert.equal((await deps.identityProviders.find('other'))?.clientSecret.reveal(), 'of Other')
    const elsewhere = { ...record, issuer: 'https://evil.example' }
    const moved = await manage('PUT', '/other', { record: elsewhere })
    assert.equal(moved.body.violations?.[0]?.rule, 'provider.needed_for_issuer')
    const both = { record: elsewhere, clientSecret: 'of the new one' }
    assert.equal((await manage('PUT', '/other', both)).status, 200)
    assert.equal((await manage('DELETE', '/other')).status, 200)
    assert.equal((await manage('DELETE', '/other')).status, 404)
  })

  it('are refused with everything that is missing', async () => {
    for (const [kind, missing] of [
      ['OIDC', ['record.issuer']],
      ['MICROSOFT', ['record.tenant']],
      ['APPLE', ['record.teamId', 'record.keyId', 'clientSecret']],
    ] as const) {
      const bare = { ...other, kind: `PROVIDER_KIND_${kind}`, record: { name: 'x', clientId: 'x' } }
      const { status, body } = await manage('POST', '', bare)
      const fields = (body.violations as unknown as { field: string }[]).map(({ field }) => field)
      assert.deepEqual([status, fields], [400, missing])
    }
    for (const issuer of [
      'http://login.example',
      'https://u:p@login.example',
      'https://x.example?y',
    ])
      assert.equal(
        (await manage('POST', '', { ...other, record: { ...record, issuer } })).status,
        400,
        issuer,
      )
  })

  it('are for who has the permission', async () => {
    const { accessToken } = await tokens()
    for (const authorization of ['', `Bearer ${accessToken}`])
      assert.ok(
        [401, 403].includes((await ask('GET', '/providers', undefined, authorization)).status),
      )
  })

  it('are asked whether all is well', async () => {
    assert.deepEqual((await manage('POST', '/acme/check', {})).body.problems ?? [], [])
    const settings = acme.settings
    const known = { name: 'Acme', clientId: acme.clientId, disabled: false, settings }
    const set = (clientSecret: string) =>
      changeProvider(deps, testContext(), { id: 'acme', record: known, clientSecret })
    await set('of somebody else')
    try {
      const { body } = await manage('POST', '/acme/check', {})
      assert.match(String(body.problems?.[0]), /client id and secret/u)
    } finally {
      await set(acme.clientSecret)
    }
  })

  it('of the environment come before one of the same id, which cannot be added', async () => {
    const [google] = [{ id: 'google', name: 'Google', clientId: 'x', settings: {} }] as const
    const config = { ...deps.config, providers: [{ ...google, clientSecret: operator as never }] }
    await assert.rejects(
      addProvider({ ...deps, config }, testContext(), {
        id: 'google',
        kind: 'google',
        record: { name: 'x', clientId: 'x', disabled: false, settings: {} },
        clientSecret: 'x',
      }),
    )
  })
})
