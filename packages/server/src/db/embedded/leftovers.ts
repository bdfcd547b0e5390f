/**
 * What a killed run left behind: a server that still runs, its back ends, and files with process ids in them.
 *
 * Errors: ALREADY_RUNNING.
 */

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { inDataDirectory } from './data-owner.ts'
import { alreadyRunning } from './directory-lock.ts'
import { errorCode } from './embedded-postgres-error.ts'
import { type Layout, socketFile } from './layout.ts'
import { answers, type PostmasterPid, readPostmasterPid } from './postmaster-pid.ts'
import { hasProc, isAlive, postgresProcessesIn, waitUntil } from './process-state.ts'

/**
 * Ends whatever still works in the cluster, and removes the traces that would stop the next server.
 *
 * Called with the directory locked, so nobody starts another one meanwhile. An orphaned server has usually been told to
 * stop by the kernel already. Back ends of a killed server end by themselves unless they are in a long computation.
 */
export async function endLeftovers(layout: Layout, log: (message: string) => void): Promise<void> {
  const left = readPostmasterPid(layout.cluster)
  if (left !== undefined && (await isOurServer(layout, left))) {
    log(`stopping PostgreSQL (process ${left.pid}), which an earlier run left behind`)
    for (const [signal, timeoutMs] of stopSignals) {
      sendSignal(left.pid, signal)
      if (await waitUntil(() => !isAlive(left.pid), timeoutMs)) break
    }
  }
  await endProcessesIn(layout.cluster)
  // A server that we cannot see but can reach belongs to another container with the same folder.
  if (await answers(left?.socketDirectory ?? layout.runtime))
    throw alreadyRunning(layout, undefined)
  if (hasProc) removeTraces(layout)
}

/** The process id in these files may be a zombie's or a stranger's by now, and PostgreSQL would believe it. */
function removeTraces(layout: Layout): void {
  const socket = socketFile(layout.runtime)
  inDataDirectory(layout, () => {
    for (const file of [join(layout.cluster, 'postmaster.pid'), socket, `${socket}.lock`]) {
      rmSync(file, { force: true })
    }
  })
}

/** A process may have got the number of a dead server: it is ours only if it works in the cluster. */
async function isOurServer(layout: Layout, left: PostmasterPid): Promise<boolean> {
  if (hasProc) return postgresProcessesIn(layout.cluster).includes(left.pid)
  return isAlive(left.pid) && (await answers(left.socketDirectory))
}

/** How a server is stopped: asked first, then made to. Each signal, and how long to wait for it to work. */
export const stopSignals = [
  // Fast shutdown: connections are ended, everything is written.
  ['SIGINT', 10_000],
  // Immediate shutdown: the next start recovers from the log, as after a crash.
  ['SIGQUIT', 5_000],
  ['SIGKILL', 5_000],
] as const

/** Waits until no process works in the cluster; after two seconds they are killed. */
export async function endProcessesIn(cluster: string): Promise<void> {
  const isEmpty = () => postgresProcessesIn(cluster).length === 0
  if (await waitUntil(isEmpty, 2_000)) return
  for (const pid of postgresProcessesIn(cluster)) sendSignal(pid, 'SIGKILL')
  await waitUntil(isEmpty, 5_000)
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error
  }
}
