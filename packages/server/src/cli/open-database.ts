/**
 * The database for the time of one command: the configured one; or the embedded one, joined where a server runs on
 * it, else started and stopped again.
 *
 * A schema that lacks migrations is brought up to date only in an embedded database that the command itself has
 * started. Anywhere else a server may be running, and `signet migrate` is a decision of its own.
 *
 * Errors: CommandError (NOT_SET_UP, MIGRATIONS_PENDING), EmbeddedPostgresError, UNAVAILABLE.
 */

import { existsSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import type { Config } from '../config/config.ts'
import type { DatabaseAddress } from '../db/address.ts'
import { type Database, openDatabase } from '../db/database.ts'
import {
  findRunningEmbeddedPostgres,
  startEmbeddedPostgres,
} from '../db/embedded/embedded-postgres.ts'
import { EmbeddedPostgresError } from '../db/embedded/embedded-postgres-error.ts'
import { layoutOf } from '../db/embedded/layout.ts'
import { migrate, migrationState } from '../db/migrate.ts'
import { CommandError } from './command-error.ts'
import type { CommandIo } from './command-io.ts'
import { exitCodes } from './exit-codes.ts'
import { countOtherClients } from './status.sql.ts'

/** Where the database is, and how the command came to it. */
export interface OpenAddress {
  address: DatabaseAddress
  /** The address for migrations, which need a session of their own. */
  directAddress: DatabaseAddress
  /** `configured`; `joined`: embedded, of a running server; `started`: embedded, for this command alone. */
  by: 'configured' | 'joined' | 'started'
  close(): Promise<void>
}

/** An open database, whose schema is the one of this code. */
export interface CommandDatabase extends OpenAddress {
  db: Database
}

/** Commands are not calls: somebody waits who would rather wait than be refused. */
const commandLimits = { answerTimeoutMs: 65_000, statementTimeoutMs: 60_000 }
const joinTimeoutMs = 10_000
const joinEveryMs = 100

/** Opens a database that exists, runs `use` and closes it again, whatever happens. */
export async function withDatabase<T>(
  context: { config: Config; io: CommandIo },
  use: (database: CommandDatabase) => Promise<T>,
): Promise<T> {
  const { config } = context
  if (config.database.address === undefined && !(await hasEmbeddedDatabase(config))) {
    throw new CommandError(`There is no database in ${config.dataDir} yet.`, {
      code: 'NOT_SET_UP',
      fix: 'Run npm start first, or set SIGNET_DATA_DIR or SIGNET_DATABASE_URL to where it is.',
      exitCode: exitCodes.unavailable,
    })
  }
  return withNewDatabase(context, use)
}

/** The same, but makes the embedded database where there is none. */
export async function withNewDatabase<T>(
  { config, io }: { config: Config; io: CommandIo },
  use: (database: CommandDatabase) => Promise<T>,
): Promise<T> {
  const database = await openReady(config, io)
  try {
    return await use(database)
  } finally {
    await database.db.end()
    await database.close()
  }
}

/**
 * Opens the database and sees to its schema. One that was joined may belong to another command, which is about to
 * migrate or to stop it: nothing was asked of it yet, so it is looked for again.
 */
async function openReady(config: Config, io: CommandIo): Promise<CommandDatabase> {
  const deadline = performance.now() + joinTimeoutMs
  for (;;) {
    const opened = await openAddress(config, io)
    const db = openCommandDatabase(config, opened.address)
    try {
      await requireSchema(db, opened, io)
      return { ...opened, db }
    } catch (error) {
      await db.end()
      await opened.close()
      if (opened.by !== 'joined' || performance.now() > deadline) throw error
      await setTimeout(joinEveryMs)
    }
  }
}

/** The pool of a command: two connections are enough, and leave the others to the server. */
export function openCommandDatabase(config: Config, address: DatabaseAddress): Database {
  const prepared = config.database.preparedStatements
  return openDatabase({ address, poolSize: 2, prepared, limits: commandLimits })
}

/** Finds the database or starts it. `close` stops only what was started here. */
export async function openAddress(config: Config, io: CommandIo): Promise<OpenAddress> {
  const { address } = config.database
  if (address !== undefined) {
    const directAddress = config.database.directAddress ?? address
    return { address, directAddress, by: 'configured', close: async () => undefined }
  }
  const { dataDir } = config
  const deadline = performance.now() + joinTimeoutMs
  for (;;) {
    const running = await findRunningEmbeddedPostgres(dataDir)
    if (running !== undefined)
      return {
        address: running,
        directAddress: running,
        by: 'joined',
        close: async () => undefined,
      }
    try {
      const started = await startEmbeddedPostgres({ dataDir, log: io.note })
      const close = async () => {
        await waitForOthers(config, started.address)
        await started.stop()
      }
      return { address: started.address, directAddress: started.address, by: 'started', close }
    } catch (error) {
      const isTaken = error instanceof EmbeddedPostgresError && error.code === 'ALREADY_RUNNING'
      // Whoever holds the directory is starting or stopping: in a moment it can be joined, or is gone.
      if (!isTaken || performance.now() > deadline) throw error
      await setTimeout(joinEveryMs)
    }
  }
}

/** Whether there is an embedded database in the data directory; asking does not make one. */
export async function hasEmbeddedDatabase(config: Config): Promise<boolean> {
  const dataDir = await realpath(config.dataDir).catch(() => undefined)
  return dataDir !== undefined && existsSync(layoutOf(dataDir).cluster)
}

/** Lets other commands finish that joined meanwhile, for a while. */
async function waitForOthers(config: Config, address: DatabaseAddress): Promise<void> {
  const db = openCommandDatabase(config, address)
  const deadline = performance.now() + joinTimeoutMs
  try {
    while (performance.now() < deadline && (await countOtherClients(db)).clients > 0)
      await setTimeout(joinEveryMs)
  } finally {
    await db.end()
  }
}

async function requireSchema(db: Database, opened: OpenAddress, io: CommandIo): Promise<void> {
  const { pending } = await migrationState(db)
  if (pending.length === 0) return
  if (opened.by === 'started') {
    const { applied } = await migrate(opened.directAddress)
    io.note(`The embedded database was brought up to date: ${applied.join(', ')}.`)
    return
  }
  throw new CommandError(
    `The database lacks ${pending.length} migrations: ${pending.join(', ')}.`,
    {
      code: 'MIGRATIONS_PENDING',
      fix: 'Run npm run signet -- migrate, then try again.',
    },
  )
}
