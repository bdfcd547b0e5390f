import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { lockByFile, lockDirectory } from './directory-lock.ts'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import { claimFolder, type Layout, openDataDirectory } from './layout.ts'
import { temporaryDirectory } from './testing/temporary-directory.ts'

function makeLayout(t: TestContext): Layout {
  const layout = openDataDirectory(join(temporaryDirectory(t).path, 'data'))
  claimFolder(layout)
  return layout
}

/** The number of a process that has just ended. */
async function endedProcess(): Promise<number> {
  const child = spawn('true')
  await once(child, 'exit')
  return child.pid ?? 0
}

const isAlreadyRunning = (pid: number) => (error: unknown) =>
  error instanceof EmbeddedPostgresError &&
  error.code === 'ALREADY_RUNNING' &&
  error.message.includes(`in use by process ${pid}.`)

for (const lock of [lockDirectory, lockByFile]) {
  test(`${lock.name} is held by one until it is released`, async (t) => {
    const layout = makeLayout(t)
    const first = await lock(layout)
    await assert.rejects(lock(layout), isAlreadyRunning(process.pid))
    await first.release()
    const second = await lock(layout)
    await second.release()
  })
}

test('the abstract name that anybody may take is not the lock', async (t) => {
  const layout = makeLayout(t)
  const hash = createHash('sha256').update(layout.dataDir).digest('hex')
  const squatter = createServer((socket) => socket.end('1'))
  squatter.listen({ path: `\0signet-${hash}` })
  await once(squatter, 'listening')
  t.after(() => squatter.close())
  const lock = await lockDirectory(layout)
  await assert.rejects(lockDirectory(layout), isAlreadyRunning(process.pid))
  await lock.release()
})

test('of many that take the lock together, again and again, one has it each time', async (t) => {
  const layout = makeLayout(t)
  for (let round = 1; round <= 20; round++) {
    const tries = await Promise.allSettled(Array.from({ length: 8 }, () => lockDirectory(layout)))
    const held = tries.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    assert.equal(held.length, 1)
    for (const lock of held) await lock.release()
  }
  assert.deepEqual(readdirSync(layout.folder).sort(), ['README.txt', 'lock.20'])
})

test('a lock file of a process that has ended is replaced', async (t) => {
  const layout = makeLayout(t)
  const file = join(layout.folder, 'lock')
  writeFileSync(file, String(await endedProcess()))
  const lock = await lockByFile(layout)
  assert.equal(readFileSync(file, 'utf8'), String(process.pid))
  assert.deepEqual(
    readdirSync(layout.folder).filter((name) => name.startsWith('lock')),
    ['lock'],
  )
  await lock.release()
  assert.equal(existsSync(file), false)
})

test('a lock file that was cut short is replaced', async (t) => {
  const layout = makeLayout(t)
  writeFileSync(join(layout.folder, 'lock'), '')
  const lock = await lockByFile(layout)
  await assert.rejects(lockByFile(layout), isAlreadyRunning(process.pid))
  await lock.release()
})
