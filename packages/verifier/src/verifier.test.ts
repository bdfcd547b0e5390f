/** The verifier against a real HTTP issuer that a test scripts: what is accepted, what is not, and why. */

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { VerifierOptions } from './options.ts'
import { eventually, movableClock } from './testing/conditions.ts'
import {
  claimsOf,
  hashed,
  logId,
  openScriptedIssuer,
  type ScriptedIssuer,
} from './testing/scripted-issuer.ts'
import {
  assertRefused,
  clock,
  events,
  issuer,
  readyVerifier,
  revoke,
  useScriptedIssuer,
} from './testing/verifier-under-test.ts'
import { createVerifier } from './verifier.ts'

useScriptedIssuer()

describe('a good token', () => {
  test('passes, and says who calls, frozen; the second time no signature is checked', async () => {
    const verifier = await readyVerifier()
    const text = issuer.mint({ roles: ['clerk', 'guest', 'constructor'] })
    const claims = claimsOf(text)
    const token = await verifier.verify(text, { scope: 'invoices.read' })
    assert.equal(token.sub, claims.sub)
    assert.equal(token.sessionId, claims.sid)
    assert.equal(token.clientId, 'app')
    assert.deepEqual(token.scopes, ['invoices.read'])
    assert.deepEqual(token.permissions, ['invoices.approve'])
    assert.equal(token.expiresAt.getTime(), Number(claims.exp) * 1000)
    assert.throws(() => (token.claims.roles as string[]).push('administrator'), TypeError)
    assert.equal(await verifier.verify(text), token)
    const { accepted, cacheHits } = verifier.status().counters
    assert.deepEqual({ accepted, cacheHits }, { accepted: 2, cacheHits: 1 })
  })

  test('costs no packet: ten thousand checks, and the issuer was asked for keys and feed once', async () => {
    const verifier = await readyVerifier()
    const tokens = Array.from({ length: 10 }, () => issuer.mint())
    for (let n = 0; n < 10_000; n++) await verifier.verify(tokens[n % 10] as string)
    assert.equal(issuer.asked.length, 2)
  })

  test('of a client that acts for itself, without session, grant and person, passes', async () => {
    const verifier = await readyVerifier()
    const nobody = { sid: undefined, gid: undefined, auth_time: undefined, acr: undefined }
    const text = issuer.mint({ ...nobody, amr: undefined, roles: undefined, scope: undefined })
    const token = await verifier.verify(text)
    assert.deepEqual([token.sessionId, token.roles, token.scopes], [undefined, [], []])
    // What is not there is not "everything", although both have no identifier.
    await revoke(verifier, issuer.entry(1, 'everything'))
    const later = issuer.mint({ ...nobody, rev: 1 })
    assert.ok(await verifier.verify(later))
    await assertRefused(verifier, text, 'revoked')
  })

  test('for one of several audiences passes', async () => {
    const verifier = await readyVerifier({ audience: ['https://old.example', issuer.audience] })
    assert.ok(await verifier.verify(issuer.mint()))
    assert.ok(await verifier.verify(issuer.mint({ aud: ['x', 'https://old.example'] })))
    await assertRefused(verifier, issuer.mint({ aud: 'https://new.example' }), 'other_audience')
  })
})

describe('what a route asks for', () => {
  test('scopes and permissions are all needed; the refusal names the scopes', async () => {
    const verifier = await readyVerifier()
    const text = issuer.mint({ scope: 'invoices.read invoices.write' })
    assert.ok(await verifier.verify(text, { scope: 'invoices.write invoices.read' }))
    assert.ok(await verifier.verify(text, { scope: ['invoices.write'] }))
    await assert.rejects(verifier.verify(text, { scope: 'invoices.read invoices.delete' }), {
      reason: 'insufficient_scope',
      status: 403,
      scope: 'invoices.read invoices.delete',
    })
    await assertRefused(verifier, text, 'insufficient_scope', { scope: 'invoices' })
    assert.ok(await verifier.verify(text, { permission: 'invoices.approve' }))
    const guest = issuer.mint({ roles: ['guest', '__proto__'] })
    await assertRefused(verifier, guest, 'insufficient_permission', {
      permission: 'invoices.approve',
    })
  })

  test('a permission that no role gives, and a class that does not exist, are mistakes of the program', async () => {
    const verifier = await readyVerifier()
    assert.throws(() => verifier.assertMeetable({ permission: 'invoices.aprove' }), TypeError)
    const freshness = 'maybe' as 'deny'
    assert.throws(() => verifier.assertMeetable({ freshness }), TypeError)
    verifier.assertMeetable({ permission: 'invoices.approve', freshness: 'allow' })
  })
})

