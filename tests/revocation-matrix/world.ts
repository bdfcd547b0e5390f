/** What every cell of the matrix is judged in: the service on a socket, Postgres, Redis, and verifiers that are fed by it. */

import assert from 'node:assert/strict'
import { openLiveLog } from '../../packages/server/src/revocation/live-log.ts'
import { openRedisMirror } from '../../packages/server/src/revocation/redis-mirror.ts'
import { openTestUser, signInAs } from '../../packages/server/src/testing/accounts.ts'
import { registerTestClient, type TestClient } from '../../packages/server/src/testing/clients.ts'
import { openTestDeps, rowsOf, type TestDeps } from '../../packages/server/src/testing/deps.ts'
import { openRedisReader, startTestRedis } from '../../packages/server/src/testing/redis.ts'
import { startTestService, type TestService } from '../../packages/server/src/testing/service.ts'
import {
  createVerifier,
  VerificationError,
  type Verifier,
} from '../../packages/verifier/src/index.ts'
import { redisRevocations } from '../../packages/verifier/src/redis.ts'
import { eventually } from '../client.ts'

export interface World extends Pick<TestDeps, 'deps'> {
  service: TestService
  /** Holds the feed. */
  verifier: Verifier
  /** Asks Redis. */
  redisVerifier: Verifier
  /** May introspect every token. */
  gateway: TestClient
  /** Resolves once all that was written to the log so far has come to the verifiers. */
  caughtUp(): Promise<void>
  /** Clients and a verifier anew, where the former ones have ended. */
  renewClients(): Promise<void>
  close(): Promise<void>
}

/** Services that take minted tokens are at this audience. */
export const shopAudience = 'https://shop.example'
const canary = 'canary@example.com'

export async function openWorld(): Promise<World> {
  const opened = await openTestDeps()
  const { deps } = opened
  const service = await startTestService(deps)
  const redis = await startTestRedis()
  const { issuer } = deps.config
  const mirror = await openRedisMirror(deps, { url: redis.url, issuer, budgetMs: 60_000 })
  const logOptions = { directAddress: opened.address, tokenLifetimeSeconds: 300 }
  const mirrored = await openLiveLog(deps, { ...logOptions, followers: [mirror] })
  mirror.start(mirrored)
  const reader = await openRedisReader(redis.url)
  const from = { issuer, url: service.url, audience: [`${issuer}/api`, shopAudience] }
  const revocations = redisRevocations({ client: reader, timeoutMs: 5_000 })
  const redisVerifier = createVerifier({ ...from, revocations })
  let clientCount = 0

  async function openClients(): Promise<Pick<World, 'gateway' | 'verifier'>> {
    clientCount += 1
    const id = `gateway-${clientCount}`
    const permissions = ['tokens.introspect', 'revocations.read']
    const gateway = await registerTestClient(deps, { id, permissions })
    const client = { id, secret: gateway.clientSecret }
    const verifier = createVerifier({ ...from, client, stalenessBudgetSeconds: 60 })
    await verifier.ready()
    return { gateway, verifier }
  }

  await makeAdministrator(deps, await openTestUser(deps, canary))
  const world: World = {
    deps,
    service,
    redisVerifier,
    ...(await openClients()),
    async caughtUp() {
      const { accessToken } = await signInAs(deps, canary)
      for (const each of [world.verifier, redisVerifier])
        await eventually('a live token is accepted', () =>
          accepts(each, accessToken).catch(() => false),
        )
      await service.post('/logout', '', { authorization: `Bearer ${accessToken}` })
      for (const each of [world.verifier, redisVerifier])
        await eventually('the canary is dead', async () => !(await accepts(each, accessToken)))
    },
    async renewClients() {
      world.verifier.close()
      Object.assign(world, await openClients())
    },
    async close() {
      world.verifier.close()
      redisVerifier.close()
      reader.close()
      await mirror.stop()
      await mirrored.stop()
      await redis.stop()
      await service.close()
      await opened.close()
    },
  }
  await eventually('Redis has everything', () => isFresh(world))
  return world
}

async function isFresh({ redisVerifier, deps }: World): Promise<boolean> {
  const { accessToken } = await signInAs(deps, canary)
  return accepts(redisVerifier, accessToken).catch(() => false)
}

/** Gives a user a role that may open event streams. */
export async function makeAdministrator(deps: World['deps'], userId: string): Promise<void> {
  const text = `insert into role_assignments (user_id, role_id, created_at)
                select $1, id, signet_now() from roles where name = 'administrator'`
  await rowsOf(deps, text, [userId])
}

/** Whether a verifier accepts the token. Fails where it cannot tell: then nothing is proven. */
export async function accepts(verifier: Verifier, token: string): Promise<boolean> {
  try {
    await verifier.verify(token)
    return true
  } catch (error) {
    assert.ok(error instanceof VerificationError, String(error))
    assert.equal(error.status, 401, error.message)
    return false
  }
}
