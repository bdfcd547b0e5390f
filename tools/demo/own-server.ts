/** A Signet of one's own: the real `signet start` in another process, on a free port, with data that is thrown away. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { firstMessage } from './first-message.ts'

export interface OwnServer {
  url: string
  dataDir: string
  /** What leads the command line to its database. */
  environment: Record<string, string | undefined>
  child: ChildProcess
  stop(): Promise<void>
}

const signet = fileURLToPath(new URL('../../packages/server/bin/signet.js', import.meta.url))

/** Starts it and waits until it answers. Throws what it said where it does not come up. Data that are named are kept. */
export async function startServer(settings: Record<string, string> = {}): Promise<OwnServer> {
  const temporary = await mkdtemp(join(tmpdir(), 'signet-demo-'))
  const dataDir = settings.SIGNET_DATA_DIR ?? temporary
  const environment = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    SIGNET_DATA_DIR: dataDir,
    SIGNET_HTTP_ADDRESS: `127.0.0.1:${await freePort()}`,
    ...settings,
  }
  const child = spawn(process.execPath, [signet, 'start', '--json'], {
    env: environment,
    // By the channel it learns that this process is gone, however it went, and ends.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const exited = once(child, 'exit')
  const stop = async () => {
    child.kill('SIGTERM')
    await exited
    await rm(temporary, { recursive: true, force: true })
  }
  const { message, said } = await firstMessage(child, 'http')
  if (message === undefined) {
    await stop()
    throw new Error(`signet start did not come up:\n${said}`)
  }
  return { url: message, dataDir, environment, child, stop }
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
