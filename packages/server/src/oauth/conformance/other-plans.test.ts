/**
 * The OpenID Foundation's Config and Back-channel logout certification plans (oidcc-config-certification-test-plan,
 * oidcc-backchannel-rp-initiated-logout-certification-test-plan): each test does what the module of its name does. The RP-initiated
 * logout plan is `end-session.test.ts`.
 */

import assert from 'node:assert/strict'
import { after, it } from 'node:test'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { openFileDeps, rowsOf } from '../../testing/deps.ts'
import { openPageVisitor } from '../../testing/page-visitor.ts'
import { openBackchannelWorld, until } from '../testing/backchannel.ts'
import { answerOf, authorize, signInBrowser } from '../testing/browser.ts'

const world = await openBackchannelWorld(await openFileDeps({ emptied: [] }))
const { deps, service, party } = world
after(() => world.close())

type Metadata = Record<string, unknown>

const metadataOf = async () =>
  (await (await fetch(`${service.url}/.well-known/openid-configuration`)).json()) as Metadata

it('oidcc-discovery-endpoint-verification', async () => {
  const { issuer } = deps.config
  const metadata = await metadataOf()
  assert.equal(metadata.issuer, issuer)
  const endpoints = Object.entries(metadata).filter(([name]) => /_endpoint$|^jwks_uri$/u.test(name))
  assert.ok(endpoints.length >= 7)
  for (const [name, address] of endpoints) assert.ok(String(address).startsWith(`${issuer}/`), name)
  for (const [name, least] of [
    ['scopes_supported', 'openid'],
    ['response_types_supported', 'code'],
    ['response_modes_supported', 'form_post'],
    ['subject_types_supported', 'public'],
    ['grant_types_supported', 'authorization_code'],
    ['id_token_signing_alg_values_supported', 'RS256'],
    ['code_challenge_methods_supported', 'S256'],
    ['token_endpoint_auth_methods_supported', 'private_key_jwt'],
  ] as const)
    assert.ok((metadata[name] as string[]).includes(least), name)
  assert.equal(metadata.claims_parameter_supported, true)
  assert.equal(metadata.request_uri_parameter_supported, false)
  const { keys } = (await (await fetch(`${service.url}/.well-known/jwks.json`)).json()) as {
    keys: Record<string, string>[]
  }
  assert.equal(new Set(keys.map(({ kid }) => kid)).size, keys.length)
  assert.ok(['ES256', 'RS256'].every((alg) => keys.some((key) => key.alg === alg)))
  for (const key of keys)
    for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) assert.ok(!(secret in key))
})

it('oidcc-backchannel-logout-discovery-endpoint-verification', async () => {
  const metadata = await metadataOf()
  assert.equal(metadata.backchannel_logout_supported, true)
  assert.equal(metadata.backchannel_logout_session_supported, true)
  assert.ok(metadata.end_session_endpoint)
})

it('oidcc-backchannel-rp-initiated-logout', async () => {
  const returnTo = 'https://app.example/signed-out'
  const returns = `update clients set post_logout_redirect_uris = $1 where id = 'app'`
  await rowsOf(deps, returns, [[returnTo]])
  await world.reset()
  const browser = await signInBrowser(deps)
  const visitor = openPageVisitor(service.url)
  visitor.jar.keep([browser.cookie])
  const { id_token } = await world.signInTo('app', browser)
  world.startWorker()
  const asked = new URLSearchParams({
    id_token_hint: String(id_token),
    post_logout_redirect_uri: returnTo,
    state: 's',
  })
  let page = await visitor.open(`/oauth2/end-session?${asked}`)
  while (page.location.startsWith('/')) page = await visitor.open(page.location)
  assert.equal(page.location, `${returnTo}?state=s`)
  await until('the client is told', () => party.tokens.length === 1)
  const jwks = createLocalJWKSet(deps.signingKeys.jwks() as never)
  const { payload } = await jwtVerify(party.tokens[0] ?? '', jwks, {
    issuer: deps.config.issuer,
    audience: 'app',
    typ: 'logout+jwt',
  })
  assert.deepEqual([payload.sub, payload.sid], [browser.userId, browser.sessionId])
  assert.deepEqual(payload.events, { 'http://schemas.openid.net/event/backchannel-logout': {} })
  const after = await authorize(service, { prompt: 'none' }, visitor.jar.header() ?? '')
  assert.equal(answerOf(after).error, 'login_required')
})
