/** Event streams that are cut at any moment, even before they have begun, hold no place afterwards. */

import assert from 'node:assert/strict'
import net from 'node:net'
import { afterEach, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { RequestContext } from '../request-context.ts'
import { rawRequest } from './testing/raw-http.ts'
import {
  startTestListener,
  type TestListener,
  type TestListenerOptions,
  tokens,
} from './testing/test-listener.ts'

const authorization = `Bearer ${tokens.reader}`
const events = rawRequest('GET /api/v1/events/watch', { authorization, connection: 'keep-alive' })
const connect = rawRequest(
  'POST /signet.v1.EventService/WatchEvents',
  {
    authorization,
    connection: 'keep-alive',
    'content-type': 'application/connect+json',
  },
  Buffer.from('\u0000\u0000\u0000\u0000\u0002{}'),
)

let listener: TestListener | undefined

afterEach(async () => {
  await listener?.close(0)
  listener = undefined
})

async function start(options: TestListenerOptions): Promise<TestListener> {
  listener = await startTestListener(options)
  return listener
}

/** Yields once and waits for the end of the call. */
async function* watch(_method: string, { signal }: RequestContext) {
  yield { event: { id: '1' } }
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve))
}

/** Yields more than a socket holds. */
async function* flood() {
  for (;;) yield { event: { id: 'x'.repeat(100_000) } }
}

/** Sends bytes and cuts the connection `ms` later, reading nothing. */
function cut(port: number, bytes: Buffer, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', async () => {
      socket.pause()
      socket.write(bytes)
      await pause(ms)
      socket.destroy()
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve())
  })
}

/** Waits until no call holds a place; fails where one keeps it. */
async function placesGivenBack({ app }: TestListener): Promise<void> {
  const held = () => Object.values(app.admission.counts()).reduce((sum, count) => sum + count)
  for (let turns = 0; held() > 0 && turns < 500; turns++) await pause(10)
  assert.equal(held(), 0)
}

describe('streams that are cut at random moments', () => {
  for (const [wire, bytes] of Object.entries({ events, connect }))
    for (const answer of [watch, flood])
      test(`over ${wire}, ${answer.name}`, async () => {
        const cutFrom = await start({
          answer,
          // Checking a token takes a while, during which the caller may leave.
          beforeAuthentication: () => pause(Math.random() * 3),
        })
        for (let round = 0; round < 20; round++)
          await Promise.all(
            Array.from({ length: 10 }, () => cut(cutFrom.port, bytes, Math.random() * 3)),
          )
        await placesGivenBack(cutFrom)
        assert.deepEqual(cutFrom.logLines, [])
      })
})

test('a stream that waits behind another on its connection ends with it', async () => {
  const cutFrom = await start({ answer: watch })
  const socket = net.connect(cutFrom.port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(Buffer.concat([events, events, connect]))
  while (cutFrom.app.admission.counts().stream < 3) await pause(5)
  socket.destroy()
  await placesGivenBack(cutFrom)
})

test('a stream whose time limit fires while its token is checked gives its place back', async () => {
  for (const bytes of [events, connect]) {
    const checked = Promise.withResolvers<void>()
    const late = await start({
      answer: watch,
      limits: { requestTimeoutMs: 30 },
      beforeAuthentication: () => checked.promise,
    })
    const socket = net.connect(late.port, '127.0.0.1')
    socket.write(bytes)
    await new Promise((resolve) => socket.once('data', resolve))
    assert.equal(late.app.admission.counts().stream, 1, 'late work keeps its place')
    checked.resolve()
    await placesGivenBack(late)
    socket.destroy()
    await late.close(0)
  }
})
