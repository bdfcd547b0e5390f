import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { resolveBinaries } from './binaries.ts'
import { startEmbeddedPostgres } from './embedded-postgres.ts'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import { layoutOf } from './layout.ts'
import { launchPostmaster } from './postmaster.ts'
import { chooseRunAs } from './run-as.ts'
import { madeDataDirs } from './testing/made-data-dir.ts'
import { temporaryDirectory } from './testing/temporary-directory.ts'
import { query } from './testing/writers.ts'

const copyMadeDataDir = madeDataDirs()

test('a server that is refused the cluster is not mistaken for the one that has it', async (t) => {
  const directory = temporaryDirectory(t)
  const dataDir = await copyMadeDataDir(join(directory.path, 'data'))
  const first = await startEmbeddedPostgres({ dataDir })
  directory.beforeRemoval(() => first.stop())
  const layout = layoutOf(dataDir)
  const binaries = resolveBinaries()
  const runAs = await chooseRunAs(layout, binaries)
  const { signal } = new AbortController()
  const second = launchPostmaster({
    ...{ layout, binaries, runAs, signal },
    ...{ durable: true, startTimeoutMs: 10_000 },
  })
  await assert.rejects(second, (error) => {
    assert.ok(error instanceof EmbeddedPostgresError)
    assert.equal(error.code, 'START_FAILED')
    assert.match(error.detail ?? '', /lock file "postmaster.pid" already exists/)
    return true
  })
  assert.deepEqual(await query(first.address, 'select 1 as one'), [{ one: 1 }])
})
