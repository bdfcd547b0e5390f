import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  findRunningEmbeddedPostgres,
  startEmbeddedPostgres,
} from './embedded-postgres.ts'
import { EmbeddedPostgresError, type EmbeddedPostgresErrorCode } from './embedded-postgres-error.ts'
import { postgresProcessesIn } from './process-state.ts'
import { madeDataDirs } from './testing/made-data-dir.ts'
import { startProcess } from './testing/start-process.ts'
import { type TemporaryDirectory, temporaryDirectory } from './testing/temporary-directory.ts'
import { query } from './testing/writers.ts'

async function start(
  directory: TemporaryDirectory,
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres(options)
  directory.beforeRemoval(() => postgres.stop())
  return postgres
}

/** Fails to start, with this code; whatever the code, a person gets a sentence and a remedy. */
async function assertRefused(
  options: EmbeddedPostgresOptions,
  code: EmbeddedPostgresErrorCode,
  sentence: RegExp,
): Promise<EmbeddedPostgresError> {
  const error = await startEmbeddedPostgres(options).then(
    async (postgres) => {
      await postgres.stop()
      return undefined
    },
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof EmbeddedPostgresError, `not refused in a sentence: ${error}`)
  assert.equal(error.code, code, error.message)
  assert.match(error.message, sentence)
  assert.match(error.message, /\.$/)
  return error
}

interface Place {
  directory: TemporaryDirectory
  dataDir: string
}

function emptyPlace(t: TestContext): Place {
  const directory = temporaryDirectory(t)
  return { directory, dataDir: join(directory.path, 'data') }
}

const copyMadeDataDir = madeDataDirs()

/** Where the database was made before. */
async function madePlace(t: TestContext): Promise<Place> {
  const place = emptyPlace(t)
  await copyMadeDataDir(place.dataDir)
  return place
}

test('the first start makes a database, and a later one finds it as it was', async (t) => {
  const { directory, dataDir } = emptyPlace(t)
  const first = await start(directory, { dataDir })
  await query(first.address, "create table kept as select 'here' as value")
  await first.stop()

  const second = await start(directory, { dataDir })
  assert.deepEqual(second.address, first.address)
  assert.deepEqual(await query(second.address, 'select value from kept'), [{ value: 'here' }])
})

test('what runs is durable, small, in UTC, and reachable only through a private folder', async (t) => {
  const { directory, dataDir } = await madePlace(t)
  const { address } = await start(directory, { dataDir })
  const settings = await query<{ name: string; setting: string }>(
    address,
    `select name, setting from pg_settings where name in ('fsync', 'synchronous_commit', 'full_page_writes',
      'listen_addresses', 'TimeZone', 'server_encoding', 'data_checksums', 'max_connections')`,
  )
  assert.deepEqual(Object.fromEntries(settings.map(({ name, setting }) => [name, setting])), {
    TimeZone: 'UTC',
    data_checksums: 'on',
    fsync: 'on',
    full_page_writes: 'on',
    listen_addresses: '',
    max_connections: '100',
    server_encoding: 'UTF8',
    synchronous_commit: 'on',
  })
  const [who] = await query(
    address,
    `select current_user, current_database(), (select rolsuper from pg_roles where rolname = current_user)`,
  )
  assert.deepEqual(who, { current_user: 'signet', current_database: 'signet', rolsuper: true })
  assert.equal(statSync(address.host).mode & 0o777, 0o700)
  assert.equal(statSync(join(dataDir, 'postgres')).mode & 0o777, 0o700)
})

test('settings kept in the cluster cannot open it to a network or make it forget', async (t) => {
  const { directory, dataDir } = await madePlace(t)
  const first = await start(directory, { dataDir })
  await query(first.address, 'alter system set fsync = off')
  await query(first.address, "alter system set listen_addresses = '127.0.0.1'")
  await first.stop()
  const { address } = await start(directory, { dataDir })
  assert.deepEqual(await query(address, 'show fsync'), [{ fsync: 'on' }])
  assert.deepEqual(await query(address, 'show listen_addresses'), [{ listen_addresses: '' }])
})

