/**
 * A database that is hung, stopped or killed under a running service: writes answer 503, nothing is falsely
 * acknowledged, what needs no database goes on, and the service heals by itself.
 */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../packages/server/src/db/embedded/embedded-postgres.ts'
import { type OwnServer, startServer } from '../tools/demo/own-server.ts'
import {
  databaseEnvironment,
  eventually,
  get,
  type Person,
  signIn,
  signUp,
  somebody,
} from './client.ts'

let directory: string
let postgres: EmbeddedPostgres
let server: OwnServer
const acknowledged: Person[] = []

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signet-outage-'))
  postgres = await startEmbeddedPostgres({ dataDir: directory })
  server = await startServer(databaseEnvironment(postgres.address))
})
after(async () => {
  await server.stop()
  await postgres.stop()
  await rm(directory, { recursive: true, force: true })
})

async function signsUp(): Promise<number> {
  const person = somebody()
  const { status } = await signUp(server.url, person)
  if (status === 200) acknowledged.push(person)
  return status
}

async function isRefusedCleanly(): Promise<void> {
  const askedAt = performance.now()
  const { status, body } = await signUp(server.url, somebody())
  assert.deepEqual([status, body.reason], [503, 'UNAVAILABLE'])
  // Promised are 2 s; the rest is for a busy machine. An answer that waits for the database takes far longer.
  assert.ok(performance.now() - askedAt < 4_000)
  await eventually('it says so', async () => (await get(server.url, '/readyz')).status === 503)
  assert.equal((await get(server.url, '/livez')).status, 200)
  assert.equal((await get(server.url, '/api/v1/auth/password-policy')).status, 200)
}

async function heals(): Promise<void> {
  await eventually('signing up works again', async () => (await signsUp()) === 200)
  await eventually('it says so', async () => (await get(server.url, '/readyz')).status === 200)
  for (const person of acknowledged) assert.equal((await signIn(server.url, person)).status, 200)
}

/** The postmaster and every backend: a hung machine stops them all. */
function signalPostgres(signal: 'SIGSTOP' | 'SIGCONT'): void {
  const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(postgres.pid)], {
    encoding: 'utf8',
  })
  for (const pid of [postgres.pid, ...children.trim().split(/\s+/).map(Number)])
    process.kill(pid, signal)
}

test('it works to begin with', async () => assert.equal(await signsUp(), 200))

test('hung: refused in time, and healed when it goes on', async () => {
  signalPostgres('SIGSTOP')
  try {
    await isRefusedCleanly()
  } finally {
    signalPostgres('SIGCONT')
  }
  await heals()
})

test('killed: refused or answered, never falsely, and healed', async () => {
  process.kill(postgres.pid, 'SIGKILL')
  const statuses = await Promise.all(Array.from({ length: 4 }, signsUp))
  for (const status of statuses) assert.ok([200, 503].includes(status), `${status}`)
  await heals()
})

test('stopped: refused, and healed when it is started again', async () => {
  await postgres.stop()
  await isRefusedCleanly()
  postgres = await startEmbeddedPostgres({ dataDir: directory })
  await heals()
})

test('the service is the same process as at the start', () =>
  assert.equal(server.child.exitCode, null))
