/**
 * The data: made once, completely or not at all, and never opened by the wrong version.
 *
 *   1. initdb makes `cluster.new`
 *   2. the database that it holds gets our name, by the server in its single-user mode; a second one takes much longer to make
 *   3. everything is written to the disk
 *   4. it is renamed to `cluster`, so that a cluster with that name is complete
 *
 * A process killed in between leaves `cluster.new`, which is removed and made again.
 *
 * Errors: OTHER_MAJOR_VERSION, HALF_MADE, DISK_FULL, DIRECTORY_NOT_WRITABLE, START_FAILED.
 */

import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Binaries, postgresMajorVersion } from './binaries.ts'
import { inDataDirectory } from './data-owner.ts'
import {
  EmbeddedPostgresError,
  explainFileError,
  explainOutput,
} from './embedded-postgres-error.ts'
import type { Layout } from './layout.ts'
import { endProcessesIn } from './leftovers.ts'
import { readRegularFile } from './own-file.ts'
import { type RunAs, runAsToEnd } from './run-as.ts'

/** The superuser and owner of everything; only who can enter the socket folder can be it. */
export const databaseUser = 'signet'
export const databaseName = 'signet'

/** Refuses a cluster of another version, and one that lost parts of itself or all of it. */
export function checkCluster(layout: Layout): void {
  const { cluster } = layout
  const { version, hasControlFile } = inDataDirectory(layout, () => ({
    version: readRegularFile(join(cluster, 'PG_VERSION'))?.trim(),
    hasControlFile: existsSync(join(cluster, 'global', 'pg_control')),
  }))
  if (version !== undefined && version !== String(postgresMajorVersion)) {
    throw new EmbeddedPostgresError('OTHER_MAJOR_VERSION', {
      sentence: `The data in ${cluster} is of PostgreSQL ${version}, and this Signet brings PostgreSQL ${postgresMajorVersion}.`,
      remedy: `Export it with the Signet that wrote it, or open it with a PostgreSQL ${version} of your own and set SIGNET_DATABASE_URL; nothing was changed.`,
    })
  }
  if (version !== undefined && hasControlFile) return
  throw new EmbeddedPostgresError('HALF_MADE', {
    sentence: `The data in ${cluster} is not complete: PG_VERSION or global/pg_control is missing.`,
    remedy: 'Put a backup in its place, or remove that folder to begin with an empty database.',
  })
}

/** Makes the cluster. Called only where there is none. */
export async function makeCluster(layout: Layout, runAs: RunAs, binaries: Binaries): Promise<void> {
  const path = layout.unfinishedCluster
  const run = async (command: string[], input?: string) => {
    const { succeeded, output } = await runAsToEnd(runAs, command, input)
    if (!succeeded) throw explainOutput(output, { path, doing: 'to make a database' })
  }
  try {
    await run([binaries.initdb, ...initdbArguments, '-D', path])
    await run(
      [binaries.postgres, '--single', '-F', '-c', 'exit_on_error=on', '-D', path, 'template1'],
      `alter database postgres rename to ${databaseName}\n`,
    )
    await run([binaries.initdb, '--sync-only', '--sync-method', syncMethod, '-D', path])
    inDataDirectory(layout, () => {
      renameSync(path, layout.cluster)
      syncDirectory(layout.folder)
    })
  } catch (error) {
    removeQuietly(layout)
    throw explainFileError(error, path)
  }
}

// One call for the whole disk is many times faster than one for each of 1,300 files.
const syncMethod = process.platform === 'linux' ? 'syncfs' : 'fsync'

const initdbArguments = [
  ...['--username', databaseUser],
  // The socket folder of mode 700 is the door; nothing listens on a network.
  ...['--auth-local', 'trust', '--auth-host', 'reject'],
  ...['--encoding', 'UTF8', '--locale', 'C'],
  // Step 3 does it for everything at once.
  ...['--no-sync', '--no-instructions'],
]

/** Clears away what a killed initdb left, and what is still writing there. */
export async function removeUnfinishedCluster(layout: Layout): Promise<void> {
  const path = layout.unfinishedCluster
  if (!inDataDirectory(layout, () => existsSync(path))) return
  try {
    await endProcessesIn(path)
    inDataDirectory(layout, () => rmSync(path, { recursive: true, maxRetries: 5, retryDelay: 50 }))
  } catch (error) {
    throw new EmbeddedPostgresError('HALF_MADE', {
      sentence: `An earlier start was killed while it made the database, and what it left cannot be removed: ${path}.`,
      remedy: 'Remove that folder and start again; it holds no data yet.',
      cause: error,
    })
  }
}

/** What stays is removed by the next start; the reason why this one fails matters more. */
function removeQuietly(layout: Layout): void {
  try {
    inDataDirectory(layout, () =>
      rmSync(layout.unfinishedCluster, { recursive: true, force: true }),
    )
  } catch {
    // As said.
  }
}

/** Makes the rename itself survive a power cut. */
function syncDirectory(path: string): void {
  const directory = openSync(path, 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}
