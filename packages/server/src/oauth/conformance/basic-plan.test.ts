/**
 * The OpenID Foundation's Basic and Form Post certification plans (oidcc-basic-certification-test-plan,
 * oidcc-formpost-basic-certification-test-plan): each test does what the module of its name does, by either response mode.
 */

import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { UnsecuredJWT } from 'jose'
import { secondsAhead } from '../../testing/clock.ts'
import { openFileDeps, rowsOf } from '../../testing/deps.ts'
import { startTestService, type TestService } from '../../testing/service.ts'
import { callback } from '../testing/browser.ts'
import { codeForm, openSuite, type Suite } from './testing/suite.ts'

const opened = await openFileDeps({ emptied: [] })
const { deps } = opened
let service: TestService
before(async () => {
  service = await startTestService(deps)
})
after(() => service.close())

for (const mode of ['query', 'form_post'] as const)
  describe(`${mode === 'query' ? 'Basic' : 'Form Post'} plan`, () => {
    let suite: Suite
    before(async () => {
      suite = await openSuite(deps, service, mode)
    })

    it('oidcc-server', async () => {
      const { answer } = await suite.authorize()
      assert.deepEqual([answer.state, answer.iss], ['the state', deps.config.issuer])
      const { claims, access_token } = await suite.tokens()
      assert.equal(claims.sub, suite.browser.userId)
      assert.equal(claims.nonce, 'the nonce')
      assert.equal((await suite.userinfo(access_token)).body.sub, claims.sub)
    })

    it('oidcc-response-type-missing', async () => {
      const { answer } = await suite.authorize({ response_type: undefined })
      assert.deepEqual([answer.error, answer.state], ['invalid_request', 'the state'])
    })

    it('oidcc-idtoken-signature', async () => {
      const { id_token } = await suite.tokens()
      const header = JSON.parse(Buffer.from(id_token.split('.')[0] ?? '', 'base64url').toString())
      const [key] = deps.signingKeys.jwks().keys.filter(({ kid }) => kid === header.kid)
      assert.equal(key?.alg, header.alg)
    })

    it('oidcc-idtoken-unsigned: is not offered', async () => {
      const answer = await fetch(`${service.url}/.well-known/openid-configuration`)
      const metadata = (await answer.json()) as Record<string, string[]>
      assert.equal(metadata.id_token_signing_alg_values_supported?.includes('none'), false)
    })

    it('oidcc-userinfo-get', async () => {
      const { access_token } = await suite.tokens()
      const { status, body } = await suite.userinfo(access_token)
      assert.deepEqual([status, body.sub], [200, suite.browser.userId])
    })

    it('oidcc-userinfo-post-header', async () => {
      const { access_token } = await suite.tokens()
      const { status, body } = await suite.userinfo(access_token, 'POST')
      assert.deepEqual([status, body.sub], [200, suite.browser.userId])
    })

    it('oidcc-userinfo-post-body', async () => {
      const { access_token } = await suite.tokens()
      const { status, text } = await service.post('/oauth2/userinfo', { access_token })
      assert.deepEqual([status, JSON.parse(text).sub], [200, suite.browser.userId])
    })

    it('oidcc-ensure-request-without-nonce-succeeds-for-code-flow', async () => {
      const { claims } = await suite.tokens({ nonce: undefined })
      assert.equal(claims.nonce, undefined)
    })

    it('oidcc-scope-profile', async () => {
      const { access_token } = await suite.tokens({ scope: 'openid profile' })
      const { body } = await suite.userinfo(access_token)
      assert.deepEqual([body.name, body.email], ['Ada Lovelace', undefined])
    })

    it('oidcc-scope-email', async () => {
      const { access_token } = await suite.tokens({ scope: 'openid email' })
      const { body } = await suite.userinfo(access_token)
      assert.deepEqual([body.email, body.email_verified], [suite.browser.email, true])
    })

    for (const scope of ['address', 'phone'])
      it(`oidcc-scope-${scope}: nothing is known of it`, async () => {
        const { access_token } = await suite.tokens({ scope: `openid ${scope}` })
        const { body } = await suite.userinfo(access_token)
        assert.deepEqual(Object.keys(body), ['sub'])
      })

    it('oidcc-scope-all', async () => {
      const { access_token } = await suite.tokens({ scope: 'openid profile email phone address' })
      const { body } = await suite.userinfo(access_token)
      assert.deepEqual([body.name, body.email], ['Ada Lovelace', suite.browser.email])
    })

    it('oidcc-ensure-other-scope-order-succeeds', async () => {
      const { claims } = await suite.tokens({ scope: 'email openid' })
      assert.equal(claims.sub, suite.browser.userId)
    })

    for (const display of ['page', 'popup'])
      it(`oidcc-display-${display}`, async () => {
        assert.ok((await suite.authorize({ display })).answer.code)
      })

    it('oidcc-prompt-login', async () => {
      const first = await suite.tokens()
      await sometimeAgo()
      const { signedIn, answer } = await suite.authorize({ prompt: 'login' })
      assert.equal(signedIn, true)
      assert.ok(answer.code)
      const again = await suite.tokens({ max_age: '10000' })
      assert.ok(Number(again.claims.auth_time) >= Number(first.claims.auth_time))
      assert.equal(again.claims.sub, first.claims.sub)
    })

    it('oidcc-prompt-none-not-logged-in', async () => {
      const { answer, signedIn } = await suite.authorize({ prompt: 'none' }, suite.stranger())
      assert.deepEqual(
        [answer.error, answer.state, signedIn],
        ['login_required', 'the state', false],
      )
    })

    it('oidcc-prompt-none-logged-in', async () => {
      const first = await suite.tokens()
      const { claims } = await suite.tokens({ prompt: 'none' })
      assert.deepEqual([claims.sub, claims.auth_time], [first.claims.sub, first.claims.auth_time])
    })

    it('oidcc-max-age-1', async () => {
      await sometimeAgo()
      const { claims: before } = await suite.tokens({ max_age: '10000' })
      const { signedIn } = await suite.authorize({ max_age: '1' })
      assert.equal(signedIn, true)
      const { claims } = await suite.tokens({ max_age: '10000' })
      assert.ok(Number(claims.auth_time) > Number(before.auth_time))
    })

    it('oidcc-max-age-10000', async () => {
      const first = await suite.tokens()
      const { signedIn } = await suite.authorize({ max_age: '10000' })
      assert.equal(signedIn, false)
      const { claims } = await suite.tokens({ max_age: '10000' })
      assert.equal(claims.auth_time, first.claims.auth_time)
    })

    it('oidcc-ensure-request-with-unknown-parameter-succeeds', async () => {
      assert.ok((await suite.authorize({ extra: 'foobar' })).answer.code)
    })

    it('oidcc-id-token-hint', async () => {
      const { id_token, claims } = await suite.tokens()
      const hinted = await suite.tokens({ prompt: 'none', id_token_hint: id_token })
      assert.equal(hinted.claims.sub, claims.sub)
    })

    it('oidcc-login-hint', async () => {
      const stranger = suite.stranger()
      const { location } = await suite.visit({ login_hint: suite.browser.email }, stranger)
      assert.match(
        (await stranger.open(location)).html,
        new RegExp(`value="${suite.browser.email}"`),
      )
    })

    for (const [name, parameter] of [
      ['ui', 'ui_locales'],
      ['claims', 'claims_locales'],
    ] as const)
      it(`oidcc-${name}-locales`, async () => {
        assert.ok((await suite.authorize({ [parameter]: 'se' })).answer.code)
      })

    it('oidcc-ensure-request-with-acr-values-succeeds', async () => {
      const { claims } = await suite.tokens({ acr_values: '1 2' })
      assert.equal(claims.acr, 'aal1')
    })

    it('oidcc-codereuse', async () => {
      const { answer } = await suite.authorize()
      const form = codeForm(answer.code ?? '')
      assert.equal((await suite.token(form)).status, 200)
      const { status, body } = await suite.token(form)
      assert.deepEqual([status, body.error], [400, 'invalid_grant'])
    })

    it('oidcc-codereuse-30seconds', async (t) => {
      const { answer } = await suite.authorize()
      const form = codeForm(answer.code ?? '')
      const { body } = await suite.token(form)
      const later = await startTestService(await secondsAhead(opened, t, 30))
      t.after(() => later.close())
      const { authorization } = suite.client
      const { status, text } = await later.post('/oauth2/token', form, { authorization })
      assert.deepEqual([status, JSON.parse(text).error], [400, 'invalid_grant'])
      assert.equal((await suite.userinfo(body.access_token ?? '')).status, 401)
    })

    it('oidcc-ensure-registered-redirect-uri', async () => {
      const page = await suite.visit({ redirect_uri: `${callback}/elsewhere` })
      assert.deepEqual([page.status, page.location], [400, ''])
    })

    it('oidcc-ensure-post-request-succeeds', async () => {
      const answer = await fetch(`${service.url}/oauth2/authorize`, {
        method: 'POST',
        redirect: 'manual',
        headers: { cookie: suite.visitor.jar.header() ?? '' },
        body: new URLSearchParams(suite.parameters()),
      })
      const said = `${answer.headers.get('location')} ${await answer.text()}`
      assert.match(said, /code/u)
      assert.equal(answer.status, mode === 'query' ? 303 : 200)
    })

    it('oidcc-server-client-secret-post', async () => {
      const { answer } = await suite.authorize()
      const { clientId, clientSecret } = suite.client
      const { status, text } = await service.post('/oauth2/token', {
        ...codeForm(answer.code ?? ''),
        client_id: clientId,
        client_secret: clientSecret,
      })
      assert.equal(status, 200, text)
      assert.ok(JSON.parse(text).id_token)
    })

    it('oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported', async () => {
      const { answer } = await suite.authorize({ request_uri: 'https://app.example/request.jwt' })
      assert.deepEqual([answer.error, answer.state], ['request_uri_not_supported', 'the state'])
    })

    it('oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported', async () => {
      const request = new UnsecuredJWT({ scope: 'openid email' }).encode()
      const { answer } = await suite.authorize({ request })
      assert.deepEqual([answer.error, answer.state], ['request_not_supported', 'the state'])
    })

    it('oidcc-ensure-request-object-with-redirect-uri', async () => {
      const elsewhere = 'https://evil.example/callback'
      const request = new UnsecuredJWT({ redirect_uri: elsewhere }).encode()
      const { answer } = await suite.authorize({ request })
      assert.equal(answer.error, 'request_not_supported')
      const page = await suite.visit({ request, redirect_uri: elsewhere })
      assert.deepEqual([page.status, page.location], [400, ''])
    })

    it('oidcc-claims-essential', async () => {
      const claims = JSON.stringify({ userinfo: { name: { essential: true } } })
      const { access_token } = await suite.tokens({ claims })
      assert.equal((await suite.userinfo(access_token)).body.name, 'Ada Lovelace')
    })

    it('oidcc-refresh-token', async () => {
      const { refresh_token } = await suite.tokens()
      const form = { grant_type: 'refresh_token', refresh_token }
      const foreign = await suite.token(form, suite.second)
      assert.deepEqual([foreign.status, foreign.body.error], [400, 'invalid_grant'])
      const { status, body } = await suite.token(form)
      assert.equal(status, 200)
      assert.equal((await suite.userinfo(body.access_token ?? '')).status, 200)
    })

    it('oidcc-ensure-request-with-valid-pkce-succeeds', async () => {
      const code_verifier = 'v'.repeat(43)
      const { answer } = await suite.authorize({
        code_challenge: hash('sha256', code_verifier, 'base64url'),
        code_challenge_method: 'S256',
      })
      const form = codeForm(answer.code ?? '')
      assert.equal((await suite.token({ ...form, code_verifier })).status, 200)
    })

    /** The last proof is older than a second. */
    async function sometimeAgo(): Promise<void> {
      const older = `update sessions set auth_time = auth_time - interval '60 s' where user_id = $1`
      await rowsOf(deps, older, [suite.browser.userId])
    }
  })
