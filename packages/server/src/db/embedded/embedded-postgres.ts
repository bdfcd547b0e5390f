/**
 * The database that comes with Signet: a real PostgreSQL in the data directory, started when no other is configured.
 *
 *   1. find the programs for this platform
 *   2. make the data directory ours, and lock it against a second supervisor
 *   3. end what an earlier, killed run left behind
 *   4. make the cluster if there is none
 *   5. start the server; when it dies under us, start it again at the same address
 *
 * Every acknowledged commit survives kill -9 of this process, of the server, and of both.
 *
 * Errors: EmbeddedPostgresError, all codes.
 */

import { realpathSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DatabaseAddress } from '../address.ts'
import { type Binaries, linkLibraries, type PackageResolver, resolveBinaries } from './binaries.ts'
import { checkCluster, databaseName, databaseUser, makeCluster } from './cluster.ts'
import { lockDirectory } from './directory-lock.ts'
import {
  claimFolder,
  type Layout,
  layoutOf,
  openDataDirectory,
  prepareRuntimeDirectory,
  socketPort,
} from './layout.ts'
import { launchPostmaster, type Postmaster } from './postmaster.ts'
import { answers, endLeftovers, readPostmasterPid } from './postmaster-pid.ts'
import { chooseRunAs } from './run-as.ts'

/** What to start, and where. */
export interface EmbeddedPostgresOptions {
  dataDir: string
  /** Told when the server dies, is started again, or cannot be. */
  log?: (message: string) => void
  /** Finds the platform package; the default looks in node_modules. */
  resolvePackage?: PackageResolver
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
  const { log = () => undefined, startTimeoutMs = 120_000 } = options
  const binaries = resolveBinaries(options.resolvePackage)
  const layout = openDataDirectory(options.dataDir)
  claimFolder(layout)
  const lock = await lockDirectory(layout)
  try {
    const launch = () => launchOnce({ layout, binaries, log, startTimeoutMs })
    const supervised = superviseServer(await launch(), { launch, log })
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

interface LaunchContext {
  layout: Layout
  binaries: Binaries
  log: (message: string) => void
  startTimeoutMs: number
}

async function launchOnce(context: LaunchContext): Promise<Postmaster> {
  const { layout, binaries, log, startTimeoutMs } = context
  checkCluster(layout)
  prepareRuntimeDirectory(layout)
  await linkLibraries(binaries, layout.libraries)
  const runAs = await chooseRunAs(layout, binaries)
  await endLeftovers(layout, log)
  await makeCluster(layout, runAs, binaries)
  return launchPostmaster({ layout, binaries, runAs, startTimeoutMs })
}

/** The pauses before each attempt to start again; the last one repeats. */
const restartDelaysMs = [0, 100, 300, 1_000, 3_000, 5_000]
/** A server that ran this long had no trouble starting. */
const steadyAfterMs = 60_000

interface Supervised {
  pid(): number
  stop(): Promise<void>
}

function superviseServer(
  first: Postmaster,
  { launch, log }: { launch: () => Promise<Postmaster>; log: (message: string) => void },
): Supervised {
  const stopping = new AbortController()
  let current: Postmaster = first

  async function keepRunning(): Promise<void> {
    let failures = 0
    while (!stopping.signal.aborted) {
      const startedAtMs = performance.now()
      const how = await current.ended
      if (stopping.signal.aborted) return
      if (performance.now() - startedAtMs > steadyAfterMs) failures = 0
      log(`PostgreSQL (process ${current.pid}) ended unexpectedly: ${how}; starting it again`)
      failures = await startAgain(failures)
    }
  }

  async function startAgain(failuresBefore: number): Promise<number> {
    let failures = failuresBefore
    while (!stopping.signal.aborted) {
      await pause(restartDelaysMs[failures] ?? restartDelaysMs.at(-1), stopping.signal)
      failures++
      if (stopping.signal.aborted) break
      try {
        current = await launch()
        log(`PostgreSQL runs again (process ${current.pid})`)
        break
      } catch (error) {
        log(`PostgreSQL did not start: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
    return failures
  }

  const running = keepRunning()
  return {
    pid: () => current.pid,
    async stop() {
      stopping.abort()
      await current.stop()
      await running
      // A start that was under way when we were asked to stop has ended by now, one way or the other.
      await current.stop()
    },
  }
}

/** Sleeps without keeping the process alive; ends early when stopping. */
async function pause(delayMs: number | undefined, signal: AbortSignal): Promise<void> {
  await sleep(delayMs, undefined, { signal, ref: false }).catch(() => undefined)
}
