/** Threads for hashes: what shares them, what a slow hash holds up, what happens when one ends, and when the process does. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { hashSync as bcryptHashSync } from '@node-rs/bcrypt'
import { openHashThreads, tasksAtOnce } from './hash-threads.ts'

const run = promisify(execFile)
const password = 'correct horse battery staple'
/** Takes many times as long as a hash of ours. */
const slow = bcryptHashSync(password, { cost: 12 })

/** The order in which they end, by name. */
async function orderOf(works: Record<string, Promise<unknown>>): Promise<string[]> {
  const ended: string[] = []
  await Promise.all(Object.entries(works).map(([name, work]) => work.then(() => ended.push(name))))
  return ended
}

/** A thread's program that ends when it is asked for the hash of "end", and answers the others with what they are. */
async function endingProgram(t: TestContext, end: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'signet-hash-threads-'))
  t.after(() => rm(folder, { recursive: true }))
  const program = join(folder, 'thread.mjs')
  await writeFile(
    program,
    `import { parentPort } from 'node:worker_threads'
     parentPort.on('message', ({ password }) => {
       if (password === 'end') { ${end} }
       parentPort.postMessage({ value: password })
     })`,
  )
  return program
}

describe('with two threads', () => {
  test('a slow hash holds up no other, however many come', async () => {
    const threads = openHashThreads({ threads: 2 })
    const quick = Array.from({ length: 6 }, (_, index) => [
      `quick ${index}`,
      threads.hash(password),
    ])
    const first = await orderOf({
      slow: threads.verify(slow, password),
      ...Object.fromEntries(quick),
    })
    assert.equal(first.at(-1), 'slow')
    // Now both threads are there: the slow one comes first, and nothing is put behind it.
    const works = { slow: threads.verify(slow, password) } as Record<string, Promise<unknown>>
    for (let index = 0; index < 6; index += 1) works[`quick ${index}`] = threads.hash(password)
    assert.equal((await orderOf(works)).at(-1), 'slow')
  })

  test('what is asked for while both are slow is done once one is free', async () => {
    const threads = openHashThreads({ threads: 2 })
    const slowOnes = [1, 2, 3].map(() => threads.verify(slow, password))
    const hash = await threads.hash(password)
    assert.equal(await threads.verify(hash, password), true)
    assert.deepEqual(await Promise.all(slowOnes), [true, true, true])
  })

  test('files find a thread of their own while all of them are slow', async () => {
    const threads = openHashThreads({ threads: 8 })
    // All of them have started once this is done.
    await Promise.all(Array.from({ length: 8 }, () => threads.hash(password)))
    const hashes = Array.from({ length: 8 }, () => threads.verify(slow, password))
    const order = await orderOf({
      hash: Promise.race(hashes),
      file: readFile(import.meta.filename),
    })
    assert.deepEqual(order, ['file', 'hash'])
    await Promise.all(hashes)
  })
})

describe('a thread that ends', () => {
  for (const [how, end] of [
    ['by itself', 'process.exit(3)'],
    ['by an error that nobody caught', "throw new Error('out of luck')"],
  ] as const) {
    test(`${how} fails the hash that it was at, and all others are answered`, async (t) => {
      const threads = openHashThreads({ threads: 1, program: await endingProgram(t, end) })
      const asked = ['first', 'end', 'behind it'].map((each) => threads.hash(each))
      const outcomes = await Promise.allSettled(asked)
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ['fulfilled', 'rejected', 'fulfilled'],
      )
      assert.equal(await threads.hash('later'), 'later')
    })
  }
})

test('where no thread can be started, each hash fails', async () => {
  const threads = openHashThreads({ threads: 1, program: 'neither-absolute-nor-relative.js' })
  const outcomes = await Promise.allSettled([threads.hash(password), threads.hash(password)])
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
})

test('a hash that cannot be verified fails by itself', async () => {
  const threads = openHashThreads({ threads: 1 })
  const broken = `$argon2id$v=19$m=8,t=1,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`
  assert.equal(await threads.verify('no hash', password), false)
  assert.equal(await threads.verify(broken, password), false)
  assert.match(await threads.hash(password), /^\$argon2id\$/)
})

test('somebody who waits keeps the process, and a thread that idles does not', async () => {
  const program = `
    import { openHashThreads } from ${JSON.stringify(new URL('./hash-threads.ts', import.meta.url).href)}
    const threads = openHashThreads({ threads: 2 })
    threads.hash('one').then(() => threads.hash('two')).then((hash) => console.log(hash.slice(0, 9)))`
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program], {
    timeout: 20_000,
  })
  assert.equal(stdout, '$argon2id\n')
})

test('a thread knows nothing of the environment', async (t) => {
  const program = await endingProgram(t, '')
  await writeFile(
    program,
    `import { parentPort } from 'node:worker_threads'
     parentPort.on('message', () => parentPort.postMessage({ value: JSON.stringify(process.env) }))`,
  )
  assert.equal(await openHashThreads({ threads: 1, program }).hash(password), '{}')
})

test('half as many again as there are threads are asked for at once', () => {
  assert.deepEqual([1, 2, 4, 16].map(tasksAtOnce), [2, 3, 6, 24])
})
