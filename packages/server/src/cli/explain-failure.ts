/**
 * What a failed command tells: one sentence on what happened, one on what to do next, and the exit code.
 *
 * The error classes are loaded when something fails, so that a command that does not need them starts without them.
 */

import { CommandError } from './command-error.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'

/** A failure, ready to be told. */
export interface Failure {
  exitCode: ExitCode
  /** A stable name for programs. */
  code: string
  /** What happened. */
  message: string
  /** What to do next; empty where the message says it. */
  fix: string
  /** More for programs: the problems of a configuration, the violations of a request. */
  details?: readonly unknown[]
}

/** Explains anything that a command threw. */
export async function explainFailure(error: unknown): Promise<Failure> {
  if (error instanceof CommandError) {
    const { exitCode, code, message, fix } = error
    return { exitCode, code, message, fix }
  }
  return (
    (await explainSetup(error)) ??
    (await explainRefusal(error)) ??
    explainSystemError(error) ??
    explainBug(error)
  )
}

/** What stands in the way before any work: configuration, secrets, the embedded database, migrations. */
async function explainSetup(error: unknown): Promise<Failure | undefined> {
  const { ConfigError } = await import('../config/config-error.ts')
  if (error instanceof ConfigError) {
    const { message, problems } = error
    return { exitCode: exitCodes.config, code: 'CONFIG', message, fix: '', details: problems }
  }
  const { EmbeddedPostgresError } = await import('../db/embedded/embedded-postgres-error.ts')
  if (error instanceof EmbeddedPostgresError) {
    const { code, sentence, remedy, detail } = error
    const isForbidden = code === 'DIRECTORY_NOT_WRITABLE' || code === 'ROOT_NOT_POSSIBLE'
    const exitCode = isForbidden ? exitCodes.noPermission : exitCodes.unavailable
    const message = detail === undefined ? sentence : `${sentence}\n${detail}`
    return { exitCode, code: `EMBEDDED_${code}`, message, fix: remedy }
  }
  if (!(error instanceof Error)) return undefined
  const { name, message } = error
  if (name === 'MigrationError')
    return { exitCode: exitCodes.failed, code: 'MIGRATION', message, fix: '' }
  if (name === 'SigningKeysError' || name === 'MasterSecretError')
    return { exitCode: exitCodes.config, code: 'MASTER_SECRET', message, fix: '' }
  if (name === 'CountryFileError')
    return { exitCode: exitCodes.config, code: 'CONFIG', message, fix: '' }
  if (name === 'KeptSecretError') {
    const exitCode = isForbiddenCode(codeOf(error.cause))
      ? exitCodes.noPermission
      : exitCodes.config
    return { exitCode, code: 'MASTER_SECRET', message, fix: '' }
  }
  return undefined
}

/** A refusal with a reason of the contract. */
async function explainRefusal(error: unknown): Promise<Failure | undefined> {
  const { SignetError, reasonName, reasons } = await import('../errors.ts')
  if (!(error instanceof SignetError)) return undefined
  const { ErrorReason } = await import('@signet/contract')
  const code = reasonName(error.reason)
  if (error.reason === ErrorReason.UNAVAILABLE) {
    return (
      explainSystemError(error.cause) ?? {
        ...databaseAway,
        message: `${databaseAway.message} (${error.message})`,
      }
    )
  }
  const { violations } = error
  const isForbidden = error.reason === ErrorReason.PERMISSION_DENIED
  return {
    exitCode: isForbidden ? exitCodes.noPermission : exitCodes.failed,
    code,
    message:
      violations.length > 0
        ? violations.map((violation) => violation.message).join('\n')
        : reasons[error.reason].sentence,
    fix: '',
    ...(violations.length > 0 && { details: violations }),
  }
}

const databaseAway: Failure = {
  exitCode: exitCodes.unavailable,
  code: 'UNAVAILABLE',
  message: 'The database cannot be reached, or cannot work at the moment.',
  fix: 'See that it runs and that SIGNET_DATABASE_URL is right, then try again.',
}

