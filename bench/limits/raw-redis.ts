/** Redis GETs and nothing else, 128 at a time over one connection, as node-redis pipelines them; runs as a child. */

import { createClient } from '@redis/client'
import { answerParent } from '../child.ts'
import type { Slice } from '../slices.ts'

const atOnce = 128

answerParent(async ({ url, seconds }: { url: string; seconds: number }): Promise<Slice> => {
  const redis = createClient({ url })
  redis.on('error', () => {})
  await redis.connect()
  const cpu = process.cpuUsage()
  const startedAt = performance.now()
  let operations = 0
  while (performance.now() < startedAt + seconds * 1000) {
    await Promise.all(Array.from({ length: atOnce }, (_, n) => redis.get(`revoked:${n}`)))
    operations += atOnce
  }
  const tookMs = performance.now() - startedAt
  const { user, system } = process.cpuUsage(cpu)
  await redis.close()
  return {
    ...{ operations, begun: operations, seconds: tookMs / 1000 },
    ...{ p50Ms: tookMs / operations, p99Ms: tookMs / operations },
    cpuSeconds: (user + system) / 1e6,
  }
})
