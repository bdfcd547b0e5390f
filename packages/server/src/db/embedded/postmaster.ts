/**
 * One life of the server: started with our settings, ready when it says so itself, stopped in order.
 *
 * Errors: START_FAILED, DISK_FULL, DIRECTORY_FOREIGN, DIRECTORY_NOT_WRITABLE.
 */

import type { ChildProcess } from 'node:child_process'
import { closeSync, lstatSync, renameSync } from 'node:fs'
import type { Binaries } from './binaries.ts'
import { inDataDirectory } from './data-owner.ts'
import { explainFileError, explainOutput } from './embedded-postgres-error.ts'
import { type Layout, socketPort } from './layout.ts'
import { stopSignals } from './leftovers.ts'
import { openForAppending, readRegularFile } from './own-file.ts'
import { readPostmasterPid } from './postmaster-pid.ts'
import { waitUntil } from './process-state.ts'
import { type RunAs, spawnAs } from './run-as.ts'

/** A server that accepts connections. */
export interface Postmaster {
  pid: number
  /** Settles when it has ended, with how: "exit code 1" or "SIGKILL". */
  ended: Promise<string>
  stop(): Promise<void>
}

interface LaunchOptions {
  layout: Layout
  binaries: Binaries
  runAs: RunAs
  /** Whether a commit waits for the disk. */
  durable: boolean
  /** Recovery after a crash reads the log from the last checkpoint, so this is long. */
  startTimeoutMs: number
  /** Gives up waiting, and stops what was started. */
  signal: AbortSignal
}

/** Starts the server and waits until it accepts connections. */
export async function launchPostmaster(options: LaunchOptions): Promise<Postmaster> {
  const { layout, signal, startTimeoutMs } = options
  const { child, logOffset } = spawnPostmaster(options)
  // The program that we serve decides how long to live; a database alone keeps nobody waiting.
  child.unref()
  let end: string | undefined
  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('exit', (code, signalName) => resolve(signalName ?? `exit code ${code}`))
  }).then((how) => {
    end = how
    return how
  })
  const stop = async () => {
    for (const [signalName, timeoutMs] of stopSignals) {
      if (end === undefined) child.kill(signalName)
      if (await waitUntil(() => end !== undefined, timeoutMs)) return
    }
  }
  const isReady = () => isReadyServer(layout, child)
  await waitUntil(() => end !== undefined || signal.aborted || isReady(), startTimeoutMs)
  const { pid } = child
  if (end === undefined && pid !== undefined && isReady()) return { pid, ended, stop }
  const how = end ?? 'It was not ready in time.'
  await stop()
  throw explainOutput(`${readLog(layout, logOffset)}${how}`, {
    path: layout.folder,
    doing: 'to start',
  })
}

const logMaxBytes = 1024 * 1024

function spawnPostmaster({ layout, binaries, runAs, durable }: LaunchOptions): {
  child: ChildProcess
  logOffset: number
} {
  let log: number | undefined
  try {
    const opened = inDataDirectory(layout, () => openLog(layout.log))
    log = opened.log
    const child = spawnAs(
      runAs,
      [binaries.postgres, '-D', layout.cluster, ...settings(layout, durable)],
      {
        deathSignal: 'INT',
        stdio: ['ignore', log, log],
      },
    )
    return { child, logOffset: opened.size }
  } catch (error) {
    throw explainFileError(error, layout.log)
  } finally {
    if (log !== undefined) closeSync(log)
  }
}

/** Opens the log of the server at its end, and says where that is; a large one is set aside. */
function openLog(path: string): { log: number; size: number } {
  const size = lstatSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (size > logMaxBytes) renameSync(path, `${path}.1`)
  return { log: openForAppending(path), size: size > logMaxBytes ? 0 : size }
}

/**
 * Settings stand on the command line, so that neither the configuration files of the cluster nor ALTER SYSTEM can open
 * it to a network or make it forget a commit.
 */
function settings(layout: Layout, durable: boolean): string[] {
  const waitForDisk = durable ? 'on' : 'off'
  const values = {
    listen_addresses: '',
    unix_socket_directories: layout.runtime,
    unix_socket_permissions: '0700',
    port: String(socketPort),
    cluster_name: 'signet',
    // What is acknowledged is on the disk.
    fsync: waitForDisk,
    synchronous_commit: waitForDisk,
    full_page_writes: waitForDisk,
    // Small: one process fewer per line, or memory that a sign-in service never fills.
    max_connections: '100',
    shared_buffers: '32MB',
    io_method: 'sync',
    max_worker_processes: '2',
    max_parallel_workers_per_gather: '0',
    max_logical_replication_workers: '0',
    huge_pages: 'off',
    jit: 'off',
    max_wal_size: '256MB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // The log is for starts, stops and crashes. Failed statements go to the caller, since they may hold personal data.
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    log_checkpoints: 'off',
    logging_collector: 'off',
  }
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

/** Its own file says ready, and the file is that of our child and not of somebody else's server. */
function isReadyServer(layout: Layout, child: ChildProcess): boolean {
  const found = readPostmasterPid(layout.cluster)
  return found !== undefined && found.pid === child.pid && found.ready
}

function readLog(layout: Layout, offset: number): string {
  const text = inDataDirectory(layout, () => readRegularFile(layout.log)) ?? ''
  return Buffer.from(text).subarray(offset).toString()
}
