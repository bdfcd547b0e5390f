/** What a load that has got going is counted as: the same whichever moment of its groups the time begins and ends at. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openSteadyCount } from './steady-count.ts'

/** Answers `group` connections together, every `everyMs`, until the time is over; the first answer comes late. */
function groupsOf(
  group: number,
  { everyMs, connections, seconds }: { everyMs: number; connections: number; seconds: number },
) {
  const count = openSteadyCount(connections, seconds)
  const sentAt = Array.from({ length: connections }, (_, connection) => ({ connection, at: 0 }))
  for (let now = 5000; sentAt.length > 0; now += everyMs) {
    for (const { connection, at } of sentAt.splice(0, group))
      if (count.add(connection, at, now)) sentAt.push({ connection, at: now })
  }
  return count.slice()
}

for (const seconds of [0.25, 1, 2, 2.05]) {
  test(`sixteen of 32 answered each tenth of a second are 160/s, in ${seconds} s`, () => {
    const slice = groupsOf(16, { everyMs: 100, connections: 32, seconds })
    assert.equal(Math.round(slice.operations / slice.seconds), 160)
    assert.equal(slice.p50Ms, 200)
  })
}

test('a server that answers nobody within the time has done part of the work', () => {
  const slice = groupsOf(4, { everyMs: 3000, connections: 4, seconds: 1 })
  assert.equal(slice.operations.toFixed(3), (4 / 3).toFixed(3))
  assert.deepEqual([slice.begun, slice.seconds, slice.p50Ms], [8, 1, 3000])
})

test('all that was begun is told, for the processor time that it took', () => {
  const slice = groupsOf(2, { everyMs: 100, connections: 4, seconds: 1 })
  // Four before the time, twenty in it, four that end after it.
  assert.deepEqual([Math.round(slice.operations), slice.begun], [20, 28])
})
