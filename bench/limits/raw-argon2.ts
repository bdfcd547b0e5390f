/** Argon2id verifications and nothing else, as many at once as there are cores; runs as a child. */

import { availableParallelism } from 'node:os'
import { hash, verify } from '@node-rs/argon2'
import { answerParent } from '../child.ts'
import { type Slice, sliceOf } from '../slices.ts'

const password = 'correct horse battery staple'
/** The parameters that Signet hashes with. */
const parameters = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 }

answerParent(async ({ seconds }: { seconds: number }): Promise<Slice> => {
  const stored = await hash(password, parameters)
  const deadline = performance.now() + seconds * 1000
  const latencies: number[] = []
  async function verifyInTurn(): Promise<void> {
    for (;;) {
      const startedAt = performance.now()
      if (!(await verify(stored, password))) throw new Error('a verification failed')
      const endedAt = performance.now()
      if (endedAt > deadline) return
      latencies.push(endedAt - startedAt)
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, verifyInTurn))
  return sliceOf(latencies, { seconds, late: availableParallelism() })
})
