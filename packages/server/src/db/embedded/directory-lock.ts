/**
 * One supervisor per data directory.
 *
 * The lock lies in our folder, so only who may enter the folder can take it, and what it says can be believed.
 * On Linux it is a listening socket `lock.<number>`: the kernel knows whether somebody listens, and stops that when the
 * process ends, however it ends. The next holder takes the next number. Whoever connects is told the process id.
 * Elsewhere it is a file with the process id, which the next starter replaces when that process is gone.
 *
 * Errors: ALREADY_RUNNING.
 */

import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  linkSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { inDataDirectory } from './data-owner.ts'
import { EmbeddedPostgresError, errorCode, explainFileError } from './embedded-postgres-error.ts'
import type { Layout } from './layout.ts'
import { readRegularFile } from './own-file.ts'
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
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.end(String(process.pid))
  })
  const own = `${randomBytes(8).toString('hex')}.lock`
  const work = <T>(run: () => T) => inDataDirectory(layout, run)
  // A socket path holds no more than 107 bytes, and the path of the folder may be longer.
  const folder = work(() => openSync(layout.folder, constants.O_RDONLY | constants.O_DIRECTORY))
  const at = (name: string) => `/proc/self/fd/${folder}/${name}`
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      work(() => server.listen({ path: at(own), exclusive: true }, resolve))
    })
    server.unref()
    for (;;) {
      const latest = work(() => latestLock(layout.folder))
      if (latest > 0) await refuseIfHeld(layout, at(lockName(latest)))
      const mine = latest + 1
      if (work(() => takeNumber(layout.folder, own, mine))) break
    }
    return { release: () => new Promise((resolve) => server.close(() => resolve())) }
  } catch (error) {
    server.close()
    throw explainFileError(error, layout.folder)
  } finally {
    work(() => rmSync(at(own), { force: true }))
    closeSync(folder)
  }
}

const lockName = (number: number) => `lock.${number}`

/** The highest number that was taken so far; 0 where there is none. */
function latestLock(folder: string): number {
  return Math.max(0, ...readdirSync(folder).map(lockNumber))
}

function lockNumber(name: string): number {
  return Number(/^lock\.(\d{1,15})$/.exec(name)?.[1] ?? 0)
}

/**
 * Takes the number if nobody has it and nobody has a higher one, and clears away the lower ones. The highest is never
 * removed, so whoever takes a number late, when it was cleared away already, finds a higher one.
 */
function takeNumber(folder: string, own: string, mine: number): boolean {
  const path = join(folder, lockName(mine))
  if (!tryLink(join(folder, own), path)) return false
  if (latestLock(folder) > mine) {
    rmSync(path, { force: true })
    return false
  }
  for (const name of readdirSync(folder)) {
    const number = lockNumber(name)
    if (number > 0 && number < mine) rmSync(join(folder, name), { force: true })
  }
  return true
}

/** The kernel refuses a connection to a socket whose process has ended, and accepts one to a process that is stopped. */
async function refuseIfHeld(layout: Layout, path: string): Promise<void> {
  const answer = await askHolder(path)
  if (answer.code === 'ECONNREFUSED' || answer.code === 'ENOENT') return
  throw alreadyRunning(
    layout,
    answer.pid !== undefined && isAlive(answer.pid) ? answer.pid : undefined,
  )
}

/** The same promise where the system cannot say whether somebody listens. */
export async function lockByFile(layout: Layout): Promise<DirectoryLock> {
  const file = join(layout.folder, 'lock')
  inDataDirectory(layout, () => takeFile(layout, file))
  return { release: async () => inDataDirectory(layout, () => rmSync(file, { force: true })) }
}

function takeFile(layout: Layout, file: string): void {
  const own = `${file}.${process.pid}`
  try {
    rmSync(own, { force: true })
    writeFileSync(own, String(process.pid), { mode: 0o600, flag: 'wx' })
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

interface Answer {
  /** Undefined when the holder is too busy or stopped to say. */
  pid: number | undefined
  /** Why there was no connection, such as ECONNREFUSED. */
  code: string | undefined
}

function askHolder(path: string): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = connect({ path, timeout: askTimeoutMs })
    let text = ''
    let code: string | undefined
    socket.on('data', (chunk) => {
      text = `${text}${chunk}`.slice(0, 20)
    })
    socket.on('timeout', () => socket.destroy())
    socket.on('error', (error) => {
      code = errorCode(error)
      socket.destroy()
    })
    socket.on('close', () => resolve({ pid: /^\d+$/.test(text) ? Number(text) : undefined, code }))
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
  const text = readRegularFile(file) ?? ''
  return /^\d+$/.test(text) ? Number(text) : undefined
}
