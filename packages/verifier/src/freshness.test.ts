/** What a verifier does while it cannot know what was revoked: each class of routes, and introspection. */

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { RefusalReason } from './refusal.ts'
import { eventually } from './testing/conditions.ts'
import { claimsOf } from './testing/scripted-issuer.ts'
import {
  assertRefused,
  clock,
  events,
  issuer,
  openVerifier,
  readyVerifier,
  useScriptedIssuer,
} from './testing/verifier-under-test.ts'

useScriptedIssuer()

describe('while the view is old', () => {
  test('each route does what its class says; when the feed is back, all is as before', async () => {
    const verifier = await readyVerifier()
    const text = issuer.mint()
    clock.pass(9_000)
    assert.ok(await verifier.verify(text))
    clock.pass(1_500)
    await assert.rejects(verifier.verify(text), {
      reason: 'stale_view',
      status: 503,
      retryAfterSeconds: 2,
    })
    assert.ok(await verifier.verify(text, { freshness: 'allow' }))
    assert.ok(await verifier.verify(text, { freshness: 'introspect' }))
    issuer.active = false
    await assertRefused(verifier, text, 'revoked', { freshness: 'introspect' })
    issuer.latest().send()
    await eventually(() => (verifier.status().revocations.ageSeconds ?? 99) < 1)
    assert.ok(await verifier.verify(text))
    const told = events.map(({ kind }) => kind).filter((kind) => kind.startsWith('view_'))
    assert.deepEqual(told, ['view_stale', 'view_fresh'])
  })

  test('the age that the issuer states counts from the beginning', async () => {
    const verifier = await readyVerifier()
    const text = issuer.mint()
    issuer.latest().send({ ageMs: 9_000 })
    await eventually(() => (verifier.status().revocations.ageSeconds ?? 0) > 8)
    assert.ok(await verifier.verify(text))
    clock.pass(1_100)
    await assertRefused(verifier, text, 'stale_view')
  })

  test('either clock makes it old: a suspended laptop, a wall clock that was put back', async () => {
    const verifier = await readyVerifier()
    const text = issuer.mint()
    clock.wallAheadMs += 60_000
    await assertRefused(verifier, text, 'stale_view')
    clock.wallAheadMs -= 3660_000
    assert.ok(await verifier.verify(issuer.mint({ exp: Math.floor(Date.now() / 1000) + 300 })))
    clock.monotonicAheadMs += 11_000
    await assertRefused(verifier, text, 'stale_view')
  })

  test('a token that expires is refused, on a route that allows an old view, too', async () => {
    const verifier = await readyVerifier({ freshness: 'allow' })
    const text = issuer.mint()
    clock.pass(299_000)
    assert.ok(await verifier.verify(text))
    clock.pass(2_000)
    await assertRefused(verifier, text, 'expired')
  })

  test('before the first snapshot is whole nothing passes, but by introspection', async () => {
    issuer.onWatch = (feed) => feed.send({ reset: true, complete: false })
    const verifier = openVerifier()
    await eventually(() => verifier.status().revocations.connected)
    const text = issuer.mint()
    await assertRefused(verifier, text, 'stale_view')
    await assertRefused(verifier, text, 'stale_view', { freshness: 'allow' })
    assert.ok(await verifier.verify(text, { freshness: 'introspect' }))
    await assert.rejects(verifier.ready({ timeoutMs: 50 }), /not there after 50 ms/)
    issuer.latest().send({ complete: true })
    await verifier.ready()
    assert.ok(await verifier.verify(text))
  })

  test('what is revoked while the snapshot is loading is known when it is whole', async () => {
    const text = issuer.mint()
    issuer.onWatch = (feed) => feed.send({ reset: true, complete: false, position: '1' })
    const verifier = openVerifier()
    await eventually(() => issuer.connections.length === 1)
    const entry = issuer.entry(2, 'jti', claimsOf(text).jti)
    issuer.latest().send({ entries: [entry], position: '2', complete: false })
    issuer.latest().send({ position: '2' })
    await verifier.ready()
    await assertRefused(verifier, text, 'revoked')
  })
})

describe('introspection', () => {
  const introspect = { freshness: 'introspect' } as const

  test('is asked as the client, once for many requests with one token, never for an invented one', async () => {
    const verifier = await readyVerifier()
    const text = issuer.mint()
    clock.pass(60_000)
    await Promise.all(Array.from({ length: 20 }, () => verifier.verify(text, introspect)))
    const calls = issuer.asked.filter(({ path }) => path === '/oauth2/introspect')
    assert.equal(calls.length, 1)
    const form = new URLSearchParams(calls[0]?.body)
    assert.deepEqual([form.get('token'), form.get('token_type_hint')], [text, 'access_token'])
    const basic = Buffer.from(calls[0]?.authorization?.slice('Basic '.length) ?? '', 'base64')
    assert.equal(basic.toString(), 'ledger:s%3Ae+c%25ret')
    await assertRefused(verifier, `${text.slice(0, -4)}AAAA`, 'wrong_signature', introspect)
    assert.equal(issuer.timesAsked('/oauth2/introspect'), 1)
  })

  test('that cannot be made, or answers nonsense, is 503; another token in the answer is no yes', async () => {
    const verifier = await readyVerifier()
    const text = issuer.mint({ sub: 'ada' })
    clock.pass(60_000)
    const answers: [string | number, RefusalReason][] = [
      [500, 'introspection_unavailable'],
      [401, 'introspection_unavailable'],
      ['<html>', 'introspection_unavailable'],
      ['{"active":"true"}', 'revoked'],
      ['null', 'revoked'],
      ['{"active":true,"sub":"bob"}', 'revoked'],
    ]
    for (const [answer, reason] of answers) {
      issuer.answer('/oauth2/introspect', (_, response) => {
        if (typeof answer === 'number') response.statusCode = answer
        response.end(String(answer))
      })
      await assertRefused(verifier, text, reason, introspect)
    }
    issuer.answer('/oauth2/introspect', (_, response) =>
      response.writeHead(307, { location: `${issuer.url}/elsewhere` }).end(),
    )
    await assertRefused(verifier, text, 'introspection_unavailable', introspect)
    assert.equal(issuer.timesAsked('/elsewhere'), 0)
    await issuer.stop()
    await assertRefused(verifier, text, 'introspection_unavailable', introspect)
  })
})
