/**
 * One supervisor per data directory.
 *
 * On Linux the lock is an abstract socket named by the directory: the kernel gives it to one process at a time and takes
 * it back when that process ends, however it ends. Whoever connects is told the process id of the holder.
 * Elsewhere it is a file with the process id, which the next starter replaces when that process is gone.
 *
 * Errors: ALREADY_RUNNING.
 */

import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { EmbeddedPostgresError, errorCode, explainFileError } from './embedded-postgres-error.ts'
import type { Layout } from './layout.ts'
import { hasProc, isAlive } from './process-state.ts'

/** Held until it is released or the process ends. */
export interface DirectoryLock {
  release(): Promise<void>
}

/** Takes the lock of this data directory, or says who has it. */
export function lockDirectory(layout: Layout): Promise<DirectoryLock> {
  return hasProc ? lockBySocket(layout) : lockByFile(layout)
}

async function lockBySocket(layout: Layout): Promise<DirectoryLock> {
  const path = `\0signet-${layout.hash}`
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.end(String(process.pid))
  })
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ path, exclusive: true }, resolve)
    })
  } catch (error) {
    if (errorCode(error) !== 'EADDRINUSE') throw error
    throw alreadyRunning(layout, await askHolder(path))
  }
  server.unref()
  return { release: () => new Promise((resolve) => server.close(() => resolve())) }
}

/** The same promise where there are no abstract sockets. */
export async function lockByFile(layout: Layout): Promise<DirectoryLock> {
  const file = join(layout.folder, 'lock')
  const own = `${file}.${process.pid}`
  try {
    writeFileSync(own, String(process.pid), { mode: 0o600 })
    while (!tryLink(own, file)) {
      const holder = readPid(file)
      if (holder !== undefined && isAlive(holder)) throw alreadyRunning(layout, holder)
      removeStale(file, holder)
    }
  } catch (error) {
    throw explainFileError(error, file)
  } finally {
    rmSync(own, { force: true })
  }
  return { release: async () => rmSync(file, { force: true }) }
}

/** The refusal of a second starter. */
export function alreadyRunning(layout: Layout, pid: number | undefined): EmbeddedPostgresError {
  const holder = pid === undefined ? 'another process' : `process ${pid}`
  return new EmbeddedPostgresError('ALREADY_RUNNING', {
    sentence: `The data directory ${layout.dataDir} is in use by ${holder}.`,
    remedy: 'Stop that one first, or give this one its own SIGNET_DATA_DIR.',
  })
}

const askTimeoutMs = 1_000

/** The holder's process id; undefined when it is too busy or stopped to say. */
function askHolder(path: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ path, timeout: askTimeoutMs })
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk.toString()
    })
    socket.on('timeout', () => socket.destroy())
    socket.on('error', () => socket.destroy())
    socket.on('close', () => resolve(/^\d+$/.test(answer) ? Number(answer) : undefined))
  })
}

function tryLink(own: string, file: string): boolean {
  try {
    linkSync(own, file)
    return true
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    throw error
  }
}

/** Two starters may see the same stale file: what was moved away is looked at again, and put back if it was fresh. */
function removeStale(file: string, stale: number | undefined): void {
  const moved = `${file}.stale.${process.pid}`
  try {
    renameSync(file, moved)
  } catch {
    return
  }
  if (readPid(moved) !== stale) tryLink(moved, file)
  rmSync(moved, { force: true })
}

function readPid(file: string): number | undefined {
  try {
    const text = readFileSync(file, 'utf8')
    return /^\d+$/.test(text) ? Number(text) : undefined
  } catch {
    return undefined
  }
}
