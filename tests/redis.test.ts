/** A service whose Redis is hung, gone or away from the start: no request waits for it, none fails, and it heals. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  redisCommand,
  startTestRedis,
  type TestRedis,
} from '../packages/server/src/testing/redis.ts'
import { type OwnServer, startServer } from '../tools/demo/own-server.ts'
import { eventually, get, signIn, signUp, somebody, whoAmI } from './client.ts'

const issuer = 'http://localhost:8080'
let redis: TestRedis
let server: OwnServer
const person = somebody()

before(async () => {
  redis = await startTestRedis()
  redis.signal('SIGSTOP')
  server = await startServer({ SIGNET_REDIS_URL: redis.url, SIGNET_ISSUER: issuer })
})
after(async () => {
  redis.signal('SIGCONT')
  await server.stop()
  await redis.stop()
})

/** Signs in and out, fast. */
async function works(): Promise<void> {
  const startedAt = performance.now()
  const { status, body } = await signIn(server.url, person)
  assert.equal(status, 200)
  const token = body.tokens?.accessToken ?? ''
  const answer = await fetch(`${server.url}/api/v1/auth/sign-out`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify({ token }),
  })
  assert.equal(answer.status, 200)
  assert.equal((await whoAmI(server.url, token)).status, 401)
  assert.equal((await get(server.url, '/readyz')).status, 200)
  // Whoever waits for a hung Redis waits without end.
  assert.ok(performance.now() - startedAt < 10_000)
}

const isFresh = async () =>
  (await redisCommand(redis.url, 'GET', `{signet}:fresh:${issuer}`)) !== null

test('hung when the service starts', async () => {
  assert.equal((await signUp(server.url, person)).status, 200)
  await works()
})

test('it goes on: then everything comes', async () => {
  redis.signal('SIGCONT')
  await eventually('it has everything', isFresh)
  await works()
})

test('hung while it is used, gone, and replaced', async () => {
  redis.signal('SIGSTOP')
  for (let round = 0; round < 3; round += 1) await works()
  redis.signal('SIGKILL')
  for (let round = 0; round < 3; round += 1) await works()
  await redis.replace()
  await eventually('it has everything', isFresh)
  await works()
  assert.equal(server.child.exitCode, null)
})
