/** Time limits that share timers: each call is ended at its own time and once, and none that has ended before. */

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { TimeLimit } from './time-limit.ts'

/** Limits by a clock that stands still until it is moved. No two tests share a limit, so none shares a timer with another. */
function setUp(t: TestContext, timeoutMs: number) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let nowMs = 0
  const late: string[] = []
  return {
    late,
    limit: (name: string) => new TimeLimit(nowMs, timeoutMs, () => late.push(name)),
    pass(ms: number) {
      nowMs += ms
      t.mock.timers.tick(ms)
    },
  }
}

test('a call is ended when its time is over, not before, and once', (t) => {
  const { limit, pass, late } = setUp(t, 1001)
  limit('call')
  pass(1000)
  assert.deepEqual(late, [])
  pass(11)
  assert.deepEqual(late, ['call'])
  pass(5000)
  assert.deepEqual(late, ['call'])
})

test('one that has ended is left alone, whichever of its moment it was', (t) => {
  for (const ended of [0, 1, 2]) {
    const { limit, pass, late } = setUp(t, 2000 + ended)
    const names = ['first', 'second', 'third']
    const limits = names.map(limit)
    limits[ended]?.lift()
    pass(3000)
    assert.deepEqual(late, names.toSpliced(ended, 1))
    t.mock.timers.reset()
  }
})

test('no call is ended before its own time, however early others of its moment began', (t) => {
  const { limit, pass, late } = setUp(t, 3001)
  limit('first')
  pass(9)
  limit('of the same moment')
  pass(1)
  limit('of the next')
  pass(2999)
  assert.deepEqual(late, [])
  pass(2)
  assert.deepEqual(late, ['first', 'of the same moment'])
  pass(10)
  assert.deepEqual(late, ['first', 'of the same moment', 'of the next'])
})

test('calls of one moment share a timer, and different limits do not', (t) => {
  const { limit, pass } = setUp(t, 4001)
  const timers = t.mock.method(globalThis, 'setTimeout')
  for (let call = 0; call < 100; call += 1) limit(String(call))
  assert.equal(timers.mock.callCount(), 1)
  new TimeLimit(0, 4002, () => {})
  assert.equal(timers.mock.callCount(), 2)
  pass(10)
  limit('later')
  assert.equal(timers.mock.callCount(), 3)
})

test('one that ends after its time was over, or twice, disturbs no other', (t) => {
  const { limit, pass, late } = setUp(t, 6001)
  const limits = ['first', 'second'].map(limit)
  pass(6011)
  const others = ['third', 'fourth', 'fifth'].map(limit)
  for (const each of [...limits, others[0], others[0]]) each?.lift()
  pass(6011)
  assert.deepEqual(late, ['first', 'second', 'fourth', 'fifth'])
})

test('a timer that nobody waits for is cleared, however many different limits callers choose', (t) => {
  const { limit, pass } = setUp(t, 7001)
  const [timers, cleared] = [
    t.mock.method(globalThis, 'setTimeout'),
    t.mock.method(globalThis, 'clearTimeout'),
  ]
  const early = limit('early')
  pass(10)
  early.lift()
  limit('next').lift()
  assert.deepEqual([timers.mock.callCount(), cleared.mock.callCount()], [2, 1])
  for (let call = 0; call < 100; call += 1) new TimeLimit(0, 8000 + call / 100, () => {}).lift()
  assert.ok(cleared.mock.callCount() > 90, String(cleared.mock.callCount()))
  pass(20_000)
})

test('one that is ended may end others and begin anew', (t) => {
  const { limit, pass, late } = setUp(t, 5001)
  const ends = new TimeLimit(0, 5001, () => {
    late.push('ends')
    other.lift()
    limit('anew')
  })
  const other = limit('other')
  limit('last')
  pass(5011)
  assert.deepEqual(late, ['ends', 'last'])
  ends.lift()
  pass(5011)
  assert.deepEqual(late, ['ends', 'last', 'anew'])
})
