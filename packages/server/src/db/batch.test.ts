import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ErrorReason } from '@signet/contract'
import { SignetError } from '../errors.ts'
import { openBatch } from './batch.ts'

/** A way in that doubles numbers, refuses 13 where it is in a batch, and writes down what came together. */
function doubling(max: number, refuse: (items: readonly number[]) => void = () => {}) {
  const batches: number[][] = []
  const double = openBatch(async (items: readonly number[]) => {
    batches.push([...items])
    refuse(items)
    return items.map((item) => item * 2)
  }, max)
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
})
