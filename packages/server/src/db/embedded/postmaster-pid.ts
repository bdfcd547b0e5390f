/**
 * What the server says about itself in `postmaster.pid`, and what a killed one left behind.
 *
 * The file is written by the server, removed when it stops in order, and left when it is killed. Its last line turns to
 * "ready" when connections are accepted.
 *
 * Errors: ALREADY_RUNNING.
 */

import { readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { alreadyRunning } from './directory-lock.ts'
import { type Layout, socketFile } from './layout.ts'
import { hasProc, isAlive, processesIn, signalProcess, waitUntil } from './process-state.ts'

/** The lines of `postmaster.pid` that matter here. */
export interface PostmasterPid {
  pid: number
  socketDirectory: string
  ready: boolean
}

/** Reads it; undefined when there is none, or when the server has only begun to write it. */
export function readPostmasterPid(cluster: string): PostmasterPid | undefined {
  let lines: string[]
  try {
    lines = readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')
  } catch {
    return undefined
  }
  const pid = Number(lines[0])
  if (!Number.isInteger(pid) || pid <= 0) return undefined
  return { pid, socketDirectory: lines[4] ?? '', ready: lines[7]?.trim() === 'ready' }
}

/** Whether a server accepts connections at the socket in this folder. */
export function answers(socketDirectory: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path: socketFile(socketDirectory), timeout: 1_000 })
    const end = (answered: boolean) => {
      socket.destroy()
      resolve(answered)
    }
    socket.on('connect', () => end(true))
    socket.on('error', () => end(false))
    socket.on('timeout', () => end(false))
  })
}

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
    await endProcess(left.pid)
  }
  await endProcessesIn(layout.cluster)
  if (left === undefined) return
  if (await answers(left.socketDirectory)) throw alreadyRunning(layout, undefined)
  // The number in it may belong to a zombie or a stranger by now, and PostgreSQL would believe it.
  if (hasProc) rmSync(join(layout.cluster, 'postmaster.pid'), { force: true })
}

/** A process may have got the number of a dead server: it is ours only if it works in the cluster. */
async function isOurServer(layout: Layout, left: PostmasterPid): Promise<boolean> {
  if (hasProc) return processesIn(layout.cluster).includes(left.pid)
  return isAlive(left.pid) && (await answers(left.socketDirectory))
}

/** Asks a server to stop, then insists. */
export async function endProcess(pid: number): Promise<void> {
  for (const [signal, timeoutMs] of stopSignals) {
    signalProcess(pid, signal)
    if (await waitUntil(() => !isAlive(pid), timeoutMs)) return
  }
}

const stopSignals = [
  // Fast shutdown: connections are ended, everything is written.
  ['SIGINT', 10_000],
  // Immediate shutdown: the next start recovers from the log, as after a crash.
  ['SIGQUIT', 5_000],
  ['SIGKILL', 5_000],
] as const

/** Waits until no process works in the cluster; after two seconds they are killed. */
export async function endProcessesIn(cluster: string): Promise<void> {
  const isEmpty = () => processesIn(cluster).length === 0
  if (await waitUntil(isEmpty, 2_000)) return
  for (const pid of processesIn(cluster)) signalProcess(pid, 'SIGKILL')
  await waitUntil(isEmpty, 5_000)
}
