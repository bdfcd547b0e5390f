import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, test } from 'node:test'
import { findRunningEmbeddedPostgres } from '../db/embedded/embedded-postgres.ts'
import { runSignet, spawnSignet } from './testing/spawn-signet.ts'

let directory: string
let dataDir: string
let environment: Record<string, string>

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'signet-embedded-'))
  dataDir = join(directory, 'data')
  const port = await freePort()
  environment = {
    SIGNET_DATA_DIR: dataDir,
    SIGNET_HTTP_ADDRESS: `127.0.0.1:${port}`,
    SIGNET_LOG_FORMAT: 'json',
  }
})
afterEach(() => rmSync(directory, { recursive: true }))

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function said(...args: string[]) {
  const ran = await runSignet([...args, '--json'], {
    environment,
    input: 'a long sentence is best',
  })
  return { ...JSON.parse(ran.stdout), exitCode: ran.exitCode }
}

const createAdministrator = (email: string) => [
  'admin',
  'create',
  '--email',
  email,
  '--password-stdin',
]

test('a command that only reads makes no database', async () => {
  for (const args of [
    ['user', 'list'],
    ['events', 'tail'],
    ['events', 'verify'],
  ]) {
    const { error, exitCode } = await said(...args)
    assert.equal(error.code, 'NOT_SET_UP')
    assert.equal(exitCode, 69)
  }
  assert.equal((await said('status')).exitCode, 69)
  assert.ok(!existsSync(dataDir))
})

test('a command beside no server starts the database, and leaves none running', async () => {
  assert.equal((await said(...createAdministrator('ada@example.com'))).created, true)
  assert.equal(await findRunningEmbeddedPostgres(dataDir), undefined)
  assert.equal((await said('user', 'list')).users.length, 1)
  // Nobody else would seal the event.
  const verified = await said('events', 'verify')
  assert.deepEqual([verified.intact, verified.seq, verified.unsealed], [true, 1, false])
  assert.equal(await findRunningEmbeddedPostgres(dataDir), undefined)
})

test('two commands at once both succeed', async () => {
  const both = ['ada@example.com', 'grace@example.com'].map((email) =>
    said(...createAdministrator(email)),
  )
  for (const { created } of await Promise.all(both)) assert.equal(created, true)
})

test('a command beside a server joins its database, and the server goes on', async () => {
  const server = spawnSignet(['start', '--json'], { environment })
  const closed = once(server, 'close')
  try {
    server.stderr.resume()
    const [line] = await once(createInterface({ input: server.stdout }), 'line')
    const { http, setup } = JSON.parse(line)
    assert.equal(http, `http://${environment.SIGNET_HTTP_ADDRESS}`)
    const { code, url } = await said('setup-code')
    assert.match(code, /^(?:[0-9A-Z]{5}-){3}[0-9A-Z]{5}$/u)
    assert.ok(url === setup && url.endsWith(`/setup#${code}`), url)
    assert.equal((await said(...createAdministrator('ada@example.com'))).created, true)
    assert.equal((await said('setup-code')).error.code, 'SET_UP')
    const status = await said('status')
    assert.deepEqual(status.problems, [])
    assert.equal(status.exitCode, 0)
    assert.equal(status.database.kind, 'embedded')
    assert.equal(status.schema.counts.administrators, 1)
  } finally {
    server.kill('SIGTERM')
  }
  assert.deepEqual(await closed, [0, null])
  assert.equal(await findRunningEmbeddedPostgres(dataDir), undefined)
})

test('a data directory that cannot be written is exit code 77', async () => {
  // Below something that is no directory, which stops root as well.
  environment.SIGNET_DATA_DIR = '/dev/null/data'
  const { error, exitCode } = await said(...createAdministrator('ada@example.com'))
  assert.equal(exitCode, 77, JSON.stringify(error))
  assert.match(error.fix, /SIGNET_DATA_DIR/)
})
