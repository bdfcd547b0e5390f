/** The way in keeps its promises: the script's exit code, its signals, and no server left behind when the way in is killed. */

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { on, once } from 'node:events'
import { access, copyFile, mkdir, mkdtemp, writeFile } from 'node:fs/promises'
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

test('SIGTERM to npm, whose shell passes it on to nobody, reaches the script', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'signet-bootstrap-'))
  await writeFile(
    join(folder, 'script.ts'),
    `process.on('SIGTERM', () => { console.log('told'); process.exit() })
    setInterval(() => {}, 1000)
    console.log('ready')`,
  )
  const start = `node ${join(root, 'tools/bootstrap.mjs')} ${relative(root, join(folder, 'script.ts'))}`
  await writeFile(join(folder, 'package.json'), JSON.stringify({ scripts: { start } }))
  const npm = spawn('npm', ['--silent', 'start'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = createInterface(npm.stdout)
  assert.deepEqual(await once(lines, 'line'), ['ready'])
  npm.kill('SIGTERM')
  assert.deepEqual(await once(lines, 'line'), ['told'])
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

/** A clone with nothing installed, and an npm that takes as long as it is let. */
async function freshClone() {
  const clone = await mkdtemp(join(tmpdir(), 'signet-clone-'))
  await mkdir(join(clone, 'tools'))
  await copyFile(join(root, 'tools/bootstrap.mjs'), join(clone, 'tools/bootstrap.mjs'))
  await writeFile(join(clone, 'package-lock.json'), '{}')
  await writeFile(join(clone, 'script.ts'), 'console.log("the script runs")')
  const npm = join(clone, 'npm.mjs')
  await writeFile(
    npm,
    `import { existsSync, mkdirSync } from 'node:fs'
     console.error('npm works')
     mkdirSync('node_modules', { recursive: true })
     const timer = setInterval(() => existsSync('go') && clearInterval(timer), 10)`,
  )
  const start = () => {
    const child = spawn(process.execPath, ['tools/bootstrap.mjs', 'script.ts'], {
      cwd: clone,
      env: { ...process.env, npm_execpath: npm },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const lines = createInterface(child.stderr)
    const says = async (text: string) => {
      for await (const [line] of on(lines, 'line') as AsyncIterable<[string]>)
        if (line.includes(text)) return
    }
    return { child, says }
  }
  return { clone, start, letNpmEnd: () => writeFile(join(clone, 'go'), '') }
}

test('an install that was interrupted is taken over at once', async () => {
  const { clone, start, letNpmEnd } = await freshClone()
  const first = start()
  await first.says('npm works')
  first.child.kill('SIGINT')
  assert.deepEqual(await once(first.child, 'exit'), [130, null])
  await assert.rejects(access(join(clone, '.signet-installing')))

  const killed = start()
  await killed.says('npm works')
  killed.child.kill('SIGKILL')
  await once(killed.child, 'exit')
  const next = start()
  await next.says('npm works')
  await letNpmEnd()
  assert.equal(await firstLine(next.child.stdout), 'the script runs')
})

test('a second command waits for the install of the first, and says for whom', async () => {
  const { start, letNpmEnd } = await freshClone()
  const first = start()
  await first.says('npm works')
  const second = start()
  await second.says(`Waiting for another install (process ${first.child.pid})`)
  await letNpmEnd()
  const lines = await Promise.all([firstLine(first.child.stdout), firstLine(second.child.stdout)])
  assert.deepEqual(lines, ['the script runs', 'the script runs'])
})
