/** A Signet of one's own: the real `signet start` in another process, on a free port, with data that is thrown away. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface OwnServer {
  url: string
  dataDir: string
  child: ChildProcess
  stop(): Promise<void>
}

const signet = fileURLToPath(new URL('../../packages/server/src/cli/main.ts', import.meta.url))

/** Starts it and waits until it answers. Throws what it said where it does not come up. Data that are named are kept. */
export async function startServer(environment: Record<string, string> = {}): Promise<OwnServer> {
  const temporary = await mkdtemp(join(tmpdir(), 'signet-demo-'))
  const dataDir = environment.SIGNET_DATA_DIR ?? temporary
  const child = spawn(process.execPath, [signet, 'start', '--json'], {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      SIGNET_DATA_DIR: dataDir,
      SIGNET_HTTP_ADDRESS: `127.0.0.1:${await freePort()}`,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit')
  const stop = async () => {
    child.kill('SIGTERM')
    await exited
    await rm(temporary, { recursive: true, force: true })
  }
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-10_000)
  })
  const line = await Promise.race([
    once(createInterface(child.stdout), 'line') as Promise<[string]>,
    exited.then(() => undefined),
  ])
  const { http } = JSON.parse(line?.[0] ?? '{}') as { http?: string }
  if (http === undefined) {
    await stop()
    throw new Error(`signet start did not come up:\n${line?.[0] ?? said}`)
  }
  return { url: http, dataDir, child, stop }
}

/** A port that nobody listens on at this moment: the issuer has to be known before the server starts. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
