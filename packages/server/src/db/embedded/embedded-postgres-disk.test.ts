import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { explainOutput } from './embedded-postgres-error.ts'
import { socketFile } from './layout.ts'
import { madeDataDirs } from './testing/made-data-dir.ts'
import { mountSmallDisk } from './testing/small-disk.ts'
import { startProcess } from './testing/start-process.ts'
import { temporaryDirectory } from './testing/temporary-directory.ts'
import { assertNothingLost, startWriters } from './testing/writers.ts'

const copyMadeDataDir = madeDataDirs()

test('a disk that is too small for the first start is named, and nothing half-made stays', async (t) => {
  // 20 MB are reached in the middle of a page, which PostgreSQL words differently.
  const disk = await mountSmallDisk(temporaryDirectory(t), 'size=20m')
  const { code, message } = await startProcess(join(disk.path, 'data'), disk).outcome
  assert.equal(code, 'DISK_FULL')
  assert.match(message, /The disk that holds .* is full\. Free some space/)
  assert.deepEqual(readdirSync(join(disk.pathFromHere, 'data', 'postgres')).sort(), [
    'README.txt',
    'lock.1',
    'run',
  ])
})

test('a disk that fills under a running server costs no acknowledged row', async (t) => {
  const directory = temporaryDirectory(t)
  const disk = await mountSmallDisk(directory, 'size=128m')
  await copyMadeDataDir(join(disk.pathFromHere, 'data'))
  const dataDir = join(disk.path, 'data')
  const address = (host: string) => ({ host, port: 5432, user: 'signet', database: 'signet' })
  const addressFromHere = address(join(disk.pathFromHere, 'data', 'postgres', 'run'))

  const starter = startProcess(dataDir, disk)
  directory.beforeRemoval(starter.stop)
  assert.equal((await starter.outcome).event, 'ready')
  const writers = await startWriters(addressFromHere, 0)
  await writers.waitForRows(200)
  const filler = join(disk.pathFromHere, 'filler')
  const fill = () => execFileSync('sh', ['-c', 'cat /dev/zero > "$0" 2> /dev/null || true', filler])
  fill()
  await writers.ended
  await starter.stop()
  fill()

  const { code, message } = await startProcess(dataDir, disk).outcome
  assert.equal(code, 'DISK_FULL', message)
  // The server's own log is on the same disk, so it may have said nothing at all.
  const silent = explainOutput('', { path: disk.pathFromHere, doing: 'to start' })
  assert.match(silent.message, /is full/)

  rmSync(filler)
  const again = startProcess(dataDir, disk)
  directory.beforeRemoval(again.stop)
  assert.equal((await again.outcome).event, 'ready')
  await assertNothingLost(addressFromHere, writers)
})

test('a disk that may only be read is refused in a sentence', async (t) => {
  const disk = await mountSmallDisk(temporaryDirectory(t), 'ro')
  const { code, message } = await startProcess(join(disk.path, 'data'), disk).outcome
  assert.equal(code, 'DIRECTORY_NOT_WRITABLE')
  assert.match(message, /cannot be written: .*data \(EROFS\)/)
})

test('what a killed initdb left and nobody can remove is named', async (t) => {
  const directory = temporaryDirectory(t)
  const disk = await mountSmallDisk(directory, 'size=1m')
  const dataDir = join(disk.path, 'data')
  // The first start claims the folder and fails for want of space; then its place is taken by a mount.
  assert.equal((await startProcess(dataDir, disk).outcome).code, 'DISK_FULL')
  const unfinished = join(dataDir, 'postgres', 'cluster.new')
  const [program = '', ...args] = disk.prefix
  const mount = 'mkdir "$0" && mount -t tmpfs none "$0"'
  execFileSync(program, [...args, 'sh', '-c', mount, unfinished])

  const { code, message } = await startProcess(dataDir, disk).outcome
  assert.equal(code, 'HALF_MADE')
  assert.match(message, /cannot be removed: .*cluster\.new\. Remove that folder/)
  assert.equal(existsSync(socketFile(join(dataDir, 'postgres', 'run'))), false)
})
