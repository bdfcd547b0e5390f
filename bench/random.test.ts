/** Chance that repeats itself, and the numbers of the command line. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Random, randomOf } from './random.ts'
import { wholeNumber } from './whole-number.ts'

const ten = (random: Random) => Array.from({ length: 10 }, () => random.below(1000))

test('a seed and a label make the same choices again, another one makes others', () => {
  const choices = ten(randomOf(7, 'schedule'))
  assert.deepEqual(ten(randomOf(7, 'schedule')), choices)
  assert.notDeepEqual(ten(randomOf(8, 'schedule')), choices)
  assert.notDeepEqual(ten(randomOf(7, 'person 1')), choices)
})

test('choices are spread evenly, and nothing is lost in shuffling', () => {
  const random = randomOf(1, 'evenly')
  const hits = Array.from({ length: 40_000 }, () => random.chance(0.25)).filter(Boolean).length
  assert.ok(Math.abs(hits - 10_000) < 500, `${hits}`)
  const values = Array.from({ length: 50 }, (_, i) => i)
  const shuffled = random.shuffled(values)
  assert.notDeepEqual(shuffled, values)
  assert.deepEqual(
    shuffled.toSorted((a, b) => a - b),
    values,
  )
})

test('a number of the command line is whole and within its bounds, or refused in a sentence', () => {
  const bounds = { least: 1, most: 100 }
  assert.equal(wholeNumber('--rounds', undefined, bounds), undefined)
  assert.equal(wholeNumber('--rounds', '100', bounds), 100)
  for (const text of ['0', '101', '1.5', '-1', '', 'ten', '1e2'])
    assert.throws(() => wholeNumber('--rounds', text, bounds), /^Error: --rounds takes 1 to 100\.$/)
})
