/**
 * The master secret of an installation that was given none: made once, kept in the data directory, readable by its
 * owner only. Production never comes here: there the configuration requires a secret that is kept apart from the data.
 */

import { randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const secretBytes = 32

/** The secret of this data directory, made if there is none. Two processes that start together get the same one. */
export function keptSecret(dataDir: string): string {
  const file = join(dataDir, 'master-secret')
  return readKept(file) ?? makeKept(dataDir, file)
}

function readKept(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Written aside and linked into place: whoever comes second finds a whole secret, never half of one. */
function makeKept(dataDir: string, file: string): string {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const secret = randomBytes(secretBytes).toString('base64url')
  const aside = `${file}.${process.pid}`
  writeFileSync(aside, `${secret}\n`, { mode: 0o600, flush: true })
  try {
    linkSync(aside, file)
    return secret
  } catch (error) {
    const kept = (error as NodeJS.ErrnoException).code === 'EEXIST' ? readKept(file) : undefined
    if (kept === undefined) throw error
    return kept
  } finally {
    rmSync(aside)
  }
}
