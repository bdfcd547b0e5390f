/** People who come from GitHub, LinkedIn and Facebook, whose servers here have the published endpoints, shapes and errors. */

import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import type { ProviderKind } from './identity-provider.ts'
import {
  configured,
  newVisit,
  openTestUpstream,
  redirectUri,
  signIn,
  visit,
} from './testing/federated.ts'
import { assertRefused } from './testing/refused.ts'
import { openFacebook, openGitHub, openLinkedIn } from './testing/social-servers.ts'

const upstream = openTestUpstream()
const github = await openGitHub({ redirectUri })
const linkedin = await openLinkedIn({ redirectUri })
const facebook = await openFacebook({ redirectUri })
after(async () => {
  await Promise.all([github.close(), linkedin.close(), facebook.close()])
})
const githubProvider = configured('github', github)
const linkedinProvider = configured('linkedin', linkedin)
const facebookProvider = configured('facebook', facebook)

const servers = [
  ['github', github, githubProvider],
  ['linkedin', linkedin, linkedinProvider],
  ['facebook', facebook, facebookProvider],
] as const

for (const [kind, server, provider] of servers)
  describe(kind, () => {
    it('takes a code once', async () => {
      const answer = await visit(upstream, provider)
      await upstream.identify(provider, answer)
      const code = String(answer.parameters.get('code'))
      await assertRefused(upstream.identify(provider, answer), 'answer', /invalid_grant/u, [code])
    })

    it('the person says no', async () => {
      const answer = await visit(upstream, provider, { choice: 'cancel' })
      await assertRefused(upstream.identify(provider, answer), 'denied', /denied|cancelled/u)
    })

    it('another state is refused, and nobody asked', async () => {
      const answer = await visit(upstream, provider)
      const asked = server.exchanges.length
      const answered = upstream.identify(provider, { ...answer, state: 'another' })
      await assertRefused(answered, 'answer', /state/u)
      assert.equal(server.exchanges.length, asked)
    })

    it('does not know id or secret', async () => {
      const wrong = configured(kind, { ...server, clientSecret: 'of another app' })
      const answer = await visit(upstream, wrong)
      const secrets = ['of another app', String(answer.parameters.get('code'))]
      await assertRefused(
        upstream.identify(wrong, answer),
        'configuration',
        /invalid_client/u,
        secrets,
      )
      const [sentence = '', ...others] = await upstream.check(wrong)
      assert.match(sentence, /does not accept client id and secret.*Compare both/u)
      assert.deepEqual(others, [])
      const [unknown = ''] = await upstream.check(
        configured(kind, { ...server, clientId: 'no-app' }),
      )
      assert.match(unknown, /does not accept client id and secret/u)
    })

    it('is checked, and all is well', async () => {
      assert.deepEqual(await upstream.check(provider), [])
    })

    it('an address that changes is of the same subject', async () => {
      const { identity: first } = await signIn(upstream, provider)
      const person = server.person as { email?: string; emails?: { email: string }[] }
      const before = structuredClone(person)
      if (person.emails) person.emails = [{ ...person.emails[1], email: 'new@example.com' }]
      else person.email = 'new@example.com'
      const { identity: second } = await signIn(upstream, provider)
      Object.assign(person, before)
      assert.deepEqual([second.subject, second.email], [first.subject, 'new@example.com'])
    })
  })

describe('each provider', () => {
  const needed: Partial<Record<ProviderKind, string>> = {
    github: 'read:user user:email',
    linkedin: 'openid profile email',
    facebook: 'public_profile email',
  }
  for (const [kind, , provider] of servers)
    it(`${kind} is asked for what signing in needs, and no more`, async () => {
      const url = new URL(await upstream.authorizationUrl(provider, newVisit()))
      assert.equal(url.searchParams.get('scope'), needed[kind])
      const more = { ...provider, settings: { ...provider.settings, scopes: ['more', 'email'] } }
      const asked = new URL(await upstream.authorizationUrl(more, newVisit())).searchParams
      assert.deepEqual(asked.get('scope')?.split(' '), [
        ...new Set([...(needed[kind] ?? '').split(' '), 'more', 'email']),
      ])
    })
})

