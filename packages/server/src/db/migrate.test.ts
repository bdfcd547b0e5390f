import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { createTestDatabase, type TestDatabase } from '../testing/database.ts'
import { runSql } from '../testing/statement.ts'
import { migrate, migrationState } from './migrate.ts'
import { type Migration, MigrationError, readMigrations } from './migrations.ts'

describe('migrate', () => {
  let test: TestDatabase
  let directory: string

  beforeEach(async () => {
    test = await createTestDatabase({ empty: true })
    directory = mkdtempSync(join(tmpdir(), 'signet-migrations-'))
    write('0001-first', 'create table first (id int); insert into first values (1);')
    write('0002-second', 'create table second (id int);')
  })
  afterEach(async () => {
    await test.drop()
    rmSync(directory, { recursive: true, force: true })
  })

  const write = (name: string, text: string) => writeFileSync(join(directory, `${name}.sql`), text)
  const known = (): Migration[] => readMigrations(directory)
  const tables = async () =>
    (
      await runSql(
        test.db,
        "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1",
      )
    ).flat()

  it('applies everything once, then nothing', async () => {
    assert.deepEqual(await migrate(test.address, known()), {
      applied: ['0001-first', '0002-second'],
      version: '0002-second',
      unknown: [],
    })
    assert.deepEqual(await migrate(test.address, known()), {
      applied: [],
      version: '0002-second',
      unknown: [],
    })
    assert.deepEqual(await runSql(test.db, 'select id from first'), [[1]])
  })

  it('applies the migrations of this code, and the state says so', async () => {
    const names = readMigrations().map(({ name }) => name)
    const before = await migrationState(test.db)
    assert.deepEqual(before, { applied: [], pending: names, unknown: [] })
    await migrate(test.address)
    const after = await migrationState(test.db)
    assert.deepEqual(after, { applied: names, pending: [], unknown: [] })
  })

  it('lets any number of servers start together', async () => {
    const results = await Promise.all(
      Array.from({ length: 6 }, () => migrate(test.address, known())),
    )
    const applied = results.map((result) => result.applied.length).sort()
    assert.deepEqual(applied, [0, 0, 0, 0, 0, 2])
    assert.deepEqual(await runSql(test.db, 'select id from first'), [[1]])
  })

  it('refuses an applied file that was changed, and applies nothing', async () => {
    await migrate(test.address, known())
    write('0001-first', 'create table first (id bigint);')
    write('0003-third', 'create table third (id int);')
    await assert.rejects(migrate(test.address, known()), {
      name: 'MigrationError',
      message:
        'Migration 0001-first has been changed since it was applied to this database. Restore the file, and put the change into a migration of its own.',
    })
    assert.deepEqual(await tables(), ['first', 'schema_migrations', 'second'])
  })

  it('takes line ends of Windows for no change', async () => {
    write('0002-second', 'create table second (id int);\n-- Done.\n')
    await migrate(test.address, known())
    write('0002-second', 'create table second (id int);\r\n-- Done.\r\n')
    assert.deepEqual((await migrate(test.address, known())).applied, [])
  })

  it('tolerates a database of a later version, and names what it does not know', async () => {
    await migrate(test.address, known())
    const older = known().slice(0, 1)
    assert.deepEqual(await migrate(test.address, older), {
      applied: [],
      version: '0002-second',
      unknown: ['0002-second'],
    })
    assert.deepEqual(await migrationState(test.db, older), {
      applied: ['0001-first', '0002-second'],
      pending: [],
      unknown: ['0002-second'],
    })
  })

  it('refuses to apply a file before one that was applied', async () => {
    await migrate(test.address, [known()[1] as Migration])
    await assert.rejects(
      migrate(test.address, known()),
      /Migration 0001-first is missing in this database, which already has 0002-second/,
    )
    assert.deepEqual(await tables(), ['schema_migrations', 'second'])
  })

  it('rolls a failing file back whole, keeps those before it, and can go on later', async () => {
    write('0002-second', 'create table second (id int); select nonsense;')
    await assert.rejects(migrate(test.address, known()), {
      name: 'MigrationError',
      message: /^Migration 0002-second failed and was rolled back: column "nonsense" does not/,
    })
    assert.deepEqual(await tables(), ['first', 'schema_migrations'])
    write('0002-second', 'create table second (id int);')
    assert.deepEqual((await migrate(test.address, known())).applied, ['0002-second'])
  })

  it('leaves nothing half-applied when the server is killed in the middle', async () => {
    write('0002-second', 'create table second (id int); select pg_sleep(600);')
    const script = `
      import { migrate } from '${import.meta.dirname}/migrate.ts'
      import { readMigrations } from '${import.meta.dirname}/migrations.ts'
      await migrate(${JSON.stringify(test.address)}, readMigrations(${JSON.stringify(directory)}))`
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    const exited = new Promise((resolve) => child.once('exit', resolve))
    const sleeping = () =>
      runSql(
        test.db,
        `select pid from pg_stat_activity
          where datname = current_database() and wait_event = 'PgSleep' and query like '%create table second%'`,
      )
    while ((await sleeping()).length === 0) assert.equal(child.exitCode, null)
    child.kill('SIGKILL')
    await exited
    // The next server does not wait for the sleeper of the dead one.
    write('0002-second', 'create table second (id int);')
    assert.deepEqual((await migrate(test.address, known())).applied, ['0002-second'])
    assert.deepEqual(await sleeping(), [])
  })

  it('refuses names without a number, and a number that is taken', () => {
    write('0002-zweite', 'select 1')
    assert.throws(
      known,
      new MigrationError(
        '0002-zweite.sql: migration files are named NNNN-name.sql, each number once; this one should begin with a number above 0002.',
      ),
    )
    rmSync(join(directory, '0002-zweite.sql'))
    write('third', 'select 1')
    assert.throws(known, MigrationError)
  })
})
