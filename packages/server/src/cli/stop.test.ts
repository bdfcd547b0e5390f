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
import { runSignet, spawnSignet } from './testing/spawn-signet.ts'

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Sends the bytes of a request, and cuts the connection after `ms`. */
function cut(port: number, bytes: string, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', async () => {
      socket.write(bytes)
      await pause(ms)
      socket.destroy()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve())
  })
}

function watchHealth(type: string): string {
  const head = [
    'POST /grpc.health.v1.Health/Watch HTTP/1.1',
    'Host: 127.0.0.1',
    `Content-Type: ${type}`,
    'Content-Length: 5',
  ]
  return `${head.join('\r\n')}\r\n\r\n\0\0\0\0\0`
}

function watchEvents(token: string): string {
  const head = ['GET /api/v1/events/watch HTTP/1.1', 'Host: 127.0.0.1']
  return `${head.join('\r\n')}\r\nAuthorization: Bearer ${token}\r\n\r\n`
}

const email = 'ada@example.com'
const password = 'a long sentence is best'

async function signIn(port: number): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/auth/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ identifier: email, password }),
  })
  const body = (await answer.json()) as { tokens: { accessToken: string } }
  assert.equal(answer.status, 200, JSON.stringify(body))
  assert.ok(body.tokens.accessToken)
  return body.tokens.accessToken
}

test('SIGINT ends it after streams were cut at any moment', async () => {
  const port = await freePort()
  const directory = mkdtempSync(join(tmpdir(), 'signet-stop-'))
  const environment = {
    SIGNET_DATA_DIR: join(directory, 'data'),
    SIGNET_HTTP_ADDRESS: `127.0.0.1:${port}`,
    SIGNET_LOG_FORMAT: 'json',
  }
  const server = spawnSignet(['start', '--json'], { environment })
  server.stderr.resume()
  const closed = once(server, 'close')
  try {
    await once(createInterface({ input: server.stdout }), 'line')
    const create = ['admin', 'create', '--email', email, '--password-stdin', '--json']
    const created = await runSignet(create, { environment, input: password })
    assert.equal(created.exitCode, 0, created.stdout)
    const requests = [
      watchHealth('application/connect+proto'),
      watchHealth('application/grpc-web+proto'),
      ...Array<string>(10).fill(watchEvents(await signIn(port))),
    ]
    for (let round = 0; round < 20; round++)
      await Promise.all(requests.map((bytes) => cut(port, bytes, Math.random() * 10)))
  } finally {
    server.kill('SIGINT')
  }
  assert.deepEqual(await closed, [0, null])
  rmSync(directory, { recursive: true })
})
