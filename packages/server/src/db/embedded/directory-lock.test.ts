import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
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
