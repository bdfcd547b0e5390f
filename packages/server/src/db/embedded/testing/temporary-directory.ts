/** A directory for one test, and the order in which the test is cleared away. */

import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** A directory of mode 755, so that another user may pass through it. */
export interface TemporaryDirectory {
  path: string
  /** Runs before the directory is removed, the last one first, also when the test failed. */
  beforeRemoval(run: () => Promise<unknown> | undefined): void
}

/** Makes a directory that is removed when the test has ended. */
export function temporaryDirectory(t: TestContext): TemporaryDirectory {
  const path = mkdtempSync(join(tmpdir(), 'signet-pg-'))
  chmodSync(path, 0o755)
  const runs: (() => Promise<unknown> | undefined)[] = []
  t.after(async () => {
    for (const run of runs.reverse()) await run()
    rmSync(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
  })
  return { path, beforeRemoval: (run) => runs.push(run) }
}