describe('GitHub', () => {
  it('says who somebody is: the number, and the primary address', async () => {
    const { identity, tokens } = await signIn(upstream, githubProvider)
    const { claims, ...said } = identity
    assert.deepEqual(said, {
      issuer: `${github.url}/login/oauth`,
      subject: '583231',
      email: 'ada@example.com',
      emailVerified: true,
      name: 'Ada Lovelace',
      pictureUrl: 'https://avatars.githubusercontent.com/u/583231?v=4',
      amr: [],
      acr: undefined,
      sid: undefined,
    })
    assert.equal((claims as { login: string }).login, 'ada')
    assert.deepEqual([tokens.expiresAt, tokens.refreshToken], [undefined, undefined])
    assert.deepEqual(tokens.scopes, ['read:user', 'user:email'])
  })

  it('gets the code verifier', async () => {
    const answer = await visit(upstream, githubProvider)
    const answered = upstream.identify(githubProvider, { ...answer, codeVerifier: 'x'.repeat(43) })
    await assertRefused(answered, 'answer', /bad_verification_code/u)
  })

  it('an answer of another issuer is refused', async () => {
    const answer = await visit(upstream, githubProvider)
    assert.equal(answer.parameters.get('iss'), `${github.url}/login/oauth`)
    answer.parameters.set('iss', 'https://github.com/login/oauth')
    await assertRefused(upstream.identify(githubProvider, answer), 'answer', /iss/u)
  })

  it('whoever renames the account, or takes a name that became free, is the number', async () => {
    const before = structuredClone(github.person)
    const first = (await signIn(upstream, githubProvider)).identity
    Object.assign(github.person, { id: 99, name: null })
    const second = (await signIn(upstream, githubProvider)).identity
    Object.assign(github.person, before)
    assert.notEqual(second.subject, first.subject)
    assert.equal(second.name, 'ada')
  })

  it('an address that is not verified is not; without a primary one there is none', async () => {
    const { emails } = structuredClone(github.person)
    for (const email of github.person.emails ?? []) email.verified = false
    const unverified = (await signIn(upstream, githubProvider)).identity
    assert.deepEqual([unverified.email, unverified.emailVerified], ['ada@example.com', false])
    for (const others of [emails?.filter(({ primary }) => !primary) ?? [], null]) {
      github.person.emails = others
      const none = (await signIn(upstream, githubProvider)).identity
      assert.deepEqual([none.email, none.emailVerified], [undefined, false])
    }
    github.person.emails = emails
  })

  it('a number that is none is nobody', async () => {
    const { id } = github.person
    for (const wrong of ['583231', 1.5, 1e17, undefined]) {
      Object.assign(github.person, { id: wrong })
      await assertRefused(signIn(upstream, githubProvider), 'answer', /numeric id/u)
    }
    github.person.id = id
  })

  it('has no logout tokens', async () => {
    const judged = upstream.judgeLogoutToken(githubProvider, 'e30.e30.e30')
    await assertRefused(judged, 'answer', /no logout tokens/u)
  })
})

describe('LinkedIn', () => {
  it('says who somebody is, without nonce and without code verifier', async () => {
    const { identity, tokens } = await signIn(upstream, linkedinProvider)
    const { subject, email, emailVerified, name, pictureUrl, issuer } = identity
    assert.deepEqual(
      [issuer, subject, email, name, pictureUrl],
      [linkedin.url, '782bbtaQ', 'ada@example.com', 'Ada Lovelace', linkedin.person.picture],
    )
    // The ID token has the address alone; whether it was verified stands beside the same address in userinfo.
    assert.equal(emailVerified, true)
    assert.deepEqual(tokens.scopes, ['email', 'openid', 'profile'])
    assert.equal(linkedin.exchanges.at(-1)?.has('code_verifier'), false)
  })
})

describe('Facebook', () => {
  it('says who somebody is; its address counts as unverified', async () => {
    const { identity, tokens } = await signIn(upstream, facebookProvider)
    const { subject, email, emailVerified, name, pictureUrl } = identity
    assert.deepEqual(
      [subject, email, emailVerified, name, pictureUrl],
      [
        facebook.person.id,
        'ada@example.com',
        false,
        'Ada Lovelace',
        facebook.person.picture?.data.url,
      ],
    )
    assert.ok(tokens.expiresAt)
  })

  it('without an address and with no picture of one’s own', async () => {
    const before = structuredClone(facebook.person)
    delete facebook.person.email
    facebook.person.picture = { data: { url: 'https://static.example/grey', is_silhouette: true } }
    const { email, pictureUrl } = (await signIn(upstream, facebookProvider)).identity
    Object.assign(facebook.person, before)
    assert.deepEqual([email, pictureUrl], [undefined, undefined])
  })
})