describe('time', () => {
  test('a token passes until its last second and not in it; one from the future does not', async () => {
    const verifier = await readyVerifier()
    const exp = Math.ceil(clock.wallMs() / 1000) + 60
    const text = issuer.mint({ exp })
    assert.ok(await verifier.verify(text))
    const keepFresh = () => {
      issuer.latest().send()
      return eventually(() => (verifier.status().revocations.ageSeconds ?? 99) < 1)
    }
    clock.pass(exp * 1000 - clock.wallMs() - 500)
    await keepFresh()
    assert.ok(await verifier.verify(text))
    clock.pass(500)
    await assertRefused(verifier, text, 'expired')
    await assertRefused(verifier, issuer.mint({ exp }), 'expired')
    const now = Math.floor(clock.wallMs() / 1000)
    await assertRefused(verifier, issuer.mint({ iat: now + 65 }), 'not_yet_valid')
    await assertRefused(verifier, issuer.mint({ nbf: now + 65 }), 'not_yet_valid')
    await keepFresh()
    assert.ok(await verifier.verify(issuer.mint({ nbf: now - 1, iat: now + 30 })))
  })

  test('a clock that is an hour slow keeps no token alive: the time of the issuer counts', async () => {
    const slow = movableClock()
    slow.wallAheadMs = -3600_000
    const verifier = await readyVerifier({ clock: slow })
    assert.ok(await verifier.verify(issuer.mint()))
    const expired = issuer.mint({ exp: Math.floor(clock.wallMs() / 1000) - 5 })
    await assertRefused(verifier, expired, 'expired')
    assert.ok(events.some((event) => event.kind === 'clock_skew' && event.seconds < -3500))
  })

  test('a clock that is an hour fast, and is put right, brings back nothing that was revoked', async () => {
    const fast = movableClock()
    fast.wallAheadMs = 3600_000
    const verifier = await readyVerifier({ clock: fast })
    const text = issuer.mint()
    const { sid } = claimsOf(text)
    const inTenMinutes = { expiresAt: new Date(clock.wallMs() + 600_000).toISOString() }
    await revoke(verifier, issuer.entry(1, 'sid', sid, inTenMinutes))
    await assertRefused(verifier, text, 'expired')
    // Enough steps for every part of the table to be looked through.
    for (let n = 0; n < 64; n++) issuer.latest().send({ position: '1', ageMs: n })
    await eventually(() => (verifier.status().revocations.ageSeconds ?? 0) > 0.06)
    fast.wallAheadMs = 0
    await assertRefused(verifier, text, 'revoked')
  })
})

describe('a revoked token', () => {
  for (const claim of ['jti', 'gid', 'sid'] as const) {
    test(`is dead when its ${claim} is named, wherever it stands in the log`, async () => {
      const verifier = await readyVerifier()
      const text = issuer.mint({ rev: 1000 })
      const other = issuer.mint({ rev: 0 })
      assert.ok(await verifier.verify(text))
      await revoke(verifier, issuer.entry(1, claim, claimsOf(text)[claim]))
      await assertRefused(verifier, text, 'revoked')
      assert.ok(await verifier.verify(other))
    })
  }

  for (const claim of ['sub', 'client_id', 'everything'] as const) {
    test(`is dead when ${claim} is cut after its position, and no other is`, async () => {
      const verifier = await readyVerifier()
      const shared = { sub: 'ada', client_id: 'app' }
      const [before, after] = [
        issuer.mint({ ...shared, rev: 4 }),
        issuer.mint({ ...shared, rev: 5 }),
      ]
      assert.ok(await verifier.verify(before))
      issuer.latest().send({ position: '4' })
      await eventually(() => verifier.status().revocations.position === 4)
      await revoke(
        verifier,
        issuer.entry(5, claim, { sub: 'ada', client_id: 'app', everything: '' }[claim]),
      )
      await assertRefused(verifier, before, 'revoked')
      assert.ok(await verifier.verify(after))
      const stranger = issuer.mint({ sub: 'bob', client_id: 'other', rev: 4 })
      if (claim === 'everything') await assertRefused(verifier, stranger, 'revoked')
      else assert.ok(await verifier.verify(stranger))
    })
  }

  test('lives on where its session is the one that goes on, until the next cut', async () => {
    const verifier = await readyVerifier()
    const mine = issuer.mint({ sub: 'ada', sid: 'here' })
    const theirs = issuer.mint({ sub: 'ada', sid: 'there' })
    const offline = issuer.mint({ sub: 'ada', sid: undefined })
    const exceptSession = hashed(issuer.url, 'sid', 'here')
    await revoke(verifier, issuer.entry(1, 'sub', 'ada', { exceptSession }))
    assert.ok(await verifier.verify(mine))
    await assertRefused(verifier, theirs, 'revoked')
    await assertRefused(verifier, offline, 'revoked')
    const another = { exceptSession: hashed(issuer.url, 'sid', 'there') }
    await revoke(verifier, issuer.entry(2, 'sub', 'ada', another))
    await assertRefused(verifier, mine, 'revoked')
  })

  test('that only says something outdated is refused as such, unless it is dead as well', async () => {
    const verifier = await readyVerifier()
    const text = issuer.mint({ sub: 'ada' })
    await revoke(verifier, issuer.entry(1, 'sub', 'ada', { kind: 'REVOCATION_KIND_STALE' }))
    await assertRefused(verifier, text, 'outdated')
    await revoke(verifier, issuer.entry(2, 'sid', claimsOf(text).sid))
    await assertRefused(verifier, text, 'revoked')
  })

  test('is refused although it was revoked before it was first seen', async () => {
    const text = issuer.mint()
    issuer.onWatch = (feed) =>
      feed.send({
        reset: true,
        entries: [issuer.entry(1, 'jti', claimsOf(text).jti)],
        position: '1',
      })
    await assertRefused(await readyVerifier(), text, 'revoked')
  })

  test('between verify and use is refused at the next verify, not later', async () => {
    const verifier = await readyVerifier()
    const text = issuer.mint()
    assert.ok(await verifier.verify(text))
    await revoke(verifier, issuer.entry(1, 'jti', claimsOf(text).jti))
    await assertRefused(verifier, text, 'revoked')
  })

  test('stays dead while the view is old, on a route that allows an old view, too', async () => {
    const verifier = await readyVerifier()
    const text = issuer.mint()
    await revoke(verifier, issuer.entry(1, 'jti', claimsOf(text).jti))
    clock.pass(60_000)
    for (const freshness of ['deny', 'allow', 'introspect'] as const) {
      await assertRefused(verifier, text, 'revoked', { freshness })
    }
    assert.equal(verifier.status().counters.introspections, 0)
  })
})

