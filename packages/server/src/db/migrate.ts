/**
 * Brings a database to the schema of this code: forward only, one transaction for each file, one server at a time.
 *
 * 1. Take the advisory lock. Whoever comes second waits here, and then finds nothing to do.
 * 2. Refuse if an applied file has been changed, or if a file would be applied out of order.
 * 3. Apply each pending file and note it, in one transaction: a server killed here leaves nothing half-applied.
 *
 * Migrations that only the database knows are left alone, because a version runs together with the one after it.
 * Needs a direct address: the lock belongs to a session, which a transaction pooler does not keep.
 *
 * Errors: MigrationError with one sentence for the operator; driver errors where the database is away.
 */

import pg from 'pg'
import { type DatabaseAddress, driverAddress } from './address.ts'
import { driverTypes } from './column-types.ts'
import {
  createMigrationTable,
  insertAppliedMigration,
  listAppliedMigrations,
} from './migrate.sql.ts'
import {
  compareMigrations,
  type Migration,
  MigrationError,
  type MigrationState,
  readMigrations,
} from './migrations.ts'
import type { Db } from './query.ts'

// Any number would do, as long as every version of Signet takes the same.
const lockKey = 7_406_331_915

const connectTimeoutMs = 5_000
const lockTimeoutMs = 300_000
const undefinedTable = '42P01'

/** Applies what is missing. `applied` names what this call applied, `version` the last migration the database has. */
export async function migrate(
  address: DatabaseAddress,
  known: readonly Migration[] = readMigrations(),
): Promise<{ applied: string[]; version: string; unknown: string[] }> {
  const client = new pg.Client({
    ...driverAddress(address),
    application_name: 'signet migrate',
    connectionTimeoutMillis: connectTimeoutMs,
    lock_timeout: lockTimeoutMs,
    // A server that is killed here must not keep the next one waiting for what it had begun.
    options: '-c search_path=public,pg_temp -c client_connection_check_interval=500',
    types: driverTypes,
  })
  // A connection that breaks fails the statement that waits on it; without a listener it would end the process too.
  client.on('error', () => undefined)
  await client.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [lockKey])
    const db: Db = { query: (statement) => client.query<unknown[]>(statement) }
    await createMigrationTable(db)
    const before = await listAppliedMigrations(db)
    const pending = pendingMigrations(known, before)
    for (const migration of pending) {
      // The commit of the last one writes the log up to there, and with it those of the others.
      await applyMigration(client, db, { ...migration, durable: migration === pending.at(-1) })
    }
    const after = await listAppliedMigrations(db)
    return {
      applied: pending.map(({ name }) => name),
      version: after.at(-1)?.name ?? '',
      unknown: compareMigrations(known, after).unknown,
    }
  } finally {
    await client.end()
  }
}

/** What a database has and lacks, for readiness and `signet status`. A database without any schema lacks everything. */
export async function migrationState(
  db: Db,
  known: readonly Migration[] = readMigrations(),
): Promise<MigrationState> {
  try {
    return compareMigrations(known, await listAppliedMigrations(db))
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === undefinedTable)
      return compareMigrations(known, [])
    throw error
  }
}

function pendingMigrations(
  known: readonly Migration[],
  applied: readonly { name: string; checksum: string }[],
): Migration[] {
  const checksums = new Map(applied.map(({ name, checksum }) => [name, checksum]))
  for (const { name, checksum } of known) {
    const was = checksums.get(name)
    if (was !== undefined && was !== checksum) {
      throw new MigrationError(
        `Migration ${name} has been changed since it was applied to this database. Restore the file, and put the change into a migration of its own.`,
      )
    }
  }
  const pending = known.filter(({ name }) => !checksums.has(name))
  const last = applied.at(-1)?.name
  const late = pending.find(({ name }) => last !== undefined && name < last)
  if (late !== undefined) {
    throw new MigrationError(
      `Migration ${late.name} is missing in this database, which already has ${last}. It was made by a different version of Signet: start that version, or restore a backup.`,
    )
  }
  return pending
}

async function applyMigration(
  client: pg.Client,
  db: Db,
  migration: Migration & { durable: boolean },
): Promise<void> {
  await client.query('begin')
  try {
    if (!migration.durable) await client.query('set local synchronous_commit = off')
    await client.query(migration.text)
    await insertAppliedMigration(db, { name: migration.name, checksum: migration.checksum })
    await client.query('commit')
  } catch (error) {
    // Where the connection is gone, so is the transaction.
    await client.query('rollback').catch(() => undefined)
    const sentence = error instanceof Error ? error.message : String(error)
    throw new MigrationError(
      `Migration ${migration.name} failed and was rolled back: ${sentence}`,
      {
        cause: error,
      },
    )
  }
}
