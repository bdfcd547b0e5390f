/** Argon2id verifications and nothing else, as many at once as there are cores; runs as a child. */

import { availableParallelism } from 'node:os'
import { hash, verify } from '@node-rs/argon2'
import { answerParent } from '../child.ts'
import { openSteadyCount } from '../load/steady-count.ts'
import type { Slice } from '../slices.ts'

const password = 'correct horse battery staple'
/** The parameters that Signet hashes with. */
const parameters = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 }

answerParent(async ({ seconds }: { seconds: number }): Promise<Slice> => {
  const stored = await hash(password, parameters)
  const concurrency = availableParallelism()
  const count = openSteadyCount(concurrency, seconds)
  async function verifyInTurn(_: unknown, lane: number): Promise<void> {
    let startedAt: number
    do {
      startedAt = performance.now()
      if (!(await verify(stored, password))) throw new Error('a verification failed')
    } while (count.add(lane, startedAt, performance.now()))
  }
  await Promise.all(Array.from({ length: concurrency }).map(verifyInTurn))
  return count.slice()
})
