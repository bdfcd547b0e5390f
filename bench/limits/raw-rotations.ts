/**
 * The very statement that decides on refreshes, and nothing else, for one grant at a time, over as many connections as a server
 * has; each connection rotates a grant of its own. Runs as a child.
 */

import type { DatabaseAddress } from '../../packages/server/src/db/address.ts'
import { openDatabase } from '../../packages/server/src/db/database.ts'
import { decideRefreshes } from '../../packages/server/src/grants/grants.sql.ts'
import { answerParent } from '../child.ts'
import { type Slice, sliceOf } from '../slices.ts'

export interface RawRotations {
  address: DatabaseAddress
  grants: RawGrant[]
  seconds: number
}

export interface RawGrant {
  grantId: string
  userId: string
}

const presenter = Buffer.alloc(16, 1)
const idleLifetimeSeconds = 14 * 24 * 60 * 60

answerParent(async ({ address, grants, seconds }: RawRotations): Promise<Slice> => {
  const db = openDatabase({ address, poolSize: grants.length, prepared: true })
  try {
    const current = await Promise.all(grants.map((grant) => findGeneration(grant)))
    const deadline = performance.now() + seconds * 1000
    const latencies: number[] = []
    await Promise.all(
      grants.map(async (grant, i) => {
        for (let generation = current[i] ?? 0; ; generation++) {
          const startedAt = performance.now()
          const decided = await decide(grant, generation)
          if (decided?.verdict !== 'advance') throw new Error(`the verdict was ${decided?.verdict}`)
          const endedAt = performance.now()
          if (endedAt > deadline) return
          latencies.push(endedAt - startedAt)
        }
      }),
    )
    return sliceOf(latencies, { seconds, uncounted: grants.length })
  } finally {
    await db.end()
  }

  /** A generation that was never given changes nothing, and tells the one that was. */
  async function findGeneration(grant: RawGrant): Promise<number> {
    const decided = await decide(grant, 2 ** 31 - 1)
    if (decided?.verdict !== 'state_lost') throw new Error(`the verdict was ${decided?.verdict}`)
    return decided.generation
  }

  async function decide({ grantId, userId }: RawGrant, generation: number) {
    const [decided] = await decideRefreshes(db, {
      grantIds: [grantId],
      userIds: [userId],
      clientIds: ['signet'],
      generations: [generation],
      clientsAuthenticated: [false],
      presenters: [presenter],
      windowSeconds: 0,
      idleLifetimeSeconds,
      temporaryIdleLifetimeSeconds: idleLifetimeSeconds,
    })
    return decided
  }
})
