/**
 * The database fails over while people sign out: the primary is killed, its standby is promoted, and the address leads there. Real
 * servers, with streaming replication; the standby follows without being waited for, and later as one that commits wait for.
 */

import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { runSignet } from '../packages/server/src/cli/testing/spawn-signet.ts'
import { driverAddress } from '../packages/server/src/db/address.ts'
import {
  type Postgres15,
  startPostgres15,
  startStandby15,
} from '../packages/server/src/testing/postgres-15.ts'
import { createVerifier, VerificationError, type Verifier } from '../packages/verifier/src/index.ts'
import { type OwnServer, startServer } from '../tools/demo/own-server.ts'
import { databaseEnvironment, eventually, signIn, signUp, somebody, whoAmI } from './client.ts'

const issuer = 'http://localhost:8080'
const person = somebody()
let directory: string
let door: Door
let environment: Record<string, string>
let servers: OwnServer[] = []
let verifiers: Verifier[] = []
let databases: Postgres15[] = []
const folders: string[] = []
/** Left, acknowledged, and lost by the database. */
let late: string

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signet-failover-'))
  const primary = await startPostgres15(await newFolder())
  databases = [primary, await startStandby15(await newFolder(), primary)]
  door = await openDoor(primary)
  environment = {
    ...databaseEnvironment({ ...primary.address, host: '127.0.0.1', port: door.port }),
    SIGNET_ISSUER: issuer,
    SIGNET_REVOCATION_HEARTBEAT_MS: '100',
  }
  servers = [await start('one'), await start('two')]
  const args = ['client', 'create', 'watcher', '--type', 'confidential', '--json']
  const made = await runSignet([...args, '--permission', 'revocations.read'], { environment })
  assert.equal(made.exitCode, 0, made.stderr)
  const client = { id: 'watcher', secret: JSON.parse(made.stdout).secret as string }
  verifiers = servers.map(({ url }) =>
    // Longer than a failover takes, so that what is refused is refused for its revocation.
    createVerifier({ issuer, audience: `${issuer}/api`, url, client, stalenessBudgetSeconds: 120 }),
  )
  await Promise.all(verifiers.map((each) => each.ready({ timeoutMs: 60_000 })))
  assert.equal((await signUp(url(), person)).status, 200)
})
after(async () => {
  for (const verifier of verifiers) verifier.close()
  await Promise.all(servers.map((server) => server.stop()))
  await door?.close()
  for (const database of databases.reverse()) await database.kill()
  for (const folder of [directory, ...folders]) await rm(folder, { recursive: true, force: true })
})

/** Not within the other one: Postgres runs as a user of its own, who has to reach it. */
async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'signet-pg15-'))
  folders.push(folder)
  return folder
}

const start = (name: string) =>
  startServer({ ...environment, SIGNET_LOG_FILE: join(directory, name) })
const url = () => servers[0]?.url ?? ''

interface Door {
  port: number
  /** Cuts every connection, and leads the next ones there. */
  leadTo(database: Postgres15): void
  close(): Promise<void>
}

