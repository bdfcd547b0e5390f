/**
 * What can stop the embedded database from starting: a stable code, one sentence, and what to do about it.
 *
 * The sentences are written where the trouble is met, since they name paths. Here is the shape, and the reading of
 * the failures that any step can meet (disk full, not writable).
 */

import { statfsSync } from 'node:fs'

/** Every way in which the embedded database can fail to start. Stable: scripts may rely on them. */
export type EmbeddedPostgresErrorCode =
  | 'ALREADY_RUNNING'
  | 'BINARIES_MISSING'
  | 'DIRECTORY_FOREIGN'
  | 'DIRECTORY_NOT_WRITABLE'
  | 'DISK_FULL'
  | 'HALF_MADE'
  | 'OTHER_MAJOR_VERSION'
  | 'ROOT_NOT_POSSIBLE'
  | 'SOCKET_PATH'
  | 'START_FAILED'
  | 'USER_WITHOUT_NAME'

interface Explanation {
  /** One sentence: what is wrong, naming the path or the process. */
  sentence: string
  /** One sentence: what the person does next. */
  remedy: string
  /** The last lines that Postgres itself wrote, for what we did not foresee. */
  detail?: string
  cause?: unknown
}

/** The embedded database cannot start. `message` is the sentence and the remedy. */
export class EmbeddedPostgresError extends Error {
  readonly code: EmbeddedPostgresErrorCode
  readonly sentence: string
  readonly remedy: string
  readonly detail: string | undefined

  constructor(code: EmbeddedPostgresErrorCode, explanation: Explanation) {
    super(`${explanation.sentence} ${explanation.remedy}`, { cause: explanation.cause })
    this.name = 'EmbeddedPostgresError'
    this.code = code
    this.sentence = explanation.sentence
    this.remedy = explanation.remedy
    this.detail = explanation.detail
  }
}

const notWritableCodes = new Set([
  ...['EACCES', 'EPERM', 'EROFS'],
  ...['EEXIST', 'EISDIR', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP'],
])
const diskFullCodes = new Set(['ENOSPC', 'EDQUOT'])

/** Turns a failed file operation below `path` into its sentence; anything else is returned as it came. */
export function explainFileError(error: unknown, path: string): unknown {
  const code = errorCode(error)
  if (code !== undefined && diskFullCodes.has(code)) return diskFull(path, { cause: error })
  if (code === undefined || !notWritableCodes.has(code)) return error
  return new EmbeddedPostgresError('DIRECTORY_NOT_WRITABLE', {
    sentence: `The data directory cannot be written: ${path} (${code}).`,
    remedy: 'Give it to the user that runs Signet, or choose another one with SIGNET_DATA_DIR.',
    cause: error,
  })
}

/** What a Postgres program wrote before it failed, as an error: known causes by name, the rest with its last lines. */
export function explainOutput(output: string, options: { path: string; doing: string }): Error {
  const detail = lastLines(output)
  // A server whose own log is on the full disk cannot even say so.
  if (diskFullWords.test(output) || isFull(options.path)) {
    return diskFull(options.path, { detail })
  }
  if (/Permission denied|Read-only file system/.test(output)) {
    return new EmbeddedPostgresError('DIRECTORY_NOT_WRITABLE', {
      sentence: `PostgreSQL may not read or write everything in ${options.path}.`,
      remedy: 'Give all of it to the user that runs Signet, or choose another SIGNET_DATA_DIR.',
      detail,
    })
  }
  if (/could not look up effective user ID/.test(output)) {
    return new EmbeddedPostgresError('USER_WITHOUT_NAME', {
      sentence: 'PostgreSQL makes a database only for a user with a name, and this one has none.',
      remedy: 'Start Signet as a user that is in /etc/passwd, or set SIGNET_DATABASE_URL.',
      detail,
    })
  }
  return new EmbeddedPostgresError('START_FAILED', {
    sentence: `The embedded PostgreSQL failed ${options.doing} in ${options.path}.`,
    remedy: 'Its own words follow; a database of your own can be given as SIGNET_DATABASE_URL.',
    detail,
  })
}

/** The `code` of a system error, such as ENOENT. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

// The last is the hint after a write that was cut short.
const diskFullWords = /No space left on device|Disk quota exceeded|Check free disk space/
const fullBelowBytes = 1024 * 1024

function isFull(path: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(path)
    return bavail * bsize < fullBelowBytes
  } catch {
    return false
  }
}

function diskFull(path: string, rest: { detail?: string; cause?: unknown }): EmbeddedPostgresError {
  return new EmbeddedPostgresError('DISK_FULL', {
    sentence: `The disk that holds ${path} is full.`,
    remedy: 'Free some space (64 MB are enough to start) and start again; nothing was lost.',
    ...rest,
  })
}

const detailLines = 12

function lastLines(output: string): string {
  return output.trim().split('\n').slice(-detailLines).join('\n')
}