test('stop ends every process, may be called twice, and frees the directory', async (t) => {
  const { directory, dataDir } = await madePlace(t)
  const postgres = await start(directory, { dataDir })
  const idle = await query(postgres.address, 'select 1 as one')
  assert.deepEqual(idle, [{ one: 1 }])
  await Promise.all([postgres.stop(), postgres.stop()])
  await postgres.stop()
  assert.deepEqual(postgresProcessesIn(join(dataDir, 'postgres', 'cluster')), [])
  assert.equal(existsSync(join(dataDir, 'postgres', 'cluster', 'postmaster.pid')), false)
  assert.equal(await findRunningEmbeddedPostgres(dataDir), undefined)
})

test('a command beside a running server finds its address, and nothing where none runs', async (t) => {
  const { directory, dataDir } = await madePlace(t)
  assert.equal(await findRunningEmbeddedPostgres(dataDir), undefined)
  const { address } = await start(directory, { dataDir })
  assert.deepEqual(await findRunningEmbeddedPostgres(dataDir), address)
})

test('a second process on the same directory is told which one has it, by any path', async (t) => {
  const { directory, dataDir } = await madePlace(t)
  const first = startProcess(dataDir)
  directory.beforeRemoval(first.stop)
  const { self, address } = await first.outcome
  const link = join(directory.path, 'link')
  symlinkSync(dataDir, link)

  for (const path of [dataDir, link]) {
    const second = startProcess(path)
    const outcome = await second.outcome
    assert.equal(outcome.code, 'ALREADY_RUNNING')
    assert.match(outcome.message, new RegExp(`in use by process ${self}\\.`))
    await second.ended
    assert.equal(second.child.exitCode, 1)
  }
  assert.deepEqual(await query(address, 'select 1 as one'), [{ one: 1 }])
})

test('of many processes that start at once on an empty directory, one wins', async (t) => {
  const { directory, dataDir } = emptyPlace(t)
  const starters = [1, 2, 3, 4].map(() => startProcess(dataDir))
  for (const starter of starters) directory.beforeRemoval(starter.stop)
  const outcomes = await Promise.all(starters.map(({ outcome }) => outcome))
  const codes = outcomes.map(({ event, code }) => code ?? event)
  assert.deepEqual(codes.sort(), ['ALREADY_RUNNING', 'ALREADY_RUNNING', 'ALREADY_RUNNING', 'ready'])
})

test('a holder that cannot answer still holds', async (t) => {
  const { directory, dataDir } = await madePlace(t)
  const first = startProcess(dataDir)
  directory.beforeRemoval(first.stop)
  const { self } = await first.outcome
  process.kill(self, 'SIGSTOP')
  try {
    await assertRefused({ dataDir }, 'ALREADY_RUNNING', /in use by another process\./)
  } finally {
    process.kill(self, 'SIGCONT')
  }
})

test('a data directory too deep for a socket gets its socket in the temp directory', async (t) => {
  const { directory } = emptyPlace(t)
  const dataDir = join(directory.path, 'd'.repeat(100), 'with a space, and: more')
  const { address } = await startFarAway(directory, dataDir)
  assert.deepEqual(await query(address, 'select 1 as one'), [{ one: 1 }])
  assert.ok(address.host.startsWith(join(tmpdir(), 'signet-')))
  assert.equal(statSync(address.host).mode & 0o777, 0o700)
  assert.deepEqual(await findRunningEmbeddedPostgres(dataDir), address)
})

/** Starts where the socket is in the temp directory, which is cleared away as well. */
async function startFarAway(
  directory: TemporaryDirectory,
  dataDir: string,
): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ dataDir })
  directory.beforeRemoval(async () => rmSync(postgres.address.host, { recursive: true }))
  directory.beforeRemoval(() => postgres.stop())
  return postgres
}

