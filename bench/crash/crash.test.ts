/** A short crash run with a fixed seed, and what the checker must find: the full run is `npm run bench:crash`. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomOf } from '../random.ts'
import { runCrash } from './crash.ts'
import { openHistory } from './history.ts'
import { scheduleOf } from './schedule.ts'

const seed = 20_261_129

test('rotations, sign-ups, sign-outs and password changes through kills of the service and of Postgres', async () => {
  const options = { rotations: 50, kills: 2, postgresKills: 1, people: 24, windowSeconds: 5 }
  const result = await runCrash({ ...options, restlessness: 6, seed, progress() {} })
  assert.deepEqual(result.sentences, [])
  assert.deepEqual(result.totals, { lost: 0, doubled: 0, revived: 0, stuck: 0 })
  assert.ok(result.counts.rotations >= options.rotations)
  assert.ok(result.counts.unanswered > 0, 'no kill met a call')
  assert.ok(result.counts.signOuts > 0)
  assert.ok(result.counts.passwordChanges > 0)
})

test('a seed replays its schedule, with every blow within the work', () => {
  const options = { rotations: 1000, kills: 25, postgresKills: 5 }
  const blows = scheduleOf(randomOf(seed, 'schedule'), options)
  assert.deepEqual(scheduleOf(randomOf(seed, 'schedule'), options), blows)
  assert.notDeepEqual(scheduleOf(randomOf(seed + 1, 'schedule'), options), blows)
  assert.equal(blows.filter(({ victim }) => victim === 'service').length, 25)
  assert.equal(blows.filter(({ victim }) => victim === 'postgres').length, 5)
  assert.ok(blows.every((blow) => blow.afterRotations > 0 && blow.afterRotations < 1000))
})

/** A token of this grant and generation; `mac` stands for who made it. */
function tokenOf(grant: number, generation: number, mac: number): string {
  const bytes = Buffer.alloc(52, mac)
  bytes.fill(grant, 0, 16)
  bytes.writeUInt32BE(generation, 16)
  return `sr1_${bytes.toString('base64url')}`
}

test('the history knows which answers a refresh may have', () => {
  const history = openHistory()
  history.answered(tokenOf(1, 1, 7), tokenOf(1, 2, 7))
  history.answered(tokenOf(1, 1, 7), tokenOf(1, 2, 7))
  history.answered(tokenOf(1, 2, 7), tokenOf(1, 2, 7))
  assert.deepEqual(history.wrongs, [])
  assert.deepEqual([history.counts.rotations, history.counts.refreshes], [1, 3])

  history.answered(tokenOf(1, 1, 7), tokenOf(1, 2, 8))
  history.answered(tokenOf(1, 2, 7), tokenOf(1, 4, 7))
  history.answered(tokenOf(1, 2, 7), tokenOf(2, 3, 7))
  assert.deepEqual(
    history.wrongs.map(({ wrong }) => wrong),
    ['doubled', 'doubled', 'doubled'],
  )
})
