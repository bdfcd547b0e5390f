/** The harness: its arithmetic, its children and its table. Figures are printed, never asserted. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startChild } from './child.ts'
import { type Finding, isMet } from './finding.ts'
import { httpContender } from './load/http-contender.ts'
import { replaceBlock } from './page.ts'
import { markdownTable, table } from './report.ts'
import { type Contender, interleave, median, percentile, ratios, type Slice } from './slices.ts'

function slice(operations: number, seconds = 1): Slice {
  return { operations, begun: operations, seconds, p50Ms: 1, p99Ms: 1 }
}

test('medians and percentiles', () => {
  assert.equal(median([3, 1, 2]), 2)
  assert.equal(median([4, 1, 2, 3]), 2.5)
  assert.equal(median([7]), 7)
  assert.ok(Number.isNaN(median([])))
  assert.equal(percentile([5, 1, 4, 2, 3], 0.5), 3)
  assert.equal(percentile([5, 1, 4, 2, 3], 0.99), 5)
  assert.equal(percentile([1, 2], 0), 1)
})

test('ratios are taken within a round', () => {
  assert.deepEqual(ratios([slice(10), slice(40, 2)], [slice(20), slice(10)]), [0.5, 2])
})

test('contenders take turns, backwards in every other round, after a warm-up that does not count', async () => {
  const turns: string[] = []
  const contender = (name: string): Contender => ({
    name,
    run: async (seconds) => {
      turns.push(name)
      return slice(turns.length, seconds)
    },
  })
  const series = await interleave([contender('a'), contender('b')], {
    rounds: 3,
    secondsPerSlice: 2,
    progress() {},
  })
  assert.equal(turns.join(''), 'ab' + 'ab' + 'ba' + 'ab')
  assert.deepEqual(
    series.get('a')?.map(({ operations }) => operations),
    [3, 6, 7],
  )
})

test('goals count from both sides, and the table says so', () => {
  const finding: Finding = { what: 'a', unit: 'x', measured: 0.9, rounds: [0.8, 1], detail: 'why' }
  assert.equal(isMet(finding), undefined)
  assert.equal(isMet({ ...finding, goal: { atLeast: 0.9 } }), true)
  assert.equal(isMet({ ...finding, goal: { atLeast: 0.91 } }), false)
  assert.equal(isMet({ ...finding, goal: { atMost: 0.9 } }), true)
  const text = table([
    { ...finding, goal: { atLeast: 0.91 } },
    { ...finding, unit: 'MB', measured: 120, goal: { atMost: 150 } },
  ])
  assert.match(text, /a +≥ 0\.91x +0\.90x +NOT MET +0\.80 … 1\.00 +why/)
  assert.match(text, /≤ 150 MB +120 MB +met/)
})

test('a slice of each limit, with real processes and sockets', async () => {
  const argon2 = startChild('./limits/raw-argon2.ts')
  const load = startChild('./load/http-load.ts')
  const bare = startChild('./limits/bare-fastify.ts')
  try {
    const hashes = await argon2.ask<Slice>({ seconds: 1 })
    assert.ok(hashes.operations > 0)
    const origin = await bare.ask<string>({})
    const target = { name: 'bare', origin, pids: [bare.pid], connections: 2 }
    const get = { method: 'GET', path: '/get' } as const
    const answered = await httpContender(load, { ...target, requests: [get] }).run(1)
    assert.ok(answered.operations > 0)
    assert.ok(answered.p50Ms <= answered.p99Ms)

    const missing = { method: 'GET', path: '/missing' } as const
    await assert.rejects(
      httpContender(load, { ...target, requests: [missing] }).run(0.2),
      /answered HTTP\/1\.1 404/,
    )
    const refused = { method: 'POST', path: '/post', json: { identifier: '' } } as const
    await assert.rejects(
      httpContender(load, { ...target, requests: [refused] }).run(0.2),
      /answered HTTP\/1\.1 400/,
    )
  } finally {
    for (const child of [argon2, load, bare]) await child.stop()
  }
})

test('a child that ends or fails is told, and stopping it twice is fine', async () => {
  const load = startChild('./load/http-load.ts')
  const nobody = { origin: 'http://127.0.0.1:1', requests: [], connections: 1, seconds: 0.1 }
  await assert.rejects(load.ask(nobody), /ECONNREFUSED/)
  await load.stop()
  await load.stop()
  await assert.rejects(load.ask(nobody))
})

test('a command writes its figures at their place of a page, and nowhere else', () => {
  const page = 'before\n\n<!-- a -->\nold\n<!-- /a -->\n\n<!-- ab -->\n<!-- /ab -->\nafter\n'
  const finding: Finding = { what: 'a', unit: 'x', measured: 0.9, rounds: [0.8, 1], detail: 'why' }
  const once = replaceBlock(page, 'a', markdownTable([finding]))
  assert.match(
    once,
    /before\n\n<!-- a -->\n\n\|.*\n\| --- .*\n\| a \| – \| 0\.90x .*why \|\n\n<!-- \/a -->\n/,
  )
  assert.match(once, /<!-- ab -->\n<!-- \/ab -->\nafter\n$/)
  assert.equal(replaceBlock(once, 'a', markdownTable([finding])), once)
  assert.throws(() => replaceBlock(page, 'b', []), /no place for b/)
})
