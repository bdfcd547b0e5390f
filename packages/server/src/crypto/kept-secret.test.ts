import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { keptSecret } from './kept-secret.ts'

const directory = () => mkdtemp(join(tmpdir(), 'signet-secret-'))

test('the secret is made once, found again, and nobody else may read it', async () => {
  const dataDir = join(await directory(), 'new', 'folder')
  const secret = keptSecret(dataDir)
  assert.ok(secret.length >= 43)
  assert.equal(keptSecret(dataDir), secret)
  assert.equal((await stat(join(dataDir, 'master-secret'))).mode & 0o777, 0o600)
  assert.notEqual(keptSecret(await directory()), secret)
})

test('processes that start together get the same secret, and leave nothing beside it', async () => {
  const dataDir = await directory()
  const source = `
    import { keptSecret } from ${JSON.stringify(new URL('kept-secret.ts', import.meta.url).href)}
    process.stdout.write(keptSecret(${JSON.stringify(dataDir)}))`
  const runs = await Promise.all(
    Array.from({ length: 6 }, () =>
      promisify(execFile)(process.execPath, ['--input-type=module', '-e', source]),
    ),
  )
  assert.equal(new Set(runs.map(({ stdout }) => stdout)).size, 1)
  assert.deepEqual(await readdir(dataDir), ['master-secret'])
})
