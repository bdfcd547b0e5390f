/** A load whose server hangs up says so at once, instead of counting what is left or waiting for ever. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { startChild } from '../child.ts'
import type { HttpLoad } from './http-load.ts'

const answer = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'

/** Answers so many requests of each connection, and hangs up at the next; the first connection gets `ofFirst`. */
async function serverThatHangsUp(t: TestContext, ofFirst: number): Promise<string> {
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    let left = connections === 1 ? ofFirst : Number.POSITIVE_INFINITY
    socket.on('error', () => {})
    socket.on('data', () => {
      if (left === 0) socket.end()
      else socket.write(answer)
      left -= 1
    })
  })
  t.after(() => server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

for (const ofFirst of [0, 5]) {
  test(`after ${ofFirst} answers`, { timeout: 20_000 }, async (t) => {
    const load = startChild('./load/http-load.ts')
    t.after(load.stop)
    const question: HttpLoad = {
      origin: await serverThatHangsUp(t, ofFirst),
      requests: [{ method: 'GET', path: '/' }],
      connections: 3,
      seconds: 1000,
      awake: true,
    }
    await assert.rejects(load.ask(question), /closed the connection without an answer/)
  })
}
