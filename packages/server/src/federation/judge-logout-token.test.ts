/** Logout tokens of providers: each check of OpenID Connect Back-Channel Logout 1.0 §2.6, wrong once. */

import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { configured, openTestUpstream } from './testing/federated.ts'
import {
  hmacSigned,
  openHostileIssuer,
  strangelySigned,
  unsigned,
} from './testing/hostile-issuer.ts'
import { assertRefused } from './testing/refused.ts'

type Claims = Record<string, unknown>

const issuer = await openHostileIssuer()
after(issuer.close)
const provider = configured('oidc', issuer)
const upstream = openTestUpstream()
const event = 'http://schemas.openid.net/event/backchannel-logout'
const seconds = () => Math.floor(Date.now() / 1000)

const claimsOf = (changes: Claims = {}): Claims => ({
  iss: issuer.issuer,
  aud: issuer.clientId,
  iat: seconds(),
  exp: seconds() + 120,
  jti: 'one of a kind',
  events: { [event]: {} },
  sub: 'ada',
  sid: 'a session',
  ...changes,
})
const header = { kid: issuer.kid, typ: 'logout+jwt' }
const judge = async (changes: Claims, headerChanges: Claims = {}) =>
  upstream.judgeLogoutToken(
    provider,
    await issuer.sign({ ...header, ...headerChanges }, claimsOf(changes)),
  )

describe('a logout token', () => {
  it('says whose session has ended', async () => {
    const exp = seconds() + 120
    assert.deepEqual(await judge({ exp }), {
      issuer: issuer.issuer,
      subject: 'ada',
      sid: 'a session',
      jti: 'one of a kind',
      expiresAt: new Date((exp + 60) * 1000),
    })
  })

  it('may say the person alone, or the session alone, and no type', async () => {
    const person = await judge({ sid: undefined }, { typ: undefined })
    assert.deepEqual([person.subject, person.sid], ['ada', undefined])
    const session = await judge({ sub: undefined }, { typ: 'JWT' })
    assert.deepEqual([session.subject, session.sid], [undefined, 'a session'])
  })

  for (const [what, changes, message] of [
    ['of another issuer', { iss: 'https://accounts.google.com' }, /issuer/u],
    ['for another client', { aud: 'another' }, /client/u],
    ['that has expired', { exp: seconds() - 60 }, /expired/u],
    ['that does not expire', { exp: undefined }, /time/u],
    ['of no time', { iat: undefined }, /time/u],
    ['of the future', { iat: seconds() + 60 }, /future/u],
    ['about nobody', { sub: undefined, sid: undefined }, /neither whom nor which/u],
    ['about an empty session', { sid: '' }, /text/u],
    ['about a number', { sub: 7 }, /text/u],
    ['about no event', { events: undefined }, /event/u],
    ['about another event', { events: { 'https://example.com/other': {} } }, /event/u],
    ['about events in a list', { events: [event] }, /event/u],
    ['about an event that is true', { events: { [event]: true } }, /event/u],
    ['with a nonce', { nonce: 'x' }, /nonce/u],
    ['with a nonce of null', { nonce: null }, /nonce/u],
    ['without an identifier', { jti: undefined }, /identifier/u],
    ['with an identifier that is no text', { jti: 7 }, /identifier/u],
    ['with an identifier without end', { jti: 'x'.repeat(256) }, /identifier/u],
  ] as const)
    it(`${what} is refused`, () => assertRefused(judge(changes), 'answer', message))

  it('of another type is refused', () =>
    assertRefused(judge({}, { typ: 'at+jwt' }), 'answer', /type/u))

  for (const [what, forge, message] of [
    ['not signed', unsigned, /algorithm/u],
    ['signed with the client secret', hmacSigned(issuer.clientSecret), /algorithm/u],
    ['signed by somebody else', strangelySigned, /signature/u],
  ] as const)
    it(`${what} is refused`, async () => {
      const token = forge({ alg: 'RS256', ...header }, claimsOf())
      await assertRefused(upstream.judgeLogoutToken(provider, token), 'answer', message)
    })

  for (const text of ['', 'x', 'a.b.c', '....', 'x'.repeat(100_000)])
    it(`that is ${JSON.stringify(text.slice(0, 10))} is refused`, () =>
      assertRefused(upstream.judgeLogoutToken(provider, text), 'answer', /JWS|longer/u))

  it('an ID token is none', async () => {
    const idToken = await issuer.sign(
      { ...header, typ: 'JWT' },
      { ...claimsOf({ events: undefined, jti: undefined }), nonce: 'x' },
    )
    await assertRefused(upstream.judgeLogoutToken(provider, idToken), 'answer', /event/u)
  })
})
