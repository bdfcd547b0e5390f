import assert from 'node:assert/strict'
import { it } from 'node:test'
import { keepDoing } from './keep-doing.ts'

const never = 3_600_000

/** Does a list of things, one in each turn, and answers once all are done. */
async function doing(
  outcomes: readonly ('more' | 'done' | 'fails')[],
  pauses: { pollMs: number; retryMs: number },
): Promise<unknown[]> {
  const said: unknown[] = []
  const all = Promise.withResolvers<void>()
  const left = [...outcomes]
  const kept = keepDoing({
    log: {
      info: (sentence: string) => said.push(sentence),
      warn: (_details: unknown, sentence?: string) => said.push(sentence),
    } as never,
    async work() {
      const outcome = left.shift()
      if (left.length === 0) all.resolve()
      if (outcome === 'fails') throw new Error('not now')
      return outcome === 'more'
    },
    ...pauses,
    says: 'it fails; trying again',
    saysAgain: 'it works again',
  })
  await all.promise
  await kept.stop()
  return said
}

it('goes on at once where there is more, and rests where there is none', async () => {
  assert.deepEqual(await doing(['more', 'more', 'done'], { pollMs: never, retryMs: never }), [])
})

it('says once that it fails, until it has worked again', async () => {
  const outcomes = ['fails', 'fails', 'more', 'fails', 'done'] as const
  const said = await doing(outcomes, { pollMs: never, retryMs: 1 })
  assert.deepEqual(said.slice(0, 3), [
    'it fails; trying again',
    'it works again',
    'it fails; trying again',
  ])
})

it('tells its work to end, and waits for it', async () => {
  const ended: string[] = []
  const begun = Promise.withResolvers<void>()
  const kept = keepDoing({
    log: { info: () => assert.fail(), warn: () => assert.fail() },
    async work(signal) {
      begun.resolve()
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      ended.push('work')
      return true
    },
    pollMs: 0,
    retryMs: 0,
    says: '',
  })
  await begun.promise
  await kept.stop()
  assert.deepEqual(ended, ['work'])
})

it('is woken from its pause, and where it is at work takes another turn', async () => {
  const turns = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const third = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  let turn = 0
  const kept = keepDoing({
    log: { info: () => assert.fail(), warn: () => assert.fail() },
    async work() {
      turns[turn]?.resolve()
      turn += 1
      if (turn === 2) await goOn.promise
      if (turn === 3) third.resolve()
      return false
    },
    pollMs: never,
    retryMs: never,
    says: '',
  })
  await turns[0]?.promise
  // The pause begins when the turn has ended, which is told to nobody.
  await new Promise(setImmediate)
  kept.wake()
  await turns[1]?.promise
  kept.wake()
  goOn.resolve()
  await third.promise
  await kept.stop()
})
