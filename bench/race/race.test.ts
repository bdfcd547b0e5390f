/** Every race, a few rounds each, with a fixed seed: the full number is `npm run bench:race`. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { runRace } from './race.ts'
import { races } from './races.ts'
import { openWorld, users, type World } from './world.ts'

const seed = 20_261_129
/** Of the others one: they compute a hundred password hashes in a round. */
const roundsOf: Readonly<Record<string, number>> = {
  refresh: 12,
  'authorization-code': 5,
  'sign-out': 3,
  'refresh-and-sign-out': 5,
}

let world: World

before(async () => {
  world = await openWorld()
})
after(() => world.stop())

for (const race of races) {
  test(`${race.name}: ${race.about}`, async () => {
    const rounds = roundsOf[race.name] ?? 1
    const result = await runRace(world, race, { rounds, seed, progress() {} })
    assert.deepEqual(result.violations, [])
    assert.equal(result.rounds, rounds)
    if (race.name === 'refresh')
      assert.deepEqual(result.counts, {
        advanced: rounds,
        'same successor': rounds * (users - 1),
        refused: 0,
      })
  })
}

test('a round that does not hold is told with its number, and ends the race in time', async () => {
  const broken = {
    name: 'broken',
    about: 'nothing holds',
    rounds: 1000,
    prepare: async () => async () => ({ counts: { seen: 1 }, violations: ['it does not hold'] }),
  }
  const result = await runRace(world, broken, { seed, progress() {} })
  assert.equal(result.violations[0], 'round 1: it does not hold')
  assert.ok(result.rounds < 1000)
})
