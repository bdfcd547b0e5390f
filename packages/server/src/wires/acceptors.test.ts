/** New connections are accepted several at a time, and the address is nobody else's. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import net, { type Socket } from 'node:net'
import { test } from 'node:test'
import { type Acceptors, createAcceptors } from './acceptors.ts'

const anyPort = { host: '127.0.0.1', port: 0 }

async function listening(onConnection: (socket: Socket) => void = () => {}) {
  const acceptors: Acceptors = createAcceptors(anyPort, onConnection)
  return { acceptors, port: (await acceptors.listen()).port }
}

test('in one turn of the event loop many connections are accepted', async () => {
  const many = 64
  let accepted = 0
  const { acceptors, port } = await listening((socket) => {
    accepted += 1
    socket.destroy()
  })
  const callers = Array.from({ length: many }, () => net.connect(port, '127.0.0.1'))
  for (const caller of callers) caller.on('error', () => {})
  let turns = 0
  while (accepted < many) {
    await new Promise(setImmediate)
    turns += 1
  }
  // Elsewhere connections are not spread over sockets.
  const most = process.platform === 'linux' ? many / 2 : Number.POSITIVE_INFINITY
  assert.ok(turns < most, `${turns} turns for ${many} connections`)
  for (const caller of callers) caller.destroy()
  await acceptors.close()
})

test('an address at which something listens is refused, although Signet could share it', async () => {
  const { acceptors, port } = await listening()
  const second = createAcceptors({ host: '127.0.0.1', port }, () => {})
  await assert.rejects(second.listen(), { code: 'EADDRINUSE' })
  await second.close()
  await acceptors.close()
})

test('once it is closed the address is free, and nobody is let in', async () => {
  const { acceptors, port } = await listening()
  await acceptors.close()
  const [refusal] = await once(net.connect(port, '127.0.0.1'), 'error')
  assert.equal(refusal.code, 'ECONNREFUSED')
  const next = createAcceptors({ host: '127.0.0.1', port }, () => {})
  assert.equal((await next.listen()).port, port)
  await next.close()
})
