/** People who come from Google, Microsoft and Apple, each with its own ways; issuers are oidc-provider, which we did not write. */

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, it } from 'node:test'
import type { IdentityProvider } from './identity-provider.ts'
import { configured, openTestUpstream, redirectUri, signIn, visit } from './testing/federated.ts'
import { type OidcIssuerOptions, openOidcIssuer } from './testing/oidc-issuer.ts'
import { assertRefused } from './testing/refused.ts'

const upstream = openTestUpstream()

async function open(options: Partial<OidcIssuerOptions> = {}) {
  const issuer = await openOidcIssuer({ redirectUri, ...options })
  after(issuer.close)
  return issuer
}

const google = await open({ shape: 'google' })
const microsoft = await open({ shape: 'microsoft' })
const apple = await open({ shape: 'apple' })
const googleProvider = configured('google', google)
const appleProvider = configured('apple', apple)
const tenant = String(microsoft.person.tid)
const microsoftProvider = (of: string, settings = {}): IdentityProvider =>
  configured('microsoft', microsoft, { ...settings, tenant: of })

describe('Google', () => {
  it('says all in the ID token', async () => {
    const { identity } = await signIn(upstream, googleProvider)
    const { subject, email, name } = identity
    assert.deepEqual([subject, email, name], [google.person.sub, 'ada@example.com', 'Ada Lovelace'])
    assert.equal(google.exchanges.at(-1)?.get('client_secret'), google.clientSecret)
  })

  it('is believed about addresses that it answers for, and about no others', async () => {
    const before = google.person
    for (const [claims, expected] of [
      [{ email: 'ada@example.com', email_verified: true }, false],
      [{ email: 'ada@gmail.com', email_verified: true }, true],
      [{ email: 'ada@gmail.com.example', email_verified: true }, false],
      [{ email: 'ada@gmail.com', email_verified: false }, false],
      [{ email: 'ada@acme.example', email_verified: true, hd: 'acme.example' }, true],
    ] as const) {
      google.person = { sub: before.sub, ...claims }
      const { identity } = await signIn(upstream, googleProvider)
      assert.equal(identity.emailVerified, expected, JSON.stringify(claims))
    }
    google.person = before
  })

  it('is asked for a choice of account, and for a refresh token', async () => {
    const provider = configured('google', google, { keepsTokens: true })
    const keeping = new URL((await visit(upstream, provider)).url).searchParams
    assert.deepEqual([keeping.get('access_type'), keeping.get('prompt')], ['offline', 'consent'])
    const { url } = await visit(upstream, googleProvider, { reauthenticate: true })
    assert.equal(new URL(url).searchParams.get('prompt'), 'select_account')
  })
})

describe('Microsoft', () => {
  it('has an issuer for each tenant', async () => {
    for (const named of ['common', 'organizations', tenant, tenant.toUpperCase()]) {
      const { identity } = await signIn(upstream, microsoftProvider(named))
      assert.equal(identity.issuer, `${microsoft.issuer}/${tenant}/v2.0`)
      assert.equal(identity.subject, microsoft.person.sub)
    }
  })

  it('the same subject in another tenant is somebody else', async () => {
    const mine = (await signIn(upstream, microsoftProvider('common'))).identity
    const other = randomUUID()
    microsoft.person.tid = other
    const theirs = (await signIn(upstream, microsoftProvider('common'))).identity
    assert.equal(theirs.subject, mine.subject)
    assert.equal(theirs.issuer, `${microsoft.issuer}/${other}/v2.0`)
    const answered = signIn(upstream, microsoftProvider(tenant))
    await assertRefused(answered, 'answer', /issuer/u)
    microsoft.person.tid = tenant
  })

  it('an answer of another issuer than that of a tenant who may come is refused', async () => {
    for (const [named, iss] of [
      ['common', `https://another.example/${tenant}/v2.0`],
      ['common', `${microsoft.issuer}/{tenantid}/v2.0/`],
      ['organizations', `${microsoft.issuer}/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0`],
      [tenant, `${microsoft.issuer}/${randomUUID()}/v2.0`],
    ] as const) {
      const answer = await visit(upstream, microsoftProvider(named))
      assert.equal(answer.parameters.get('iss'), `${microsoft.issuer}/${tenant}/v2.0`)
      answer.parameters.set('iss', iss)
      const asked = microsoft.exchanges.length
      const answered = upstream.identify(microsoftProvider(named), answer)
      await assertRefused(answered, 'answer', /iss/u)
      assert.equal(microsoft.exchanges.length, asked)
    }
  })

  it('personal accounts come where they may', async () => {
    microsoft.person.tid = '9188040d-6c67-4c5b-b112-36a304b66dad'
    await signIn(upstream, microsoftProvider('common'))
    await signIn(upstream, microsoftProvider('consumers'))
    const answered = signIn(upstream, microsoftProvider('organizations'))
    await assertRefused(answered, 'answer', /issuer/u)
    microsoft.person.tid = tenant
    await assertRefused(signIn(upstream, microsoftProvider('consumers')), 'answer', /issuer/u)
  })

  it('an address counts as verified where the owner of its domain was', async () => {
    for (const [edov, verified] of [
      [undefined, false],
      [false, false],
      ['false', false],
      ['0', false],
      [true, true],
      ['1', true],
    ] as const) {
      Object.assign(microsoft.person, { xms_edov: edov, email_verified: true })
      const { identity } = await signIn(upstream, microsoftProvider('common'))
      assert.deepEqual([identity.email, identity.emailVerified], ['ada@example.com', verified])
    }
  })
})

describe('Apple', () => {
  it('answers with a form, and gets a secret that was signed for it', async () => {
    apple.person.email_verified = 'true'
    const answer = await visit(upstream, appleProvider)
    assert.equal(new URL(answer.url).searchParams.get('response_mode'), 'form_post')
    answer.parameters.set(
      'user',
      '{"name":{"firstName":"Ada","lastName":"Lovelace"},"email":"other@example.com"}',
    )
    const { identity } = await upstream.identify(appleProvider, answer)
    const { email, emailVerified, name, subject } = identity
    assert.deepEqual(
      [subject, email, emailVerified, name],
      [apple.person.sub, 'ada@example.com', true, 'Ada Lovelace'],
    )
    const secret = String(apple.exchanges.at(-1)?.get('client_secret'))
    assert.equal(secret.split('.').length, 3)
    assert.ok(!secret.includes('PRIVATE KEY'))
  })

  it('says the name once; after that it is what stands before the @', async () => {
    for (const user of [null, '', 'no JSON', '[]', '{"name":null}', '{"name":{"firstName":{}}}']) {
      const answer = await visit(upstream, appleProvider)
      if (user !== null) answer.parameters.set('user', user)
      assert.equal((await upstream.identify(appleProvider, answer)).identity.name, 'ada')
    }
  })

  it('the person says no', async () => {
    const answer = await visit(upstream, appleProvider, { choice: 'cancel' })
    await assertRefused(upstream.identify(appleProvider, answer), 'denied', /user_cancelled/u)
  })
})
