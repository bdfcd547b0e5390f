/** A real Redis for one test: on a free port, with data that are thrown away. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@redis/client'
import { findProgram, redisServer } from './system-program.ts'

export interface TestRedis {
  url: string
  port: number
  /** Of the one that answers now. */
  pid(): number
  signal(signal: NodeJS.Signals): void
  /** Kills it, and starts another, empty one at the same address. */
  replace(): Promise<void>
  stop(): Promise<void>
}

/** Starts it and waits until it answers. */
export async function startTestRedis(...settings: string[]): Promise<TestRedis> {
  const path = await findProgram(redisServer)
  const directory = await mkdtemp(join(tmpdir(), 'signet-redis-'))
  const port = await freePort()
  const start = async () => {
    const child = spawn(
      path,
      [
        '--port',
        String(port),
        '--bind',
        '127.0.0.1',
        '--save',
        '',
        '--dir',
        directory,
        ...settings,
      ],
      { stdio: 'ignore' },
    )
    await answers(port)
    return child
  }
  let child = await start()
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    pid: () => child.pid ?? 0,
    signal: (signal) => void child.kill(signal),
    async replace() {
      await killed(child)
      child = await start()
    },
    async stop() {
      await killed(child)
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Runs one command over a connection of its own. */
export async function redisCommand(url: string, ...words: string[]): Promise<unknown> {
  const client = createClient({ url, socket: { reconnectStrategy: false } })
  client.on('error', () => {})
  await client.connect()
  try {
    return await client.sendCommand(words)
  } finally {
    client.destroy()
  }
}

/** A connection as services hold it, which reads. */
export async function openRedisReader(url: string) {
  const client = createClient({ url, disableOfflineQueue: true })
  client.on('error', () => {})
  await client.connect()
  return {
    mGet: (keys: string[]) => client.mGet(keys),
    close: () => client.destroy(),
  }
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

async function answers(port: number): Promise<void> {
  const deadline = performance.now() + 20_000
  for (;;) {
    const socket = connect({ host: '127.0.0.1', port })
    const connected = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (connected) return
    if (performance.now() > deadline) throw new Error('Redis did not come up')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
