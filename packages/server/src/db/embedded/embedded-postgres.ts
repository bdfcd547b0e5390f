/**
 * The database that comes with Signet: a real PostgreSQL in the data directory, started when no other is configured.
 *
 *   1. find the programs for this platform
 *   2. make the data directory ours, and lock it against a second supervisor
 *   3. make the cluster if there is none
 *   4. end what an earlier, killed run left behind
 *   5. start the server; when it dies under us, repeat from 4 at the same address
 *
 * Every acknowledged commit survives kill -9 of this process, of the server, and of both.
 *
 * Errors: EmbeddedPostgresError, all codes.
 */

import { existsSync, realpathSync } from 'node:fs'
import type { DatabaseAddress } from '../address.ts'
import { type Binaries, linkLibraries, type PackageResolver, resolveBinaries } from './binaries.ts'
import {
  checkCluster,
  databaseName,
  databaseUser,
  makeCluster,
  removeUnfinishedCluster,
} from './cluster.ts'
import { inDataDirectory } from './data-owner.ts'
import { lockDirectory } from './directory-lock.ts'
import {
  claimFolder,
  type Layout,
  layoutOf,
  openDataDirectory,
  prepareRuntimeDirectory,
  socketPort,
} from './layout.ts'
import { endLeftovers } from './leftovers.ts'
import { launchPostmaster } from './postmaster.ts'
import { answers, readPostmasterPid } from './postmaster-pid.ts'
import { chooseRunAs, type RunAs } from './run-as.ts'
import { supervise } from './supervise.ts'

/** What to start, and where. */
export interface EmbeddedPostgresOptions {
  dataDir: string
  /** Told when the server dies, is started again, or cannot be. */
  log?: (message: string) => void
  /** Finds the platform package; the default looks in node_modules. */
  resolvePackage?: PackageResolver
  /** False for a database that is thrown away: it does not wait for the disk, and a power cut may ruin it. */
  durable?: boolean
  /** How long one start may take, recovery after a crash included. */
  startTimeoutMs?: number
}

/** A running server, kept running until `stop`. */
export interface EmbeddedPostgres {
  /** The same for the whole life, across restarts of the server. */
  address: DatabaseAddress
  /** The process id of the server at this moment. */
  readonly pid: number
  /** Ends connections, writes everything and stops. May be called again, and waits for the same end. */
  stop(): Promise<void>
}

/**
 * Starts the database in this directory, making it at first, and keeps it running. It does not keep the calling process
 * alive, and must be called on its main thread, since the server is told to stop when the calling thread ends.
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const { log = () => undefined, durable = true, startTimeoutMs = 120_000 } = options
  const binaries = resolveBinaries(options.resolvePackage)
  const layout = openDataDirectory(options.dataDir)
  claimFolder(layout)
  const lock = await lockDirectory(layout)
  try {
    if (!inDataDirectory(layout, () => existsSync(layout.cluster))) {
      await removeUnfinishedCluster(layout)
      await makeCluster(layout, await prepare(layout, binaries), binaries)
    }
    const supervised = await supervise({
      async launch(signal) {
        checkCluster(layout)
        await endLeftovers(layout, log)
        const runAs = await prepare(layout, binaries)
        return launchPostmaster({ layout, binaries, runAs, durable, startTimeoutMs, signal })
      },
      log,
    })
    let stopped: Promise<void> | undefined
    return {
      address: addressOf(layout.runtime),
      get pid() {
        return supervised.pid()
      },
      stop() {
        stopped ??= supervised.stop().finally(() => lock.release())
        return stopped
      },
    }
  } catch (error) {
    await lock.release()
    throw error
  }
}

/** What each start needs again, since the temp directory may be cleaned and node_modules moved. */
async function prepare(layout: Layout, binaries: Binaries): Promise<RunAs> {
  inDataDirectory(layout, () => {
    prepareRuntimeDirectory(layout)
    linkLibraries(binaries, layout.libraries)
  })
  return chooseRunAs(layout, binaries)
}

/** Where the server of this directory listens, if one runs: for commands beside a running Signet. */
export async function findRunningEmbeddedPostgres(
  dataDir: string,
): Promise<DatabaseAddress | undefined> {
  let realDataDir: string
  try {
    realDataDir = realpathSync(dataDir)
  } catch {
    return undefined
  }
  const found = readPostmasterPid(layoutOf(realDataDir).cluster)
  if (!found?.ready || !(await answers(found.socketDirectory))) return undefined
  return addressOf(found.socketDirectory)
}

function addressOf(socketDirectory: string): DatabaseAddress {
  return { host: socketDirectory, port: socketPort, user: databaseUser, database: databaseName }
}
