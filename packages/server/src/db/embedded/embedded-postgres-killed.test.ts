import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'
import { errorCode } from './embedded-postgres-error.ts'
import { readPostmasterPid } from './postmaster-pid.ts'
import { isAlive, postgresProcessesIn, waitUntil } from './process-state.ts'
import { madeDataDirs } from './testing/made-data-dir.ts'
import { startProcess } from './testing/start-process.ts'
import { type TemporaryDirectory, temporaryDirectory } from './testing/temporary-directory.ts'
import { assertNothingLost, query, queryWhenBack, startWriters } from './testing/writers.ts'

const copyMadeDataDir = madeDataDirs()

interface Place {
  directory: TemporaryDirectory
  dataDir: string
  cluster: string
}

async function makePlace(t: TestContext): Promise<Place> {
  const directory = temporaryDirectory(t)
  const dataDir = await copyMadeDataDir(join(directory.path, 'data'))
  return { directory, dataDir, cluster: join(dataDir, 'postgres', 'cluster') }
}

async function start(
  { directory, dataDir }: Place,
  messages: string[] = [],
): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ dataDir, log: (text) => messages.push(text) })
  directory.beforeRemoval(() => postgres.stop())
  return postgres
}

test('kill -9 of node loses nothing, and the next start takes the directory over', async (t) => {
  const place = await makePlace(t)
  for (const round of [1, 2]) {
    const starter = startProcess(place.dataDir)
    const { address } = await starter.outcome
    const writers = await startWriters(address, round * 1_000_000)
    await writers.waitForRows(200)
    starter.child.kill('SIGKILL')
    await starter.ended

    const postgres = await start(place)
    assert.deepEqual(postgres.address, address)
    await writers.ended
    await assertNothingLost(postgres.address, writers)
    await postgres.stop()
  }
})

test('kill -9 of node ends the server, even if nobody starts again', async (t) => {
  const place = await makePlace(t)
  const starter = startProcess(place.dataDir)
  const { pid } = await starter.outcome
  starter.child.kill('SIGKILL')
  await starter.ended
  assert.ok(await waitUntil(() => !isAlive(pid), 10_000))
  assert.ok(await waitUntil(() => postgresProcessesIn(place.cluster).length === 0, 10_000))
})

test('kill -9 of node, the server and all its back ends at once loses nothing', async (t) => {
  const place = await makePlace(t)
  for (const round of [1, 2]) {
    const starter = startProcess(place.dataDir)
    const { address } = await starter.outcome
    const writers = await startWriters(address, round * 1_000_000)
    await writers.waitForRows(200)
    for (const pid of [starter.child.pid, ...postgresProcessesIn(place.cluster)]) {
      if (pid !== undefined) kill(pid)
    }
    await starter.ended
    await writers.ended

    const postgres = await start(place)
    await assertNothingLost(postgres.address, writers)
    await postgres.stop()
  }
})

test('a server killed while node lives is started again at the same address', async (t) => {
  const place = await makePlace(t)
  const messages: string[] = []
  const postgres = await start(place, messages)
  const { address } = postgres
  for (const round of [1, 2]) {
    const killed = postgres.pid
    const writers = await startWriters(address, round * 1_000_000)
    await writers.waitForRows(200)
    process.kill(killed, 'SIGKILL')
    await writers.ended
    await assertNothingLost(address, writers)
    assert.notEqual(postgres.pid, killed)
    assert.equal(readPostmasterPid(place.cluster)?.pid, postgres.pid)
  }
  assert.match(messages[0] ?? '', /^PostgreSQL \(process \d+\) ended unexpectedly: SIGKILL/)
  assert.match(messages[1] ?? '', /^PostgreSQL runs again \(process \d+\)$/)
  assert.equal(messages.length, 4)
})

test('a killed back end loses nothing, and the same server goes on', async (t) => {
  const place = await makePlace(t)
  const postgres = await start(place)
  const { pid } = postgres
  const writers = await startWriters(postgres.address, 0)
  await writers.waitForRows(200)
  const [victim] = await query<{ pid: number }>(
    postgres.address,
    `select pid from pg_stat_activity where query like 'insert into written%' limit 1`,
  )
  assert.ok(victim)
  process.kill(victim.pid, 'SIGKILL')
  await writers.ended
  await assertNothingLost(postgres.address, writers)
  assert.equal(postgres.pid, pid)
})

