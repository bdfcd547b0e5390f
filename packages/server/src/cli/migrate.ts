/** `signet migrate`: brings the database to the schema of this version. */

import type { Config } from '../config/config.ts'
import { migrate, migrationState } from '../db/migrate.ts'
import type { CommandIo } from './command-io.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { openAddress, openCommandDatabase } from './open-database.ts'

/** Applies what is missing, or with `dryRun` says what that would be. */
export async function migrateDatabase(
  { config, io }: { config: Config; io: CommandIo },
  { dryRun = false }: { dryRun?: boolean },
): Promise<ExitCode> {
  const opened = await openAddress(config, io)
  try {
    if (!dryRun) {
      const { applied, version, unknown } = await migrate(opened.directAddress)
      const value = { applied, version, unknown, dryRun }
      const done =
        applied.length === 0 ? 'There was nothing to do.' : `Applied:\n${indented(applied)}`
      io.result(value, `${done}\nThe database is at ${version}.`)
      return exitCodes.ok
    }
    const db = openCommandDatabase(config, opened.directAddress)
    try {
      const { applied, pending, unknown } = await migrationState(db)
      const value = { applied: [], pending, version: applied.at(-1) ?? '', unknown, dryRun }
      const would =
        pending.length === 0
          ? 'There is nothing to do.'
          : `These would be applied:\n${indented(pending)}`
      io.result(value, `${would}\nNothing was changed.`)
      return exitCodes.ok
    } finally {
      await db.end()
    }
  } finally {
    await opened.close()
  }
}

function indented(names: readonly string[]): string {
  return names.map((name) => `  ${name}`).join('\n')
}
