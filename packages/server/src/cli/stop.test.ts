/** The service ends when it is told to, whatever its callers have done before. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { spawnSignet } from './testing/spawn-signet.ts'

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Watches the health over Connect or gRPC-Web, and cuts the connection after `ms`. */
function cutWatch(port: number, type: string, ms: number): Promise<void> {
  const head = [
    'POST /grpc.health.v1.Health/Watch HTTP/1.1',
    'Host: 127.0.0.1',
    `Content-Type: ${type}`,
    'Content-Length: 5',
  ]
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', async () => {
      socket.write(`${head.join('\r\n')}\r\n\r\n\0\0\0\0\0`)
      await pause(ms)
      socket.destroy()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve())
  })
}

test('SIGINT ends it after streams were cut at any moment', async () => {
  const port = await freePort()
  const directory = mkdtempSync(join(tmpdir(), 'signet-stop-'))
  const server = spawnSignet(['start', '--json'], {
    environment: {
      SIGNET_DATA_DIR: join(directory, 'data'),
      SIGNET_HTTP_ADDRESS: `127.0.0.1:${port}`,
      SIGNET_LOG_FORMAT: 'json',
    },
  })
  server.stderr.resume()
  const closed = once(server, 'close')
  try {
    await once(createInterface({ input: server.stdout }), 'line')
    const types = ['application/connect+proto', 'application/grpc-web+proto']
    for (let round = 0; round < 20; round++)
      await Promise.all(types.map((type) => cutWatch(port, type, Math.random() * 3)))
  } finally {
    server.kill('SIGINT')
  }
  assert.deepEqual(await closed, [0, null])
  rmSync(directory, { recursive: true })
})
