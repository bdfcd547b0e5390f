/** The way in keeps its promises: the script's exit code, its signals, and no server left behind when the way in is killed. */

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

async function boot(script: string): Promise<ChildProcess & { stdout: NodeJS.ReadableStream }> {
  const file = join(await mkdtemp(join(tmpdir(), 'signet-bootstrap-')), 'script.ts')
  await writeFile(file, script)
  return spawn(
    process.execPath,
    ['tools/bootstrap.mjs', relative(root, file), 'one', 'two words'],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
}

const firstLine = async (stream: NodeJS.ReadableStream): Promise<string> =>
  ((await once(createInterface(stream), 'line')) as [string])[0]

test('the script runs under the pinned Node with its arguments, and its exit code is kept', async () => {
  const child = await boot(`
    console.log(JSON.stringify([process.versions.node, process.argv.slice(2)]))
    process.exitCode = 7
  `)
  const [line, [code]] = await Promise.all([firstLine(child.stdout), once(child, 'exit')])
  assert.deepEqual(JSON.parse(line), ['24.21.0', ['one', 'two words']])
  assert.equal(code, 7)
})

test('SIGTERM reaches the script, which may end in its own way', async () => {
  const child = await boot(`
    process.on('SIGTERM', () => process.exit(3))
    setInterval(() => {}, 1000)
    console.log('ready')
  `)
  await firstLine(child.stdout)
  child.kill('SIGTERM')
  assert.deepEqual(await once(child, 'exit'), [3, null])
})

test('a script that dies of a signal is reported as 128 + its number', async () => {
  const child = await boot(`process.kill(process.pid, 'SIGKILL')`)
  assert.deepEqual(await once(child, 'exit'), [137, null])
})

test('kill -9 of the way in is seen by the script', async () => {
  const child = await boot(`
    process.on('disconnect', () => { console.log('left alone'); process.exit(0) })
    console.log('ready')
  `)
  const lines = createInterface(child.stdout)
  await once(lines, 'line')
  child.kill('SIGKILL')
  assert.deepEqual(await once(lines, 'line'), ['left alone'])
})
