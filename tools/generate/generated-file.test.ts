import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, it } from 'node:test'
import { listFiles, syncFiles } from './generated-file.ts'

let root: string
const files = new Map([
  ['gen/a.ts', 'a\n'],
  ['gen/deep/b.ts', 'b\n'],
])

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'signet-sync-'))
})
after(() => rm(root, { recursive: true }))

it('reports missing, changed and superfluous files, and writes nothing when it checks', async () => {
  assert.deepEqual(await syncFiles(files, { check: true, root, owns: 'gen' }), [
    'gen/a.ts',
    'gen/deep/b.ts',
  ])
  assert.deepEqual(await listFiles(root, 'gen'), [])

  assert.equal((await syncFiles(files, { check: false, root, owns: 'gen' })).length, 2)
  assert.deepEqual(await syncFiles(files, { check: true, root, owns: 'gen' }), [])

  await writeFile(join(root, 'gen/a.ts'), 'a\r\n')
  await writeFile(join(root, 'gen/old.ts'), '')
  assert.deepEqual(await syncFiles(files, { check: true, root, owns: 'gen' }), [
    'gen/a.ts',
    'gen/old.ts',
  ])
  assert.equal(await readFile(join(root, 'gen/a.ts'), 'utf8'), 'a\r\n')
})

it('mends what it reports and touches nothing else', async () => {
  const untouched = (await stat(join(root, 'gen/deep/b.ts'))).mtimeMs
  await syncFiles(files, { check: false, root, owns: 'gen' })
  assert.deepEqual(await listFiles(root, 'gen'), ['gen/a.ts', 'gen/deep/b.ts'])
  assert.equal(await readFile(join(root, 'gen/a.ts'), 'utf8'), 'a\n')
  assert.equal((await stat(join(root, 'gen/deep/b.ts'))).mtimeMs, untouched)
})
