import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import Fastify from 'fastify'
import { pino } from 'pino'
import type { Db } from '../db/query.ts'
import { SignetError } from '../errors.ts'
import { createTestDatabase } from '../testing/database.ts'
import { createMetrics } from './metrics.ts'
import { listenProbes, mountProbes } from './probes.ts'
import { type Checks, openReadiness } from './readiness.ts'

const log = pino({ level: 'silent' })

/** A server with the probes, as the main port has them, and the readiness behind it. */
async function open(t: TestContext, db: Db, checks?: Checks) {
  const readiness = openReadiness({ db, log }, checks)
  const fastify = Fastify({ logger: false })
  fastify.setErrorHandler((error, _request, reply) =>
    reply.code(error instanceof SignetError ? 404 : 500).send(),
  )
  mountProbes(fastify, { readiness, metrics: createMetrics() }, 'this machine')
  await fastify.listen({ host: '127.0.0.1', port: 0 })
  t.after(() => fastify.close())
  const { port } = fastify.server.address() as { port: number }
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(`http://127.0.0.1:${port}${path}`, { headers })
  return { readiness, get, fastify }
}

test('live and ready', async (t) => {
  const { db, drop } = await createTestDatabase()
  t.after(drop)
  const { readiness, get } = await open(t, db, { keys: async () => {} })
  const live = await get('/livez')
  assert.deepEqual([live.status, await live.json()], [200, { alive: true }])
  const ready = await get('/readyz')
  assert.equal(ready.headers.get('cache-control'), 'no-store')
  assert.deepEqual(
    [ready.status, await ready.json()],
    [200, { ready: true, checks: { database: 'ok', keys: 'ok', running: 'ok' } }],
  )
  assert.equal(await readiness.ready(), true)
})

test('shutting down: not ready at once, still alive', async (t) => {
  const { db, drop } = await createTestDatabase()
  t.after(drop)
  const { readiness, get } = await open(t, db)
  assert.equal((await get('/readyz')).status, 200)
  readiness.startShutdown()
  const ready = await get('/readyz')
  assert.deepEqual(
    [ready.status, await ready.json()],
    [503, { ready: false, checks: { database: 'ok', running: 'failing' } }],
  )
  assert.equal((await get('/livez')).status, 200)
})

test('a database without the whole schema is not ready, and says nothing about why', async (t) => {
  const { db, drop } = await createTestDatabase()
  t.after(drop)
  const text = "delete from schema_migrations where name like '%events%'"
  await db.query({ name: '', text, values: [], rowMode: 'array' })
  const { get } = await open(t, db)
  const ready = await get('/readyz')
  assert.deepEqual(
    [ready.status, await ready.json()],
    [503, { ready: false, checks: { database: 'failing', running: 'ok' } }],
  )
})

test('a database or a check that hangs is not ready within the bound; alive all the same', async (t) => {
  const hanging: Db = { query: () => new Promise(() => {}) }
  const { get } = await open(t, hanging, { keys: () => Promise.reject(new Error('CANARY')) })
  const [ready, live] = await Promise.all([get('/readyz'), get('/livez')])
  assert.equal(live.status, 200)
  const text = await ready.text()
  assert.equal(ready.status, 503)
  assert.deepEqual(JSON.parse(text).checks, { database: 'failing', keys: 'failing', running: 'ok' })
  assert.ok(!text.includes('CANARY'))
})

test('many probes at once look once', async (t) => {
  const { db, drop } = await createTestDatabase()
  t.after(drop)
  let looks = 0
  const { get } = await open(t, db, {
    keys: async () => {
      looks++
    },
  })
  await Promise.all(Array.from({ length: 30 }, () => get('/readyz')))
  assert.equal(looks, 1)
})

test('the main port shows metrics to this machine alone', async (t) => {
  const { db, drop } = await createTestDatabase()
  t.after(drop)
  const { get, fastify } = await open(t, db)
  const page = await get('/metrics')
  assert.match(page.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
  assert.match(await page.text(), /^process_resident_memory_bytes /m)
  for (const header of ['x-forwarded-for', 'x-forwarded-host', 'forwarded', 'x-real-ip', 'via'])
    assert.equal((await get('/metrics', { [header]: '127.0.0.1' })).status, 404, header)
  const named = (host: string) => fastify.inject({ url: '/metrics', headers: { host } })
  for (const host of ['evil.example', '127.0.0.1.evil.example', '10.0.0.7:8080', 'a b'])
    assert.equal((await named(host)).statusCode, 404, host)
  for (const host of ['localhost:8080', '127.0.0.1', '[::1]:8080', 'LOCALHOST'])
    assert.equal((await named(host)).statusCode, 200, host)
  for (const remoteAddress of ['10.0.0.7', '::ffff:10.0.0.7', '2001:db8::1', '127.evil'])
    assert.equal((await fastify.inject({ url: '/metrics', remoteAddress })).statusCode, 404)
  for (const remoteAddress of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'])
    assert.equal((await fastify.inject({ url: '/metrics', remoteAddress })).statusCode, 200)
})

test('an address of its own shows metrics to whoever reaches it', async (t) => {
  const { db, drop } = await createTestDatabase()
  t.after(drop)
  const probes = { readiness: openReadiness({ db, log }), metrics: createMetrics() }
  const { port, close } = await listenProbes(probes, { host: '127.0.0.1', port: 0 })
  t.after(close)
  const get = (path: string) =>
    fetch(`http://127.0.0.1:${port}${path}`, { headers: { 'x-forwarded-for': '10.0.0.7' } })
  assert.deepEqual(
    await Promise.all(
      ['/metrics', '/livez', '/readyz', '/'].map(async (p) => (await get(p)).status),
    ),
    [200, 200, 200, 404],
  )
  const main = Fastify({ logger: false })
  t.after(() => main.close())
  mountProbes(main, probes, 'nobody')
  assert.equal((await main.inject({ url: '/metrics' })).statusCode, 404)
})
