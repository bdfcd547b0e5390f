import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ErrorReason } from '@signet/contract'
import pg from 'pg'
import { SignetError } from '../errors.ts'
import { type BatchLimits, openBatch } from './batch.ts'

/** A way in that doubles numbers, refuses 13 where it is in a batch, and writes down what came together. */
function doubling(max: number, refuse: (items: readonly number[]) => void = () => {}) {
  const batches: number[][] = []
  const double = openBatch(
    async (items: readonly number[]) => {
      batches.push([...items])
      refuse(items)
      return items.map((item) => item * 2)
    },
    { max },
  )
  return { batches, double }
}

describe('a batch', () => {
  it('is what came in one turn of the event loop, and answers each at its place', async () => {
    const { batches, double } = doubling(10)
    const first = [1, 2].map(double)
    const later = Promise.resolve().then(() => double(3))
    assert.deepEqual(await Promise.all([...first, later]), [2, 4, 6])
    assert.equal(await double(4), 8)
    assert.deepEqual(batches, [[1, 2, 3], [4]])
  })

  it('is no larger than it may be', async () => {
    const { batches, double } = doubling(2)
    assert.deepEqual(await Promise.all([1, 2, 3, 4, 5].map(double)), [2, 4, 6, 8, 10])
    assert.deepEqual(batches, [[1, 2], [3, 4], [5]])
  })

  it('that fails is run again, each item alone', async () => {
    const { batches, double } = doubling(10, (items) => {
      if (items.includes(13)) throw new Error('unlucky')
    })
    const outcomes = await Promise.allSettled([1, 13, 2].map(double))
    assert.deepEqual(
      outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : 'refused')),
      [2, 'refused', 4],
    )
    assert.deepEqual(batches, [[1, 13, 2], [1], [13], [2]])
  })

  it('is not run again where the database is away', async () => {
    const { batches, double } = doubling(10, () => {
      throw new SignetError(ErrorReason.UNAVAILABLE)
    })
    const outcomes = await Promise.allSettled([1, 2].map(double))
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['rejected', 'rejected'],
    )
    assert.equal(batches.length, 1)
  })

  it('waits for one at work to come back, where there are as many as may be, and grows meanwhile', async () => {
    const { batches, release, enter } = held({ max: 10, concurrent: 1 })
    const first = enter(1)
    await turn()
    const later = [2, 3].map(enter)
    await turn()
    assert.deepEqual(batches, [[1]])
    release()
    assert.equal(await first, 1)
    await turn()
    release()
    assert.deepEqual(await Promise.all(later), [2, 3])
    assert.deepEqual(batches, [[1], [2, 3]])
  })

  it('that does not come back holds up nobody', async () => {
    const { batches, release, enter } = held({ max: 10, concurrent: 1 })
    const first = enter(1)
    await turn()
    const second = enter(2)
    while (batches.length < 2) await turn()
    release()
    release()
    assert.deepEqual(await Promise.all([first, second]), [1, 2])
  })

  it('that does not come back holds up nobody, although somebody waits for one of the same key', async () => {
    const { batches, release, enter } = held({ max: 10, concurrent: 1, keyOf: (item) => item % 10 })
    const answers = [enter(1)]
    await turn()
    answers.push(enter(11))
    await new Promise((resolve) => setTimeout(resolve, 100))
    answers.push(enter(2))
    while (batches.length < 2) await turn()
    assert.deepEqual(batches, [[1], [2]])
    for (let n = 0; n < 3; n++) {
      release()
      await turn()
    }
    assert.deepEqual(await Promise.all(answers), [1, 11, 2])
  })

  it('never has two of the same key, and serves them one after the other', async () => {
    const { batches, release, enter } = held({ max: 10, keyOf: (item) => item % 10 })
    const answers = [1, 11, 2, 21].map(enter)
    for (const expected of [[[1, 2]], [[1, 2], [11]], [[1, 2], [11], [21]]]) {
      await turn()
      assert.deepEqual(batches, expected)
      release()
    }
    assert.deepEqual(await Promise.all(answers), [1, 11, 2, 21])
  })

  it('that lost against others is run again, each item alone', async () => {
    const cause = Object.assign(new pg.DatabaseError('deadlock', 0, 'error'), { code: '40P01' })
    const { batches, double } = doubling(10, (items) => {
      if (items.length > 1) throw new SignetError(ErrorReason.UNAVAILABLE, { cause })
    })
    assert.deepEqual(await Promise.all([1, 2].map(double)), [2, 4])
    assert.deepEqual(batches, [[1, 2], [1], [2]])
  })
})

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** A way in whose batches stay at work until they are released, the oldest first. */
function held(limits: BatchLimits<number>) {
  const batches: number[][] = []
  const releases: (() => void)[] = []
  const enter = openBatch(async (items: readonly number[]) => {
    batches.push([...items])
    await new Promise<void>((resolve) => releases.push(resolve))
    return items
  }, limits)
  return { batches, enter, release: () => releases.shift()?.() }
}