describe('two issuers in one process', () => {
  let other: ScriptedIssuer
  before(async () => {
    other = await openScriptedIssuer()
  })
  after(() => other.stop())

  test('do not mix: neither tokens nor keys nor revocations', async () => {
    const one = await readyVerifier()
    const { audience, client } = other
    const two = await readyVerifier({ issuer: other.url, audience, client })
    const same = { jti: 'j', sid: 's', sub: 'ada' }
    const [ours, theirs] = [issuer.mint(same), other.mint(same)]
    assert.ok(await one.verify(ours))
    assert.ok(await two.verify(theirs))
    await assertRefused(one, theirs, 'unknown_key')
    await assertRefused(two, ours, 'unknown_key')
    await revoke(one, issuer.entry(1, 'sid', 's'), issuer.entry(2, 'everything'))
    await assertRefused(one, ours, 'revoked')
    assert.ok(await two.verify(theirs))
    // The same key at both issuers: the name in the token still decides.
    other.keys.push(...issuer.keys)
    const verifier = await readyVerifier({ issuer: other.url, audience, client })
    await assertRefused(verifier, issuer.mint(), 'other_issuer')
  })
})

describe('options', () => {
  test('that could not work or would be unsafe are refused with the name of the option', () => {
    const good = { issuer: 'https://a.example', audience: 'a', client: { id: 'a', secret: 'b' } }
    const wrong: [string, object][] = [
      ['issuer', { issuer: 'http://a.example' }],
      ['issuer', { issuer: 'https://a.example?x=1' }],
      ['issuer', { issuer: 'a.example' }],
      ['issuer', { issuer: 'https://user@a.example' }],
      ['url', { url: 'http://10.0.0.1' }],
      ['audience', { audience: '' }],
      ['audience', { audience: [] }],
      ['client', { client: undefined }],
      ['client', { client: { id: 'a', secret: '' } }],
      ['algorithms', { algorithms: [] }],
      ['algorithms', { algorithms: ['none'] }],
      ['algorithms', { algorithms: ['HS256'] }],
      ['freshness', { freshness: 'sometimes' }],
      ['stalenessBudgetSeconds', { stalenessBudgetSeconds: 0 }],
      ['stalenessBudgetSeconds', { stalenessBudgetSeconds: Number.NaN }],
      ['entriesMax', { entriesMax: -1 }],
    ]
    for (const [name, option] of wrong) {
      const options = { ...good, ...option } as VerifierOptions
      assert.throws(() => createVerifier(options), new RegExp(`^TypeError: ${name}:`), name)
    }
  })

  test('a hook that throws decides nothing', async () => {
    const verifier = await readyVerifier({
      onEvent() {
        throw new Error('a hook')
      },
    })
    assert.ok(await verifier.verify(issuer.mint()))
  })

  test('what is no string is refused, not a crash', async () => {
    const verifier = await readyVerifier()
    for (const value of [undefined, null, 7, {}, ['x']]) {
      await assertRefused(verifier, value as unknown as string, 'malformed')
    }
    assert.equal(verifier.status().counters.refused.malformed, 5)
    assert.equal(logId, verifier.status().revocations.logId)
  })
})
