/** What an operator does on the first day: starts it, stops it, starts it again, starts it twice. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createTestDatabase } from '../packages/server/src/testing/database.ts'
import { startServer } from '../tools/demo/own-server.ts'
import { databaseEnvironment, eventually, get, signIn, signUp, somebody, whoAmI } from './client.ts'

let dataDir: string

before(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'signet-day-one-'))
})
after(() => rm(dataDir, { recursive: true, force: true }))

/** How many calls run at this moment, as the metrics say. */
async function runningCalls(url: string): Promise<number> {
  const text = await (await fetch(new URL('/metrics', url))).text()
  return Number(/^signet_calls\{state="unary"\} (\d+)$/m.exec(text)?.[1] ?? Number.NaN)
}

const startHere = (environment: Record<string, string> = {}) =>
  startServer({ SIGNET_DATA_DIR: dataDir, ...environment })

test('starting again finds everything: the account, the session, the keys', async () => {
  const person = somebody()
  const first = await startHere()
  assert.equal((await signUp(first.url, person)).status, 200)
  const { body } = await signIn(first.url, person)
  const token = body.tokens?.accessToken ?? ''
  const { body: me } = await whoAmI(first.url, token)
  const keys = await get(first.url, '/.well-known/jwks.json')
  await first.stop()
  assert.equal(first.child.exitCode, 0)
  assert.equal((await get(first.url, '/livez')).status, 0)

  const second = await startHere({ SIGNET_HTTP_ADDRESS: new URL(first.url).host })
  assert.deepEqual(await get(second.url, '/.well-known/jwks.json'), keys)
  assert.deepEqual((await whoAmI(second.url, token)).body, me)
  assert.equal((await signIn(second.url, person)).status, 200)
  await second.stop()
})

test('a second one on the same data says who has it and ends; the first goes on', async () => {
  const first = await startHere()
  await assert.rejects(startHere(), (error: Error) => {
    assert.match(error.message, new RegExp(`already|in use|${first.child.pid}`))
    assert.doesNotMatch(error.message, /\n\s+at /)
    return true
  })
  assert.equal((await get(first.url, '/readyz')).status, 200)
  await first.stop()
})

test('a port that is taken is one sentence, and the database is left in order', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const address = taken.address() as { port: number }
  await assert.rejects(
    startHere({ SIGNET_HTTP_ADDRESS: `127.0.0.1:${address.port}` }),
    (error: Error) => {
      assert.match(error.message, new RegExp(`${address.port}`))
      assert.doesNotMatch(error.message, /\n\s+at /)
      return true
    },
  )
  taken.close()
  const next = await startHere()
  assert.equal((await get(next.url, '/readyz')).status, 200)
  await next.stop()
})

test('told to stop, it answers what it has begun', async () => {
  const server = await startHere()
  const answers = Array.from({ length: 40 }, () => signUp(server.url, somebody()))
  let running = 0
  await eventually('several calls are running', async () => {
    running = await runningCalls(server.url)
    return running >= 8
  })
  server.child.kill('SIGTERM')
  const statuses = (await Promise.all(answers)).map(({ status }) => status)
  assert.deepEqual(
    statuses.filter((status) => ![200, 0].includes(status)),
    [],
  )
  assert.ok(statuses.filter((status) => status === 200).length >= running)
  await server.stop()
  assert.equal(server.child.exitCode, 0)
})

test('two instances over one database are one service', async () => {
  const { address, drop } = await createTestDatabase()
  const [one, two] = await Promise.all([
    startServer(databaseEnvironment(address)),
    startServer({ ...databaseEnvironment(address), SIGNET_ISSUER: 'http://localhost:8080' }),
  ])
  const person = somebody()
  assert.equal((await signUp(one.url, person)).status, 200)
  assert.equal((await signIn(two.url, person)).status, 200)
  assert.deepEqual(
    await get(one.url, '/.well-known/jwks.json'),
    await get(two.url, '/.well-known/jwks.json'),
  )
  await Promise.all([one.stop(), two.stop()])
  await drop()
})
