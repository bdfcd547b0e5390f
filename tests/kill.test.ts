/** kill -9 of the service and of its Postgres while people sign up: what was acknowledged is there. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type OwnServer, startServer } from '../tools/demo/own-server.ts'
import { get, type Person, signIn, signUp, somebody } from './client.ts'

let dataDir: string

before(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'signet-kill-'))
})
after(() => rm(dataDir, { recursive: true, force: true }))

type Kill = (server: OwnServer) => Promise<void>

const killService: Kill = async ({ child }) => {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

const killPostgres: Kill = async () => {
  const pidFile = await readFile(join(dataDir, 'postgres', 'cluster', 'postmaster.pid'), 'utf8')
  process.kill(Number(pidFile.split('\n')[0]), 'SIGKILL')
}

const killBoth: Kill = async (server) => {
  await killPostgres(server)
  await killService(server)
}

/** Signs people up, several at once, until the service has been killed; answers those who were told yes. */
async function signUpUntilKilled(server: OwnServer, kill: Kill): Promise<Person[]> {
  const told: Person[] = []
  let killed = false
  const signUps = Array.from({ length: 4 }, async () => {
    while (!killed) {
      const person = somebody()
      const { status, body } = await signUp(server.url, person)
      if (status === 200 && body.accepted === true) told.push(person)
      else assert.ok([0, 503].includes(status), `${status}`)
      if (told.length >= 12 && !killed) {
        killed = true
        await kill(server)
      }
    }
  })
  await Promise.all(signUps)
  return told
}

for (const [name, kill] of Object.entries({ killService, killPostgres, killBoth })) {
  test(`${name}: every acknowledged account is there afterwards`, async () => {
    const environment = { SIGNET_DATA_DIR: dataDir }
    const server = await startServer(environment)
    const told = await signUpUntilKilled(server, kill)
    if (server.child.exitCode === null && server.child.signalCode === null) await server.stop()

    const next = await startServer(environment)
    assert.ok(told.length >= 12)
    for (const person of told) assert.equal((await signIn(next.url, person)).status, 200)
    assert.equal((await get(next.url, '/readyz')).status, 200)
    await next.stop()
  })
}
