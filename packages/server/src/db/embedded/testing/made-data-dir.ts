/** A data directory in which the database was made already: a copy, since making one takes longer than most tests. */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { startEmbeddedPostgres } from '../embedded-postgres.ts'

/** Returns what copies the data directory of this test file, made at its first use, to a path. */
export function madeDataDirs(): (dataDir: string) => Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'signet-pg-made-'))
  after(() => rmSync(directory, { recursive: true, force: true }))
  const original = join(directory, 'data')
  let made: Promise<void> | undefined
  return async (dataDir) => {
    made ??= startEmbeddedPostgres({ dataDir: original }).then((postgres) => postgres.stop())
    await made
    execFileSync('cp', ['-a', original, dataDir])
    return dataDir
  }
}
