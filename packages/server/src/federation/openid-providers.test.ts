/** People who come from OpenID providers: Google, Microsoft, Apple, any other; issuers are oidc-provider, which we did not write. */

import assert from 'node:assert/strict'
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { after, describe, it } from 'node:test'
import { type IdentityProvider, providerKinds } from './identity-provider.ts'
import { configured, openTestUpstream, redirectUri, signIn, visit } from './testing/federated.ts'
import { listen, readForm } from './testing/listen.ts'
import { type OidcIssuerOptions, openOidcIssuer } from './testing/oidc-issuer.ts'
import { assertRefused } from './testing/refused.ts'

const upstream = openTestUpstream()

async function open(options: Partial<OidcIssuerOptions> = {}) {
  const issuer = await openOidcIssuer({ redirectUri, ...options })
  after(issuer.close)
  return issuer
}

const any = await open()
const google = await open({ shape: 'google' })
const microsoft = await open({ shape: 'microsoft' })
const apple = await open({ shape: 'apple' })
const oidcProvider = configured('oidc', any)
const googleProvider = configured('google', google)
const appleProvider = configured('apple', apple)
const tenant = String(microsoft.person.tid)
const microsoftProvider = (of: string, settings = {}): IdentityProvider =>
  configured('microsoft', microsoft, { ...settings, tenant: of })

