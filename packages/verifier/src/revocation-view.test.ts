/** What is known of the log, and how old it is, whatever steps come in whatever order. */

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { AccessTokenClaims } from './claims.ts'
import { FeedError, type FeedStep, parseFeedStep } from './feed-step.ts'
import { type HashWords, openIdentifierHashes } from './hashed-identifier.ts'
import { openRevocationView } from './revocation-view.ts'
import { movableClock } from './testing/conditions.ts'
import { hashed } from './testing/scripted-issuer.ts'

const issuer = 'https://issuer.test'

function openView(entriesMax = 1000) {
  const clock = movableClock()
  const view = openRevocationView({ clock, entriesMax, earliestNowMs: clock.wallMs })
  return {
    clock,
    view,
    apply: (more: Partial<FeedStep>, heldBackMs = 0) =>
      view.apply({ ...step, ...more }, heldBackMs),
    isDead: (jti: string) => view.judge(wordsOf(jti), 0) !== undefined,
  }
}

const step: FeedStep = {
  logId: 'log',
  reset: false,
  entries: [],
  position: 0,
  complete: true,
  ageMs: 0,
  report: false,
  clockMs: 0,
}

function wordsOf(jti: string): HashWords {
  return openIdentifierHashes(issuer)({ jti, sub: 's', client_id: 'c' } as AccessTokenClaims)
}

function entriesOf(...revoked: [position: number, jti: string][]) {
  return parseFeedStep(
    JSON.stringify({
      logId: 'log',
      entries: revoked.map(([position, jti]) => ({
        position,
        kind: 'REVOCATION_KIND_ENDED',
        scope: 'REVOCATION_SCOPE_TOKEN',
        value: hashed(issuer, 'jti', jti),
        expiresAt: '2999-01-01T00:00:00Z',
      })),
    }),
  ).entries
}

describe('a snapshot', () => {
  test('is built beside what is known, which serves and ages until it is whole', () => {
    const { view, clock, apply, isDead } = openView()
    apply({ reset: true, entries: entriesOf([5, 'old']), position: 5 })
    clock.pass(3_000)
    apply({ logId: 'new', reset: true, entries: entriesOf([9, 'a']), position: 9, complete: false })
    assert.deepEqual([isDead('old'), isDead('a')], [true, false])
    assert.ok(view.ageMs() >= 3_000)
    assert.equal(view.known()?.logId, 'log')
    apply({ logId: 'new', entries: entriesOf([10, 'b']), position: 10 })
    assert.deepEqual([isDead('old'), isDead('a'), isDead('b')], [false, true, true])
    assert.ok(view.ageMs() < 1_000)
    assert.equal(view.known()?.logId, 'new')
  })

  test('of a log that goes on from another one leaves what was known standing, until it expires', () => {
    const { view, clock, apply, isDead } = openView()
    const expiresAt = Math.floor(clock.wallMs() / 1000) + 300
    const [old] = entriesOf([5, 'old'])
    assert.ok(old)
    apply({ reset: true, entries: [{ ...old, expiresAt }], position: 5 })
    for (const logId of ['second', 'third']) {
      const position = 2 ** 32 * (logId === 'second' ? 1 : 2)
      apply({ logId, reset: true, entries: entriesOf([position, logId]), position })
      assert.deepEqual([isDead('old'), isDead(logId), isDead('a')], [true, true, false])
    }
    assert.deepEqual([view.known()?.entries, isDead('second')], [3, true])
    clock.pass(301_000)
    // An entry is dropped within a minute of steps.
    for (let n = 1; n <= 60; n += 1) apply({ logId: 'third', position: 2 ** 33 + n })
    assert.deepEqual([view.known()?.entries, isDead('old')], [2, false])
  })

  test('that was cut goes on where it ended', () => {
    const { view, apply, isDead } = openView()
    apply({ reset: true, entries: entriesOf([5, 'a']), position: 5, complete: false })
    assert.deepEqual(view.place(), { logId: 'log', position: 5 })
    assert.equal(view.known(), undefined)
    apply({ entries: entriesOf([6, 'b']), position: 6 })
    assert.deepEqual([isDead('a'), isDead('b')], [true, true])
  })

  test('of an instance that is behind is not believed before it has caught up', () => {
    const { view, clock, apply, isDead } = openView()
    apply({ reset: true, entries: entriesOf([5, 'a'], [6, 'b']), position: 6 })
    clock.pass(4_000)
    apply({ reset: true, entries: entriesOf([5, 'a']), position: 5 })
    assert.equal(isDead('b'), true)
    assert.ok(view.ageMs() >= 4_000)
    apply({ entries: entriesOf([6, 'b'], [7, 'c']), position: 7 })
    assert.deepEqual([isDead('b'), isDead('c')], [true, true])
    assert.ok(view.ageMs() < 1_000)
  })
})

