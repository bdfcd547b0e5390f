import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, it } from 'node:test'
import { checkBreaking } from './breaking.ts'
import { repositoryRoot } from './generated-file.ts'

let root: string

function git(...args: string[]): void {
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
    cwd: root,
    stdio: 'pipe',
  })
}

function edit(file: string, from: string, to: string): void {
  const path = join(root, 'proto/signet/v1', file)
  const source = readFileSync(path, 'utf8')
  assert.ok(source.includes(from), `${file} does not contain ${from}`)
  writeFileSync(path, source.replace(from, to))
}

before(() => {
  root = mkdtempSync(join(tmpdir(), 'signet-breaking-'))
  git('init', '-q')
  git('commit', '-q', '--allow-empty', '-m', 'empty')
  cpSync(join(repositoryRoot, 'proto'), join(root, 'proto'), { recursive: true })
  git('add', '.')
  git('commit', '-q', '-m', 'contract')
})
after(() => rmSync(root, { recursive: true }))

it('says that there is no base where the revision or its contract is missing', async () => {
  assert.equal(await checkBreaking({ root, base: 'v0.0.0' }), 'no base')
  assert.equal(await checkBreaking({ root, base: 'HEAD~1' }), 'no base')
})

it('passes what only adds', async () => {
  edit(
    'user.proto',
    '  bool verified = 3;',
    '  bool verified = 3;\n  // More.\n  bool seen_before = 90;',
  )
  assert.equal(await checkBreaking({ root, base: 'HEAD' }), 'compatible')
  git('checkout', '-q', '.')
})

it('names a field that changed and a REST path that is gone', async () => {
  edit('user.proto', 'bool verified = 3;', 'string verified = 3;')
  edit('user.proto', '/api/v1/users/me', '/api/v1/users/self')
  await assert.rejects(checkBreaking({ root, base: 'HEAD' }), (error: Error) => {
    assert.match(
      error.message,
      /Field "3" with name "verified" on message "Identifier" changed type/,
    )
    assert.match(error.message, /GET \/api\/v1\/users\/me .* is gone/)
    return true
  })
  git('checkout', '-q', '.')
})