describe('any OpenID provider', () => {
  it('says who somebody is', async () => {
    const { sub } = any.person
    any.person.picture = 'https://pictures.example/ada.png'
    const { identity, tokens } = await signIn(upstream, oidcProvider)
    const { claims, ...said } = identity
    assert.deepEqual(said, {
      issuer: any.issuer,
      subject: sub,
      email: 'ada@example.com',
      emailVerified: true,
      name: 'Ada Lovelace',
      pictureUrl: 'https://pictures.example/ada.png',
      amr: [],
      acr: undefined,
      sid: undefined,
    })
    assert.deepEqual((claims as { aud: string }).aud, any.clientId)
    assert.ok(tokens.accessToken.reveal().length > 10)
    assert.deepEqual([...tokens.scopes].sort(), ['email', 'openid', 'profile'])
    const inSeconds = ((tokens.expiresAt?.getTime() ?? 0) - Date.now()) / 1000
    assert.ok(inSeconds > 3000 && inSeconds < 4000, String(inSeconds))
  })

  it('gets a code challenge, and the verifier with the code', async () => {
    const { url, codeVerifier, ...answer } = await visit(upstream, oidcProvider)
    const asked = new URL(url).searchParams
    assert.equal(asked.get('code_challenge_method'), 'S256')
    assert.ok(!url.includes(codeVerifier))
    await upstream.identify(oidcProvider, { ...answer, codeVerifier })
    assert.equal(any.exchanges.at(-1)?.get('code_verifier'), codeVerifier)
  })

  it('is told whom it is about, and to ask anew', async () => {
    const { url } = await visit(upstream, oidcProvider, {
      loginHint: 'ada@example.com',
      reauthenticate: true,
    })
    const asked = new URL(url).searchParams
    assert.deepEqual(
      ['prompt', 'max_age', 'login_hint'].map((name) => asked.get(name)),
      ['login', '0', 'ada@example.com'],
    )
    const { claims } = (await signIn(upstream, oidcProvider, { reauthenticate: true })).identity
    const { auth_time: provedAt } = claims as { auth_time: number }
    assert.ok(Math.abs(provedAt - Date.now() / 1000) < 30)
  })

  it('takes a code once: who plays an answer again gets nothing', async () => {
    const answer = await visit(upstream, oidcProvider)
    await upstream.identify(oidcProvider, answer)
    const code = String(answer.parameters.get('code'))
    const again = upstream.identify(oidcProvider, answer)
    await assertRefused(again, 'answer', /invalid_grant/u, [code, any.clientSecret])
  })

  it('refuses another code verifier: a code that somebody else was given is worth nothing', async () => {
    const theirs = await visit(upstream, oidcProvider)
    const mine = await visit(upstream, oidcProvider)
    theirs.parameters.set('state', mine.state)
    const answered = upstream.identify(oidcProvider, { ...mine, parameters: theirs.parameters })
    await assertRefused(answered, 'answer', /invalid_grant/u)
  })

  for (const [what, change, message] of [
    ['another state', { state: 'another' }, /state/u],
    ['no state', { state: undefined }, /state/u],
    ['another issuer', { iss: 'https://another.example' }, /iss/u],
    ['no issuer where one was announced', { iss: undefined }, /iss/u],
    ['a signed answer, which nobody asked for', { response: 'e30.e30.e30' }, /JARM/u],
    ['an ID token in front', { id_token: 'e30.e30.e30' }, /id_token|unsupported/iu],
    ['no code', { code: undefined }, /code/u],
  ] as const)
    it(`refuses an answer with ${what}, and asks nobody`, async () => {
      const answer = await visit(upstream, oidcProvider)
      const asked = any.exchanges.length
      for (const [name, value] of Object.entries(change)) {
        if (value === undefined) answer.parameters.delete(name)
        else answer.parameters.set(name, value)
      }
      await assertRefused(upstream.identify(oidcProvider, answer), 'answer', message)
      assert.equal(any.exchanges.length, asked)
    })

  it('refuses a parameter that is there twice', async () => {
    const answer = await visit(upstream, oidcProvider)
    answer.parameters.append('state', answer.state)
    await assertRefused(upstream.identify(oidcProvider, answer), 'answer', /state/u)
  })

  it('the person says no', async () => {
    const answer = await visit(upstream, oidcProvider, { choice: 'cancel' })
    await assertRefused(upstream.identify(oidcProvider, answer), 'denied', /access_denied/u)
  })

  it('the secret is not the right one', async () => {
    const wrong = configured('oidc', { ...any, clientSecret: 'of another app' })
    const answer = await visit(upstream, wrong)
    const answered = upstream.identify(wrong, answer)
    await assertRefused(answered, 'configuration', /invalid_client/u, ['of another app'])
  })

  it('is not the issuer that is configured', async () => {
    const moved = configured('oidc', any, { issuer: any.issuer.replace('127.0.0.1', 'localhost') })
    await assertRefused(
      visit(upstream, moved),
      'configuration',
      /SIGNET_OUTBOUND_PRIVATE_HOSTS|https/u,
    )
    const below = configured('oidc', any, { issuer: `${any.issuer}/realm` })
    await assertRefused(visit(upstream, below), 'unreachable', /404/u)
    const none = configured('oidc', { clientId: 'x', clientSecret: 'y' })
    await assertRefused(visit(upstream, none), 'configuration', /issuer/u)
  })

  for (const issuer of [
    'login.example.com',
    'http://login.example.com',
    'https://user:password@login.example.com',
    'https://login.example.com/?realm=staff',
    'https://login.example.com/#staff',
    'javascript:alert(1)',
    'file:///etc/passwd',
    '',
  ])
    it(`an issuer that is ${JSON.stringify(issuer)} is none, whatever kind it is of`, async () => {
      for (const kind of providerKinds) {
        const provider = configured(kind, any, { issuer })
        await assertRefused(visit(upstream, provider), 'configuration', /Give one of https/u)
        assert.match((await upstream.check(provider)).join(), /Give one of https/u)
      }
    })

  it('a slash at the end of the issuer is no other issuer', async () => {
    const { identity } = await signIn(
      upstream,
      configured('oidc', any, { issuer: `${any.issuer}/` }),
    )
    assert.equal(identity.issuer, any.issuer)
  })

  it('an address that changes is of the same subject', async () => {
    const first = (await signIn(upstream, oidcProvider)).identity
    Object.assign(any.person, { email: 'new@example.com', email_verified: false })
    const second = (await signIn(upstream, oidcProvider)).identity
    Object.assign(any.person, { email: 'ada@example.com', email_verified: true })
    assert.equal(second.subject, first.subject)
    assert.deepEqual([second.email, second.emailVerified], ['new@example.com', false])
  })

  it('an address counts as verified where the provider says so with a boolean', async () => {
    for (const said of ['true', 1, undefined, null]) {
      Object.assign(any.person, { email_verified: said })
      const { identity } = await signIn(upstream, oidcProvider)
      assert.deepEqual([identity.email, identity.emailVerified], ['ada@example.com', false])
    }
    any.person.email_verified = true
  })

  it('keeps tokens fresh', async () => {
    const keeping = configured('oidc', any, { keepsTokens: true, scopes: ['name'] })
    const { tokens } = await signIn(upstream, keeping)
    assert.ok(tokens.refreshToken)
    assert.ok(tokens.scopes.includes('offline_access') && tokens.scopes.includes('name'))
    const fresh = await upstream.refresh(keeping, tokens.refreshToken)
    assert.notEqual(fresh.accessToken.reveal(), tokens.accessToken.reveal())
    assert.ok(fresh.refreshToken)
    const old = tokens.refreshToken
    await assertRefused(upstream.refresh(keeping, old), 'answer', /invalid_grant/u, [old.reveal()])
  })

  it('signs with a key that is new', async () => {
    const rotating = await open()
    const provider = configured('oidc', rotating)
    let nowMs = 1e9
    const patient = openTestUpstream({ clock: () => nowMs })
    await signIn(patient, provider)
    rotating.rotateKeys()
    nowMs += 5_000
    const { identity } = await signIn(patient, provider)
    assert.equal(identity.subject, rotating.person.sub)
  })

  it('tells of the end of a session, by a token of its own', async () => {
    const told: string[] = []
    const listener = await listen(async (request, response) => {
      told.push((await readForm(request)).get('logout_token') ?? '')
      response.writeHead(200).end()
    })
    after(listener.close)
    const telling = await open({ backchannelLogoutUri: `${listener.origin}/signed-out` })
    const provider = configured('oidc', telling)
    const { sid, subject } = (await signIn(upstream, provider)).identity
    assert.ok(sid)
    await telling.tellOfSignOut(sid)
    const judged = await upstream.judgeLogoutToken(provider, told.join())
    assert.deepEqual([judged.issuer, judged.subject, judged.sid], [telling.issuer, subject, sid])
    await assertRefused(upstream.judgeLogoutToken(oidcProvider, told.join()), 'answer', /key/u)
  })

  it('is checked, and all is well', async () => {
    assert.deepEqual(await upstream.check(oidcProvider), [])
    assert.deepEqual(await upstream.check(googleProvider), [])
    assert.deepEqual(await upstream.check(microsoftProvider('common')), [])
    assert.deepEqual(await upstream.check(appleProvider), [])
  })

  it('is checked, and says what to do', async () => {
    const check = async (...of: Parameters<typeof configured>) =>
      (await upstream.check(configured(...of))).join('\n')
    const secret = 'of another app'
    const wrongSecret = await check('oidc', { ...any, clientSecret: secret })
    assert.match(wrongSecret, /does not accept client id and secret.*Compare both/su)
    assert.ok(!wrongSecret.includes(secret))
    assert.match(await check('oidc', { ...any, clientId: 'nobody' }), /Compare both/u)
    assert.match(
      await check('oidc', any, { issuer: `${any.issuer}/realm` }),
      /404.*Compare the address/su,
    )
    assert.match(
      await check('oidc', { clientId: '', clientSecret: '' }),
      /no client id.*no client secret.*no issuer/su,
    )
    assert.match(
      await check('oidc', any, { issuer: 'https://127.0.0.1:1' }),
      /SIGNET_OUTBOUND_PRIVATE_HOSTS|ECONNREFUSED/u,
    )
    assert.match(
      await check('microsoft', microsoft, { tenant: 'contoso.com' }),
      /Directory \(tenant\) ID/u,
    )
    assert.match(await check('apple', { ...apple, clientSecret: 'no key' }), /AuthKey/u)
    const otherKey = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    }).privateKey
    assert.match(await check('apple', { ...apple, clientSecret: otherKey }), /invalid_client/u)
    assert.match(await check('apple', apple, { teamId: 'x', keyId: 'y' }), /team id.*key id/su)
  })
})

describe('Google', () => {
  it('says all in the ID token', async () => {
    const { identity } = await signIn(upstream, googleProvider)
    const { subject, email, emailVerified, name } = identity
    assert.deepEqual(
      [subject, email, emailVerified, name],
      [google.person.sub, 'ada@example.com', true, 'Ada Lovelace'],
    )
    assert.equal(google.exchanges.at(-1)?.get('client_secret'), google.clientSecret)
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