describe('a step that cannot be', () => {
  test('changes nothing, and the log is read anew beside what is known', () => {
    const wrong: Partial<FeedStep>[] = [
      { position: 5 },
      { logId: 'another', position: 7 },
      { logId: 'another', position: 5, entries: entriesOf([7, 'x']) },
    ]
    for (const step of wrong) {
      const { view, clock, apply, isDead } = openView()
      apply({ reset: true, entries: entriesOf([6, 'a']), position: 6 })
      clock.pass(4_000)
      assert.throws(() => apply(step), FeedError)
      view.distrust()
      assert.deepEqual([isDead('a'), isDead('x')], [true, false])
      assert.ok(view.ageMs() >= 4_000, 'the age is not renewed')
      assert.deepEqual(view.place(), { logId: '', position: 0 })
      apply({ reset: true, position: 6, complete: false })
      assert.deepEqual(view.place(), { logId: 'log', position: 6 })
    }
  })

  test('is a first one that is no snapshot', () => {
    assert.throws(() => openView().apply({}), FeedError)
  })

  test('is one entry too many: what is known does not grow, is not renewed, and goes stale', () => {
    const { view, clock, apply } = openView(2)
    apply({ reset: true, entries: entriesOf([1, 'a'], [2, 'b']), position: 2 })
    clock.pass(4_000)
    assert.throws(() => apply({ entries: entriesOf([3, 'c']), position: 3 }), /raise entriesMax/)
    assert.ok(view.ageMs() >= 4_000)
  })
})

describe('the age', () => {
  test('is infinite before the first snapshot is whole', () => {
    const { view, apply } = openView()
    assert.equal(view.ageMs(), Number.POSITIVE_INFINITY)
    apply({ reset: true, complete: false })
    assert.equal(view.ageMs(), Number.POSITIVE_INFINITY)
    apply({})
    assert.ok(view.ageMs() < 1_000)
  })

  test('is what the issuer says, plus the way, plus what has passed since', () => {
    const { view, clock, apply } = openView()
    apply({ reset: true, ageMs: 300 }, 2_000)
    clock.pass(1_000)
    assert.ok(view.ageMs() >= 3_300 && view.ageMs() < 4_300)
    apply({ complete: false, ageMs: 0 })
    assert.ok(view.ageMs() >= 3_300, 'a step that is not complete renews nothing')
  })
})

describe('a step', () => {
  const good = {
    logId: 'log',
    position: '7',
    clockMs: '1',
    entries: [
      {
        position: '7',
        kind: 'REVOCATION_KIND_ENDED',
        scope: 'REVOCATION_SCOPE_SUBJECT',
        value: hashed(issuer, 'sub', 'ada'),
        expiresAt: '2999-01-01T00:00:00Z',
      },
    ],
  }

  test('may hold what is not known yet, and leave out what is zero', () => {
    const parsed = parseFeedStep(JSON.stringify({ ...good, colour: 'blue' }))
    assert.equal(parsed.position, 7)
    assert.deepEqual([parsed.reset, parsed.complete, parsed.ageMs], [false, false, 0])
  })

  test('that is half understood is not understood', () => {
    const [entry] = good.entries
    const wrong = [
      '',
      '[]',
      'null',
      '{',
      ...[
        { logId: '' },
        { logId: 7 },
        { position: '-1' },
        { position: '1.5' },
        { position: '9007199254740993' },
        { position: '99999999999999999999' },
        { complete: 'true' },
        { ageMs: -5 },
        { ageMs: null, clockMs: 'x' },
        { entries: {} },
        { entries: [null] },
        { entries: [{ ...entry, kind: 'REVOCATION_KIND_PAUSED' }] },
        { entries: [{ ...entry, kind: undefined }] },
        { entries: [{ ...entry, scope: 'REVOCATION_SCOPE_DEVICE' }] },
        { entries: [{ ...entry, value: 'AAAA' }] },
        { entries: [{ ...entry, value: undefined }] },
        { entries: [{ ...entry, exceptSession: 'AAAA' }] },
        { entries: [{ ...entry, expiresAt: 'soon' }] },
        { entries: [{ ...entry, expiresAt: undefined }] },
      ].map((change) => JSON.stringify({ ...good, ...change })),
    ]
    for (const line of wrong) assert.throws(() => parseFeedStep(line), FeedError, line)
  })
})