test('a socket folder that others can enter is refused and left alone', async (t) => {
  const { directory } = await madePlace(t)
  const dataDir = await copyMadeDataDir(join(directory.path, 'd'.repeat(100)))
  const first = await startFarAway(directory, dataDir)
  await first.stop()
  chmodSync(first.address.host, 0o777)
  await assertRefused({ dataDir }, 'SOCKET_PATH', /not safe to use: .*mode 700/)
  assert.equal(statSync(first.address.host).mode & 0o777, 0o777)
})

test('a folder with other content is never touched', async (t) => {
  const { dataDir } = emptyPlace(t)
  mkdirSync(join(dataDir, 'postgres'), { recursive: true })
  writeFileSync(join(dataDir, 'postgres', 'letters.txt'), 'dear')
  await assertRefused({ dataDir }, 'DIRECTORY_FOREIGN', /did not make \(letters\.txt\)/)
  assert.deepEqual(readdirSync(join(dataDir, 'postgres')), ['letters.txt'])
})

test('data of another major version is named and not touched', async (t) => {
  const { directory, dataDir } = await madePlace(t)
  const versionFile = join(dataDir, 'postgres', 'cluster', 'PG_VERSION')
  writeFileSync(versionFile, '14\n')
  await assertRefused(
    { dataDir },
    'OTHER_MAJOR_VERSION',
    /is of PostgreSQL 14, .* brings PostgreSQL 18/,
  )
  writeFileSync(versionFile, '18\n')
  const again = await start(directory, { dataDir })
  assert.deepEqual(await query(again.address, 'select 1 as one'), [{ one: 1 }])
})

test('a cluster that lost its control file is not replaced by an empty one', async (t) => {
  const { dataDir } = await madePlace(t)
  rmSync(join(dataDir, 'postgres', 'cluster', 'global', 'pg_control'))
  await assertRefused({ dataDir }, 'HALF_MADE', /is not complete: .*pg_control/)
})

test('without programs for the platform, a person is sent to a database of their own', async (t) => {
  const { dataDir } = emptyPlace(t)
  const asked: string[] = []
  const resolvePackage = (name: string) => {
    asked.push(name)
    return import.meta.resolve(`${name}-of-another-planet`)
  }
  await assertRefused({ dataDir, resolvePackage }, 'BINARIES_MISSING', /SIGNET_DATABASE_URL/)
  assert.deepEqual(asked, [`@embedded-postgres/${process.platform}-${process.arch}`])
  assert.equal(existsSync(dataDir), false)
})

test('programs that do not start here are missing as well', async (t) => {
  const { directory, dataDir } = emptyPlace(t)
  const bin = join(directory.path, 'package', 'native', 'bin')
  mkdirSync(bin, { recursive: true })
  mkdirSync(join(directory.path, 'package', 'native', 'lib'))
  for (const name of ['initdb', 'postgres']) writeFileSync(join(bin, name), 'not a program')
  const resolvePackage = () => `file://${directory.path}/package/dist/index.js`
  await assertRefused({ dataDir, resolvePackage }, 'BINARIES_MISSING', /programs do not start/)
})

test('what nobody foresaw is told in the words of PostgreSQL', async (t) => {
  const { dataDir } = await madePlace(t)
  truncateSync(join(dataDir, 'postgres', 'cluster', 'global', 'pg_control'), 100)
  const error = await assertRefused({ dataDir }, 'START_FAILED', /failed to start in/)
  assert.match(error.detail ?? '', /pg_control/)
})

test('the server log is bounded from one start to the next', async (t) => {
  const { dataDir } = await madePlace(t)
  const log = join(dataDir, 'postgres', 'postgres.log')
  for (const size of [2_000_000, 3_000_000]) {
    const postgres = await startEmbeddedPostgres({ dataDir })
    await postgres.stop()
    truncateSync(log, size)
  }
  const last = await startEmbeddedPostgres({ dataDir })
  await last.stop()
  assert.ok(statSync(log).size < 100_000)
  assert.match(readFileSync(log, 'utf8'), /database system is ready/)
  assert.deepEqual(
    readdirSync(join(dataDir, 'postgres')).filter((name) => name.startsWith('postgres.log')),
    ['postgres.log', 'postgres.log.1'],
  )
})
