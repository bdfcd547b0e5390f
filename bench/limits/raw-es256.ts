/** ES256 signatures of as many bytes as an access token has, and nothing else; runs as a child. */

import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { signEs256 } from '../../packages/server/src/crypto/es256.ts'
import { answerParent } from '../child.ts'
import type { Slice } from '../slices.ts'

// What is signed of an access token with nine claims.
const tokenBytes = 420
const burst = 200

answerParent(async ({ seconds }: { seconds: number }): Promise<Slice> => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const input = randomBytes(tokenBytes)
  const cpu = process.cpuUsage()
  const startedAt = performance.now()
  let operations = 0
  while (performance.now() < startedAt + seconds * 1000) {
    for (let n = 0; n < burst; n += 1) signEs256(privateKey, input)
    operations += burst
  }
  const tookMs = performance.now() - startedAt
  const { user, system } = process.cpuUsage(cpu)
  return {
    ...{ operations, begun: operations, seconds: tookMs / 1000 },
    ...{ p50Ms: tookMs / operations, p99Ms: tookMs / operations },
    cpuSeconds: (user + system) / 1e6,
  }
})
