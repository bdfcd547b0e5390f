import assert from 'node:assert/strict'
import {
  chmodSync,
  chownSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { ensureMasterSecret, KeptSecretError, masterSecretFile } from './kept-master-secret.ts'
import { Secret } from './secret.ts'

let dataDir: string
beforeEach(() => {
  dataDir = join(mkdtempSync(join(tmpdir(), 'signet-secret-')), 'data')
})
afterEach(() => rmSync(join(dataDir, '..'), { recursive: true }))

test('is made once, for its owner alone, and found again', () => {
  const { current } = ensureMasterSecret({ dataDir })
  assert.equal(Buffer.from(current, 'base64').length, 48)
  assert.deepEqual(readdirSync(dataDir), [masterSecretFile])
  assert.equal(statSync(join(dataDir, masterSecretFile)).mode & 0o777, 0o600)
  assert.deepEqual(ensureMasterSecret({ dataDir }), { current })
})

test('is not made where one is configured', () => {
  const masterSecret = { current: new Secret('a'), previous: new Secret('b') }
  assert.deepEqual(ensureMasterSecret({ dataDir, masterSecret }), { current: 'a', previous: 'b' })
  assert.throws(() => readdirSync(dataDir), { code: 'ENOENT' })
})

test('is never replaced where it cannot be used', () => {
  ensureMasterSecret({ dataDir })
  const path = join(dataDir, masterSecretFile)
  writeFileSync(path, 'cut short')
  assert.throws(() => ensureMasterSecret({ dataDir }), KeptSecretError)
  assert.equal(statSync(path).size, 'cut short'.length)
})

test('is refused where others can read or write it', () => {
  ensureMasterSecret({ dataDir })
  const path = join(dataDir, masterSecretFile)
  for (const mode of [0o666, 0o640, 0o604, 0o602]) {
    chmodSync(path, mode)
    assert.throws(
      () => ensureMasterSecret({ dataDir }),
      (error) =>
        error instanceof KeptSecretError && /mode 6\d\d\. .*set mode 600/.test(error.message),
    )
  }
  chmodSync(path, 0o600)
  ensureMasterSecret({ dataDir })
})

if (process.geteuid?.() === 0) {
  test('is refused where a stranger made it, and not where the owner of the directory did', () => {
    const { current } = ensureMasterSecret({ dataDir })
    chownSync(join(dataDir, masterSecretFile), 65_534, 65_534)
    assert.throws(() => ensureMasterSecret({ dataDir }), /belongs to user 65534/)
    chownSync(dataDir, 65_534, 65_534)
    assert.deepEqual(ensureMasterSecret({ dataDir }), { current })
  })
}

test('names the directory where it cannot be kept', () => {
  writeFileSync(dataDir, '')
  assert.throws(
    () => ensureMasterSecret({ dataDir }),
    (error) => error instanceof KeptSecretError && error.message.includes(dataDir),
  )
})

test('of several that come first together, all get the same', async () => {
  const module = JSON.stringify(join(import.meta.dirname, 'kept-master-secret.ts'))
  const script = `
    const { parentPort, workerData } = require('node:worker_threads')
    import(${module}).then(({ ensureMasterSecret }) => {
      parentPort.once('message', () => parentPort.postMessage(ensureMasterSecret(workerData).current))
      parentPort.postMessage('ready')
    })`
  const workers = Array.from(
    { length: 6 },
    () => new Worker(script, { eval: true, workerData: { dataDir } }),
  )
  const next = (worker: Worker) => new Promise((resolve) => worker.once('message', resolve))
  await Promise.all(workers.map(next))
  const made = Promise.all(workers.map(next))
  for (const worker of workers) worker.postMessage('go')
  assert.equal(new Set(await made).size, 1)
  assert.deepEqual(readdirSync(dataDir), [masterSecretFile])
})
