/**
 * Where the embedded database keeps its files, and whether a folder is ours.
 *
 *   <data directory>/postgres/       mode 700, marked by README.txt; nothing outside it is touched
 *     cluster/                       the data; appears only when complete
 *     cluster.new/                   an initdb under way, or what a killed one left
 *     lock.<number>                  the lock; see directory-lock.ts
 *     postgres.log                   what the server says
 *     run/                           the socket and the shared libraries; see runtimeDirectory
 *
 * Errors: DIRECTORY_FOREIGN, DIRECTORY_NOT_WRITABLE, DISK_FULL, SOCKET_PATH.
 */

import { createHash } from 'node:crypto'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { foreignOwnerOfNearest, inDataDirectory, withRightsOf } from './data-owner.ts'
import { EmbeddedPostgresError, errorCode, explainFileError } from './embedded-postgres-error.ts'

/** The paths of one embedded database. */
export interface Layout {
  /** The real path of the data directory, whichever link it was given by. */
  dataDir: string
  folder: string
  cluster: string
  unfinishedCluster: string
  log: string
  /** Short enough for a socket and free of the characters that separate paths in a list. */
  runtime: string
  /** The links to the shared libraries, below `runtime`. */
  libraries: string
}

/** The port in the name of the socket file; nothing listens on a network. */
export const socketPort = 5432

const marker = 'README.txt'
const markerText = `This folder holds the embedded PostgreSQL of Signet. Signet makes, starts and stops it.
Do not edit anything here. Back up the whole folder, with Signet stopped.
`
// A socket path holds 104 bytes on some systems; the rest is room for the lock file beside it.
const socketPathMaxBytes = 90
// These separate the entries of LD_LIBRARY_PATH and of unix_socket_directories.
const separators = /[:;,"\s]/

/** Makes the data directory where it is missing, and says where everything is. */
export function openDataDirectory(dataDir: string): Layout {
  try {
    // As root another user may have to pass through on the way to its own folder.
    const mode = process.geteuid?.() === 0 ? 0o711 : 0o700
    return withRightsOf(foreignOwnerOfNearest(resolve(dataDir)), () => {
      makeDirectory(resolve(dataDir), mode)
      return layoutOf(realpathSync(dataDir))
    })
  } catch (error) {
    throw explainFileError(error, dataDir)
  }
}

/** Makes it and what is missing above it. (The recursive mkdir of node says ENOENT of a read-only disk.) */
function makeDirectory(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode })
  } catch (error) {
    const code = errorCode(error)
    if (code === 'ENOENT' && dirname(path) !== path) {
      makeDirectory(dirname(path), mode)
      mkdirSync(path, { mode })
    } else if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
      throw error
    }
  }
}

/** The layout of a data directory that exists. */
export function layoutOf(realDataDir: string): Layout {
  const folder = join(realDataDir, 'postgres')
  const hash = createHash('sha256').update(realDataDir).digest('hex')
  const runtime = runtimeDirectory(folder, hash)
  return {
    dataDir: realDataDir,
    folder,
    cluster: join(folder, 'cluster'),
    unfinishedCluster: join(folder, 'cluster.new'),
    log: join(folder, 'postgres.log'),
    runtime,
    libraries: join(runtime, 'lib'),
  }
}

/** Makes and marks our folder. One with other content and without our mark is refused, and left as it is. */
export function claimFolder(layout: Layout): void {
  try {
    inDataDirectory(layout, () => {
      mkdirSync(layout.folder, { recursive: true, mode: 0o700 })
      const entries = readdirSync(layout.folder)
      if (entries.includes(marker)) return
      const stranger = entries.find((entry) => entry !== 'lost+found')
      if (stranger !== undefined) throw foreign(layout.folder, stranger)
      chmodSync(layout.folder, 0o700)
      writeFileSync(join(layout.folder, marker), markerText, { mode: 0o600, flag: 'wx' })
    })
  } catch (error) {
    throw explainFileError(error, layout.folder)
  }
}

/**
 * Makes the folder of the socket, mode 700. In the shared temp directory somebody else may have made that name
 * first, so the owner, the kind and the mode are checked and never corrected.
 */
export function prepareRuntimeDirectory(layout: Layout): void {
  const { runtime } = layout
  try {
    mkdirSync(runtime, { mode: 0o700 })
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw explainFileError(error, runtime)
  }
  const stat = lstatSync(runtime)
  if (
    stat.isDirectory() &&
    stat.uid === (process.geteuid?.() ?? stat.uid) &&
    (stat.mode & 0o077) === 0
  )
    return
  throw new EmbeddedPostgresError('SOCKET_PATH', {
    sentence: `The folder for the database socket is not safe to use: ${runtime} must be a directory of mode 700 that belongs to the user that runs Signet.`,
    remedy: 'Remove it if nothing else needs it, or choose a SIGNET_DATA_DIR with a shorter path.',
  })
}

/** The socket file below a folder. */
export function socketFile(directory: string): string {
  return join(directory, `.s.PGSQL.${socketPort}`)
}

function runtimeDirectory(folder: string, hash: string): string {
  const near = join(folder, 'run')
  if (isUsable(near)) return near
  const far = join(tmpdir(), `signet-${hash.slice(0, 32)}`)
  return isUsable(far) ? far : join('/tmp', `signet-${hash.slice(0, 32)}`)
}

function isUsable(directory: string): boolean {
  return (
    Buffer.byteLength(socketFile(directory)) <= socketPathMaxBytes && !separators.test(directory)
  )
}

function foreign(folder: string, entry: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError('DIRECTORY_FOREIGN', {
    sentence: `${folder} holds something that Signet did not make (${entry}).`,
    remedy: 'Choose another SIGNET_DATA_DIR; nothing in it was changed.',
  })
}
