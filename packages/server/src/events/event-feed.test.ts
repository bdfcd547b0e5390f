import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { openEventFeed } from './event-feed.ts'

const never = 2 ** 31 - 1
const { signal } = new AbortController()
const options = { timeout: 10_000 }

async function someTurns(): Promise<void> {
  for (let turns = 0; turns < 20; turns++) await nextTurn()
}

test('the sealer rests on while nobody waits for events', options, async () => {
  const feed = openEventFeed()
  let rested = false
  const resting = feed.rest(0, never).then(() => {
    rested = true
  })
  await someTurns()
  assert.equal(rested, false)
  feed.close()
  await resting
})

test('who waits for events ends the rest, come before it or late in it', options, async () => {
  const feed = openEventFeed()
  const rest = feed.rest(1, never)
  const first = feed.sealedAfter(0n, signal)
  await rest
  feed.advance(1n)
  await first

  feed.beginTurn()
  const longRest = feed.rest(0, never)
  await someTurns()
  const second = feed.sealedAfter(1n, signal)
  await longRest
  feed.advance(2n)
  await second
})

test('who wants everything sealed ends a rest at once', options, async () => {
  const feed = openEventFeed()
  const rest = feed.rest(never, never)
  const settled = feed.settled()
  await rest
  feed.beginTurn().done()
  await settled
})
