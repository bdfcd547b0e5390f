/**
 * The master secret of an installation: the one that was configured, else the one that is kept in the data directory,
 * made at the first start. Only development comes to the second: production refuses to start without a configured one.
 *
 * Of several processes that come first together, one makes the file, whole, and all read it.
 *
 * Errors: KeptSecretError with one sentence for the operator.
 */

import { randomBytes } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from './config.ts'
import { readSmallFile } from './small-file.ts'

/** The file in the data directory. */
export const masterSecretFile = 'master-secret'

/** Why the kept secret can be neither read nor made. */
export class KeptSecretError extends Error {
  override readonly name = 'KeptSecretError'
}

/** The secrets to open, as `openMasterSecret` takes them. May write the file. */
export function ensureMasterSecret(config: Pick<Config, 'masterSecret' | 'dataDir'>): {
  current: string
  previous?: string
} {
  if (config.masterSecret !== undefined) {
    const { current, previous } = config.masterSecret
    if (previous === undefined) return { current: current.reveal() }
    return { current: current.reveal(), previous: previous.reveal() }
  }
  const path = join(config.dataDir, masterSecretFile)
  if (!existsSync(path)) makeOnce(path, config.dataDir)
  refuseOpenToOthers(path, config.dataDir)
  const text = readSmallFile(path, config.dataDir)
  const current = 'value' in text ? text.value.trimEnd() : ''
  if (current.length < 32) {
    const reason = 'wrong' in text ? text.wrong : 'names a file that was cut short'
    throw new KeptSecretError(
      `The master secret in ${path} cannot be used: the path ${reason}. Restore it from a backup; without it, what the database keeps cannot be opened.`,
    )
  }
  return { current }
}

/** The same, where there is a secret; never writes the file. */
export function findMasterSecret(
  config: Pick<Config, 'masterSecret' | 'dataDir'>,
): ReturnType<typeof ensureMasterSecret> | undefined {
  const kept = join(config.dataDir, masterSecretFile)
  return config.masterSecret === undefined && !existsSync(kept)
    ? undefined
    : ensureMasterSecret(config)
}

/** Whoever else could have written the file, or can read it, would know what every key is derived from. */
function refuseOpenToOthers(path: string, dataDir: string): void {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined || process.platform === 'win32') return
  const { uid, mode } = stat
  const owners = [process.geteuid?.(), 0, statSync(dataDir).uid]
  if (owners.includes(uid) && (mode & 0o077) === 0) return
  throw new KeptSecretError(
    `The master secret in ${path} is not for its owner alone: it belongs to user ${uid} and has mode ${(mode & 0o777).toString(8)}. If you trust what it holds, give it to the user that runs Signet and set mode 600; else restore it from a backup.`,
  )
}

/** Makes the file where there is none. It appears complete and on the disk, or not at all. */
function makeOnce(path: string, dataDir: string): void {
  const unfinished = `${path}.${randomBytes(6).toString('hex')}`
  try {
    mkdirSync(dataDir, { recursive: true, mode: process.geteuid?.() === 0 ? 0o711 : 0o700 })
    writeFileSync(unfinished, `${randomBytes(48).toString('base64')}\n`, {
      flag: 'wx',
      mode: 0o600,
      flush: true,
    })
    linkOnce(unfinished, path)
    rmSync(unfinished)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new KeptSecretError(
      `The master secret cannot be kept in ${dataDir} (${code}). Give the directory to the user that runs Signet, or set SIGNET_MASTER_SECRET_FILE.`,
      { cause: error },
    )
  }
}

/** A link, unlike a rename, does not replace what another process has made meanwhile. */
function linkOnce(from: string, to: string): void {
  try {
    linkSync(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
