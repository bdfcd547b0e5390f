/**
 * Which processes are really alive, and which of them work in a directory.
 *
 * `kill(pid, 0)` also succeeds for a zombie, and for a stranger that got the number of a dead process. On Linux /proc
 * tells the truth; elsewhere the caller must also ask the socket.
 */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** True when /proc can be read, so that the state and the working directory of a process are known. */
export const hasProc = process.platform === 'linux'

/** Whether a process still runs; a zombie does not. */
export function isAlive(pid: number): boolean {
  if (hasProc) return !['Z', 'X', undefined].includes(stateOf(pid))
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** The living Postgres processes that work in `directory`. A shell that somebody left there is not among them. */
export function postgresProcessesIn(directory: string): number[] {
  if (!hasProc) return []
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && worksIn(pid, directory) && isAlive(pid))
}

/** Asks every few milliseconds until `condition` holds or the time is over; returns whether it holds. */
export async function waitUntil(condition: () => boolean, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  while (!condition()) {
    if (performance.now() > deadline) return false
    await sleep(5)
  }
  return true
}

function worksIn(pid: number, directory: string): boolean {
  try {
    const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
    return name === 'postgres' && readlinkSync(`/proc/${pid}/cwd`) === directory
  } catch {
    return false
  }
}

function stateOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2)[0]
  } catch {
    return undefined
  }
}