/** What the operating system or Postgres answered, by its code. */
function explainSystemError(error: unknown): Failure | undefined {
  const code = codeOf(error)
  if (code === undefined || !(error instanceof Error)) return undefined
  // Postgres classes: 28 is a refused sign-in, 42501 a missing privilege, 3D000 a database that does not exist.
  if (/^28[0-9A-Z]{3}$/u.test(code)) {
    return {
      exitCode: exitCodes.noPermission,
      code: 'DATABASE_SIGN_IN',
      message: `The database refused to let Signet in: ${error.message}.`,
      fix: 'Check the user in SIGNET_DATABASE_URL and the password in SIGNET_DATABASE_PASSWORD.',
    }
  }
  if (code === '42501') {
    return {
      exitCode: exitCodes.noPermission,
      code: 'DATABASE_PRIVILEGE',
      message: `The database user may not do this: ${error.message}.`,
      fix: 'Let the owner of the schema do it, or grant the privilege.',
    }
  }
  if (code === '3D000') {
    return {
      exitCode: exitCodes.unavailable,
      code: 'DATABASE_MISSING',
      message: `The server runs, but has no such database: ${error.message}.`,
      fix: 'Create it, or correct the name in SIGNET_DATABASE_URL.',
    }
  }
  // A socket directory without a server in it.
  const isNoSocket = code === 'ENOENT' && 'syscall' in error && error.syscall === 'connect'
  if (/^(?:08|53|57)[0-9A-Z]{3}$/u.test(code) || connectionCodes.has(code) || isNoSocket)
    return { ...databaseAway, message: `${databaseAway.message} (${error.message || code})` }
  if ('syscall' in error && error.syscall === 'listen') return explainListen(code, error)
  if (pathCodes.has(code)) {
    const message = `The operating system could not make or open a file: ${error.message}.`
    const fix = 'See that SIGNET_DATA_DIR names a directory on a disk that can be written.'
    return { exitCode: exitCodes.unavailable, code: 'FILE_UNAVAILABLE', message, fix }
  }
  if (!isForbiddenCode(code)) return undefined
  return {
    exitCode: exitCodes.noPermission,
    code: 'NO_PERMISSION',
    message: `The operating system refused access: ${error.message}.`,
    fix: 'Run the command as the user that runs Signet.',
  }
}

/** Why a server cannot listen at its address. */
function explainListen(code: string, error: Error): Failure {
  const message = `The server cannot listen at its address: ${error.message}.`
  if (code === 'EADDRINUSE') {
    const fix = 'Stop what listens there, or choose another address in SIGNET_HTTP_ADDRESS.'
    return { exitCode: exitCodes.unavailable, code: 'ADDRESS_TAKEN', message, fix }
  }
  if (isForbiddenCode(code)) {
    const fix = 'Choose a port above 1023 in SIGNET_HTTP_ADDRESS, or grant the privilege.'
    return { exitCode: exitCodes.noPermission, code: 'ADDRESS_FORBIDDEN', message, fix }
  }
  const fix = 'Choose an address of this machine in SIGNET_HTTP_ADDRESS.'
  return { exitCode: exitCodes.config, code: 'ADDRESS_WRONG', message, fix }
}

const connectionCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
])

/** A path that leads nowhere, or a disk that takes nothing. */
const pathCodes = new Set([
  'ENOENT',
  'ENOTDIR',
  'EEXIST',
  'EISDIR',
  'ELOOP',
  'ENAMETOOLONG',
  'ENOSPC',
])

function isForbiddenCode(code: string | undefined): boolean {
  return code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
}

/** The `code` of a system or driver error. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** What nobody foresaw. The stack is for whoever mends it. */
function explainBug(error: unknown): Failure {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return {
    exitCode: exitCodes.failed,
    code: 'INTERNAL',
    message: `The command failed in a way that was not foreseen.\n${stack}`,
    fix: 'Report it, with the lines above.',
  }
}