/** One address for whichever database it leads to, as a virtual address or a proxy has it. */
async function openDoor(first: Postgres15): Promise<Door> {
  const sockets = new Set<Socket>()
  let path = socketOf(first)
  const server = createServer((from) => {
    const to = connect(path)
    for (const [each, other] of [
      [from, to],
      [to, from],
    ] as const) {
      sockets.add(each)
      each
        .on('error', () => {})
        .on('close', () => {
          sockets.delete(each)
          other.destroy()
        })
      each.pipe(other)
    }
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    leadTo(database) {
      path = socketOf(database)
      cut()
    },
    async close() {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const socketOf = ({ address }: Postgres15) => `${address.host}/.s.PGSQL.${address.port}`

/** Past the service, and without its limits: a promotion takes as long as it takes. */
async function ask({ address }: Postgres15, text: string): Promise<unknown[][]> {
  const client = new pg.Client(driverAddress(address))
  await client.connect()
  try {
    return (await client.query<unknown[]>({ text, rowMode: 'array' })).rows
  } finally {
    await client.end()
  }
}

/** The access token of a new session, which both verifiers accept. */
async function enter(): Promise<string> {
  const { status, body } = await signIn(url(), person)
  assert.equal(status, 200)
  const token = body.tokens?.accessToken ?? ''
  for (const verifier of verifiers) await verifier.verify(token)
  return token
}

/** Signs out, and answers the position that was acknowledged. */
async function leave(token: string): Promise<bigint> {
  const answer = await fetch(`${url()}/api/v1/auth/sign-out`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify({ token }),
  })
  assert.equal(answer.status, 200)
  return BigInt(((await answer.json()) as { position: string }).position)
}

async function refusedBy(verifier: Verifier, token: string): Promise<boolean> {
  try {
    await verifier.verify(token)
    return false
  } catch (error) {
    assert.ok(error instanceof VerificationError && error.reason === 'revoked', String(error))
    return true
  }
}

const refusedByAll = (token: string) =>
  eventually('every verifier refuses it', async () =>
    (await Promise.all(verifiers.map((each) => refusedBy(each, token)))).every(Boolean),
  )

const logIds = () => verifiers.map((each) => each.status().revocations.logId)

/** Kills the first database, promotes the second, and waits until the service works; these tokens are refused all the while. */
async function failOver(refused: readonly string[]): Promise<void> {
  const [primary, standby] = databases
  assert.ok(primary !== undefined && standby !== undefined)
  const before = logIds()
  await primary.kill()
  await ask(standby, 'select pg_promote(true, 60)')
  door.leadTo(standby)
  databases.shift()
  await eventually(
    'the service works, and the verifiers follow the new log',
    async () => {
      for (const verifier of verifiers)
        for (const token of refused) assert.equal(await refusedBy(verifier, token), true)
      const followed = logIds().every((id, index) => id !== before[index])
      return followed && (await signIn(url(), person)).status === 200
    },
    60_000,
  )
}

async function standbyNow(): Promise<string> {
  const { stdout } = await runSignet(['status', '--json'], { environment })
  return JSON.parse(stdout).database.synchronousStandby
}

test('to a standby that lacks the last revocations: verifiers go on refusing, and no position comes twice', async () => {
  const [primary, standby] = databases
  assert.ok(primary !== undefined && standby !== undefined)
  assert.equal(await standbyNow(), 'none')
  const [stays, early] = [await enter(), await enter()]
  late = await enter()
  const replicated = await leave(early)
  const head = 'select position from revocation_head'
  await eventually(
    'the standby has it',
    async () => String((await ask(standby, head))[0]) === String(replicated),
  )
  await ask(standby, `alter system set primary_conninfo = ''`)
  await ask(standby, 'select pg_reload_conf()')
  await eventually(
    'the standby has stopped following',
    async () => (await ask(primary, 'select from pg_stat_replication')).length === 0,
  )
  const lost = await leave(late)
  for (const token of [early, late]) await refusedByAll(token)
  await failOver([early, late])

  for (const verifier of verifiers) {
    await verifier.verify(stays)
    for (const token of [early, late]) assert.equal(await refusedBy(verifier, token), true)
  }
  const next = await enter()
  const position = await leave(next)
  assert.ok(position > lost + 2n ** 31n, `${position} after ${lost}`)
  await refusedByAll(next)
  // What the database does not have any more it cannot know: docs/reference/revocation-feed.md says so, and what to do.
  assert.deepEqual(
    [(await whoAmI(url(), early)).status, (await whoAmI(url(), late)).status],
    [401, 200],
  )
  const logs = await Promise.all(
    ['one', 'two'].map((name) => readFile(join(directory, name), 'utf8')),
  )
  assert.match(logs.join(''), /taken over by a standby, which may lack what was revoked last/)
})

test('to a standby that commits wait for: nothing is lost', async () => {
  const [primary] = databases
  assert.ok(primary !== undefined)
  databases.push(await startStandby15(await newFolder(), primary))
  await ask(primary, `alter system set synchronous_standby_names = '*'`)
  await ask(primary, 'select pg_reload_conf()')
  await eventually('commits wait for it', async () => (await standbyNow()) === 'connected')
  const tokens = [await enter(), await enter(), await enter()]
  const positions: bigint[] = []
  for (const token of tokens) positions.push(await leave(token))
  for (const token of tokens) await refusedByAll(token)
  await failOver(tokens)

  // One that has seen nothing of what was before.
  const anew = await start('three')
  servers.push(anew)
  for (const token of tokens) assert.equal((await whoAmI(anew.url, token)).status, 401)
  const position = await leave(await enter())
  assert.ok(position > (positions.at(-1) ?? 0n) + 2n ** 31n)
})

/** Clients' secrets end too, so the verifiers have to be given new ones; without, they go by the budget that they declare. */
test('`signet recover` ends what was lost, and everything else', async () => {
  const stays = await enter()
  assert.equal((await whoAmI(url(), late)).status, 200)
  assert.equal((await runSignet(['recover'], { environment })).exitCode, 0)
  for (const server of servers)
    for (const token of [late, stays])
      await eventually('it is over', async () => (await whoAmI(server.url, token)).status === 401)
})