test('back ends that outlive a killed server do not keep the next one from starting', async (t) => {
  const place = await makePlace(t)
  const postgres = await start(place)
  // A computation without end that waits for nothing, so that it does not notice the death of the server.
  const busy = query(postgres.address, `do 'begin loop end loop; end'`).catch(() => 'cut off')
  const findBusy = () =>
    query<{ pid: number }>(
      postgres.address,
      `select pid from pg_stat_activity where query like 'do ''begin loop%'`,
    )
  let [found] = await findBusy()
  while (found === undefined) [found] = await findBusy()
  const { pid: busyPid } = found
  place.directory.beforeRemoval(async () => kill(busyPid))
  process.kill(postgres.pid, 'SIGKILL')
  assert.deepEqual(await queryWhenBack(postgres.address, 'select 1 as one'), [{ one: 1 }])
  assert.equal(await busy, 'cut off')
  assert.equal(isAlive(busyPid), false)
})

test('an orphan that still serves is stopped, and what it acknowledged is kept', async (t) => {
  const place = await makePlace(t)
  const first = await start(place)
  const command = readFileSync(`/proc/${first.pid}/cmdline`, 'utf8').split('\0').slice(0, -1)
  await first.stop()
  const orphan = await startOrphan(place, command)
  const writers = await startWriters(first.address, 0)
  await writers.waitForRows(200)

  const messages: string[] = []
  const postgres = await start(place, messages)
  assert.match(messages[0] ?? '', new RegExp(`stopping PostgreSQL \\(process ${orphan}\\)`))
  assert.notEqual(postgres.pid, orphan)
  await assertNothingLost(postgres.address, writers)
})

/** The same server without a supervisor, as it is left where the kernel cannot signal it. */
async function startOrphan(place: Place, command: string[]): Promise<number> {
  const asNobody = ['unshare', '-U', '--map-user=1000', '--map-group=1000']
  const [program = '', ...args] = [...(process.geteuid?.() === 0 ? asNobody : []), ...command]
  const child = spawn(program, args, {
    env: { LD_LIBRARY_PATH: join(place.dataDir, 'postgres', 'run', 'lib') },
    stdio: 'ignore',
    detached: true,
  })
  const { pid } = child
  assert.ok(pid !== undefined)
  const exited = once(child, 'exit')
  place.directory.beforeRemoval(() => {
    child.kill('SIGKILL')
    return exited
  })
  assert.ok(await waitUntil(() => readPostmasterPid(place.cluster)?.ready === true, 10_000))
  return pid
}

test('a process id left by a killed server that belongs to a stranger is not believed', async (t) => {
  const place = await makePlace(t)
  // Alive, ours, and no server. (PostgreSQL itself sees through the number of its own parent.)
  const stranger = spawn('cat')
  place.directory.beforeRemoval(() => {
    stranger.stdin.end()
    return once(stranger, 'exit')
  })
  const text = [stranger.pid, place.cluster, 0, 5432, join(place.dataDir, 'postgres', 'run')]
  writeFileSync(join(place.cluster, 'postmaster.pid'), `${text.join('\n')}\n\n\nready\n`)
  writeFileSync(
    join(place.dataDir, 'postgres', 'run', '.s.PGSQL.5432.lock'),
    `${text.join('\n')}\n`,
  )
  const postgres = await start(place)
  assert.deepEqual(await query(postgres.address, 'select 1 as one'), [{ one: 1 }])
})

test('an initdb that was killed at any moment is done again', async (t) => {
  const directory = temporaryDirectory(t)
  const moments = ['PG_VERSION', 'base/5']
  for (const moment of moments) {
    const dataDir = join(directory.path, moment.replace('/', '-'))
    const cluster = join(dataDir, 'postgres', 'cluster')
    const starter = startProcess(dataDir)
    assert.ok(await waitUntil(() => existsSync(join(`${cluster}.new`, moment)), 10_000))
    starter.child.kill('SIGKILL')
    await starter.ended
    assert.equal(existsSync(cluster), false)

    const postgres = await start({ directory, dataDir, cluster })
    assert.deepEqual(await query(postgres.address, 'select 1 as one'), [{ one: 1 }])
    assert.equal(existsSync(`${cluster}.new`), false)
    await postgres.stop()
  }
})

test('data that vanishes under a running server is not replaced by an empty database', async (t) => {
  const place = await makePlace(t)
  const messages: string[] = []
  const postgres = await start(place, messages)
  process.kill(postgres.pid, 'SIGSTOP')
  rmSync(place.cluster, { recursive: true })
  process.kill(postgres.pid, 'SIGKILL')
  assert.ok(await untilMessage(messages, /does not start again yet: .* is not complete/))
  assert.equal(existsSync(place.cluster), false)
  await postgres.stop()
})

/** Back ends end by themselves once their server is dead, perhaps before their turn comes. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    assert.equal(errorCode(error), 'ESRCH')
  }
}

async function untilMessage(messages: string[], pattern: RegExp): Promise<boolean> {
  return await waitUntil(() => messages.some((message) => pattern.test(message)), 10_000)
}
