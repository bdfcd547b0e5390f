/** Admission control by itself: order, bounds, callers that leave, work that fails. */

import assert from 'node:assert/strict'
import events from 'node:events'
import { test } from 'node:test'
import { ErrorReason } from '@signet/contract'
import { SignetError } from '../errors.ts'
import { type Admission, openAdmission } from './hash-admission.ts'

/** Work that ends when the test says so. */
function heldWork(admission: Admission, signal?: AbortSignal) {
  const started = Promise.withResolvers<void>()
  const finish = Promise.withResolvers<void>()
  const work = { hasStarted: false, started: started.promise, finish: finish.resolve }
  const done = admission.run(() => {
    work.hasStarted = true
    started.resolve()
    return finish.promise
  }, signal)
  return { ...work, done, isRunning: () => work.hasStarted }
}

/** Lets everything happen that waits for nothing but promises; no timer fires meanwhile. */
async function promisesSettle(): Promise<void> {
  for (let turns = 0; turns < 500; turns++) await undefined
}

test('work runs in order of arrival, never more at once than allowed', async () => {
  const admission = openAdmission({ concurrency: 2, queueMax: 10 })
  const works = Array.from({ length: 5 }, () => heldWork(admission))
  const [first, second, third, fourth, fifth] = works
  assert.ok(first && second && third && fourth && fifth)
  await Promise.all([first.started, second.started])
  assert.deepEqual(admission.counts(), { running: 2, waiting: 3 })
  assert.deepEqual(
    works.map((work) => work.isRunning()),
    [true, true, false, false, false],
  )

  second.finish()
  await third.started
  assert.equal(fourth.isRunning(), false)
  first.finish()
  await fourth.started
  assert.equal(fifth.isRunning(), false)
  for (const work of works) work.finish()
  await Promise.all(works.map((work) => work.done))
  assert.deepEqual(admission.counts(), { running: 0, waiting: 0 })
})

test('a newcomer does not pass those who wait while a place changes hands', async () => {
  const admission = openAdmission({ concurrency: 1, queueMax: 10 })
  const order: string[] = []
  const first = heldWork(admission)
  const waiting = admission.run(async () => void order.push('waiting'))
  first.finish()
  await first.done
  const newcomer = admission.run(async () => void order.push('newcomer'))
  await Promise.all([waiting, newcomer])
  assert.deepEqual(order, ['waiting', 'newcomer'])
})

test('failed work gives its place back and its error to its caller', async () => {
  const admission = openAdmission({ concurrency: 1, queueMax: 1 })
  const failing = admission.run(() => Promise.reject(new Error('out of memory')))
  const next = admission.run(async () => 'next')
  await assert.rejects(failing, /out of memory/)
  assert.equal(await next, 'next')
  await assert.rejects(
    admission.run(() => {
      throw new Error('at once')
    }),
    /at once/,
  )
  assert.deepEqual(admission.counts(), { running: 0, waiting: 0 })
})

test('who leaves gives up the place in the queue, and the others move up', async () => {
  const admission = openAdmission({ concurrency: 1, queueMax: 2 })
  const first = heldWork(admission)
  const caller = new AbortController()
  const leaving = heldWork(admission, caller.signal)
  const last = heldWork(admission)
  caller.abort(new Error('socket closed'))
  await assert.rejects(
    leaving.done,
    (error) => error instanceof SignetError && error.reason === ErrorReason.TIMEOUT,
  )
  assert.deepEqual(admission.counts(), { running: 1, waiting: 1 })
  const successor = heldWork(admission)
  for (const work of [first, last, successor]) work.finish()
  await Promise.all([first.done, last.done, successor.done])
  assert.equal(leaving.isRunning(), false)
})

test('who left before arriving does not enter; who leaves while running is finished', async () => {
  const admission = openAdmission({ concurrency: 1, queueMax: 1 })
  await assert.rejects(
    admission.run(async () => 'never', AbortSignal.abort()),
    { reason: ErrorReason.TIMEOUT },
  )
  const caller = new AbortController()
  const running = heldWork(admission, caller.signal)
  caller.abort()
  running.finish()
  await running.done
  assert.deepEqual(admission.counts(), { running: 0, waiting: 0 })
})

test('no listener stays on the signal of a caller that was served', async () => {
  const admission = openAdmission({ concurrency: 1, queueMax: 1 })
  const caller = new AbortController()
  const first = heldWork(admission)
  const second = heldWork(admission, caller.signal)
  assert.equal(events.getEventListeners(caller.signal, 'abort').length, 1)
  first.finish()
  await second.started
  assert.equal(events.getEventListeners(caller.signal, 'abort').length, 0)
  second.finish()
  await second.done
})

test('while callers wait, those who are done leave together, in order', async () => {
  const admission = openAdmission({ concurrency: 1, queueMax: 10 })
  const works = Array.from({ length: 4 }, () => heldWork(admission))
  const [first, second, third, fourth] = works
  assert.ok(first && second && third && fourth)
  const left: number[] = []
  const all = works.map(({ done }, index) => done.then(() => left.push(index)))
  first.finish()
  await promisesSettle()
  assert.ok(second.isRunning())
  assert.deepEqual(left, [])
  second.finish()
  await promisesSettle()
  assert.deepEqual(left, [0, 1])
  third.finish()
  await promisesSettle()
  assert.deepEqual(left, [0, 1, 2], 'nobody is held while nobody waits')
  fourth.finish()
  await Promise.all(all)
})

test('a group is small, however many wait', async () => {
  const admission = openAdmission({ concurrency: 1, queueMax: 100 })
  const works = Array.from({ length: 50 }, () => heldWork(admission))
  let left = 0
  const all = works.map(({ done }) => done.then(() => (left += 1)))
  for (const work of works.slice(0, 15)) work.finish()
  await promisesSettle()
  assert.deepEqual([left, admission.counts()], [0, { running: 1, waiting: 34 }])
  works[15]?.finish()
  await promisesSettle()
  assert.equal(left, 16)
  for (const work of works) work.finish()
  await Promise.all(all)
})

test('nobody is held for as long as others compute', { timeout: 10_000 }, async () => {
  const admission = openAdmission({ concurrency: 1, queueMax: 10 })
  const works = Array.from({ length: 5 }, () => heldWork(admission))
  works[0]?.finish()
  await works[0]?.done
  assert.deepEqual(admission.counts(), { running: 1, waiting: 3 })
  for (const work of works) work.finish()
  await Promise.all(works.map((work) => work.done))
})

test('Retry-After grows with the queue', async () => {
  const admission = openAdmission({ concurrency: 1, queueMax: 200 })
  const works = Array.from({ length: 201 }, () => heldWork(admission))
  await assert.rejects(
    admission.run(async () => 'turned away'),
    (error) =>
      error instanceof SignetError &&
      error.reason === ErrorReason.UNAVAILABLE &&
      error.retryAfterSeconds === 5,
  )
  for (const work of works) work.finish()
  await Promise.all(works.map((work) => work.done))
})
