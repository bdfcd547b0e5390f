/** The program that is built is the one of these sources, and none other is run. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { builtFrom } from '../../packages/server/bin/built-program.js'
import { buildProgram } from './build.ts'

const run = promisify(execFile)

/** Packages with a few sources. */
async function somePackages(t: TestContext) {
  const root = await mkdtemp(join(tmpdir(), 'signet-build-'))
  t.after(() => rm(root, { recursive: true }))
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
  }
  for (const path of [
    'package-lock.json',
    'tools/build/build.ts',
    'packages/server/package.json',
    'packages/server/src/call/call.ts',
    'packages/contract/src/index.ts',
    'packages/verifier/src/index.ts',
  ])
    await write(path, 'one')
  const folder = () => builtFrom(join(root, 'packages'))?.folder
  return { root, write, folder }
}

describe('the folder of the program', () => {
  it('is another one once a source has changed, has come or has gone, or the lock has changed', async (t) => {
    const { root, write, folder } = await somePackages(t)
    const folders = [folder()]
    await write('packages/server/src/call/call.ts', 'another')
    folders.push(folder())
    await utimes(join(root, 'packages/server/src/call/call.ts'), 1, 1)
    folders.push(folder())
    await write('packages/server/src/oauth/token.ts', 'new')
    folders.push(folder())
    await rm(join(root, 'packages/contract/src/index.ts'))
    folders.push(folder())
    await write('package-lock.json', 'another lock')
    folders.push(folder())
    assert.equal(new Set(folders).size, folders.length)
  })

  it('is not told where a source is missing, and an editor that locks a file does not matter', async (t) => {
    const { root, write, folder } = await somePackages(t)
    const before = folder()
    await symlink('nobody@nowhere', join(root, 'packages/server/src/call/.#call.ts'))
    assert.equal(folder(), before)
    await write('packages/server/src/call/call.ts', 'longer than before')
    assert.notEqual(folder(), before)
    await rm(join(root, 'package-lock.json'))
    assert.equal(folder(), undefined)
  })

  it('stays where only a test has changed', async (t) => {
    const { write, folder } = await somePackages(t)
    const before = folder()
    await write('packages/server/src/call/call.test.ts', 'a test')
    await write('packages/server/src/testing/clock.ts', 'of tests')
    assert.equal(folder(), before)
  })
})

describe('the program', () => {
  it('is there after a build, however many build it at once, and says its version', async () => {
    const [first, second] = await Promise.all([buildProgram(), buildProgram()])
    assert.equal(first, second)
    const { program, folder } = builtFrom() ?? assert.fail()
    assert.equal(folder, first)
    const { stdout } = await run(process.execPath, [program, '--version'])
    assert.match(stdout, /^\d+\.\d+\.\d+\n$/)
  })
})
