/** The real server as its operator starts it: `signet start` in a process of its own, on a data directory of its own. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { EventLoopDelay, EventLoopQuestion, ProbeAnswer } from './event-loop-probe.ts'

export interface SignetProcess {
  /** Such as http://127.0.0.1:40123. */
  origin: string
  pid: number
  /** Forgets what the event loop did so far. */
  resetEventLoop(): Promise<void>
  readEventLoop(): Promise<EventLoopDelay>
  /** Megabytes of JavaScript in use once all garbage is collected, which stops the server for a moment. */
  collectedHeapMb(): Promise<number>
  stop(): Promise<void>
  /** Ends it with SIGKILL, and waits until it is gone. */
  kill(): Promise<void>
  /** Whether it has ended, in whichever way. */
  hasEnded(): boolean
}

/** A directory that is removed with `remove`. */
export async function createDataDir(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'signet-bench-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

/**
 * Starts the server with its defaults and answers once it says where it listens. Throws with what it wrote, if it ends.
 * `watched` loads the probe that the event loop is read with; `settings` are further variables of its environment.
 */
export async function startSignet(
  dataDir: string,
  { watched = false, settings = {} }: { watched?: boolean; settings?: NodeJS.ProcessEnv } = {},
): Promise<SignetProcess> {
  const probes = watched ? ['--import', probe] : []
  const child = spawn(process.execPath, [...probes, main, 'start', '--json'], {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      SIGNET_DATA_DIR: dataDir,
      SIGNET_HTTP_ADDRESS: '127.0.0.1:0',
      SIGNET_ISSUER: 'http://127.0.0.1',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const { http } = await firstLine(child)
  async function ask(question: EventLoopQuestion): Promise<ProbeAnswer> {
    const answered = once(child, 'message')
    child.send(question)
    const [answer] = await answered
    return answer
  }
  return {
    origin: http,
    pid: child.pid ?? 0,
    resetEventLoop: async () => void (await ask('event-loop.reset')),
    readEventLoop: () => ask('event-loop.read'),
    collectedHeapMb: async () => (await ask('heap.collect')).heapMb,
    stop: () => stop(child),
    kill: () => kill(child),
    hasEnded: () => hasEnded(child),
  }
}

const main = fileURLToPath(new URL('../../packages/server/bin/signet.js', import.meta.url))
const probe = new URL('./event-loop-probe.ts', import.meta.url).href

async function firstLine(child: ChildProcess): Promise<{ http: string }> {
  let errors = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4000)
  })
  if (child.stdout === null) throw new Error('the server has no standard output')
  const lines = createInterface(child.stdout)
  const addresses = await Promise.race([
    firstAddresses(lines),
    once(child, 'exit').then(() => undefined),
  ])
  if (addresses === undefined) throw new Error(`signet did not start: ${errors}`)
  return addresses
}

/** The log goes to the same place, and may have said something before. What comes after is read too, and dropped. */
function firstAddresses(lines: Interface): Promise<{ http: string }> {
  return new Promise((resolve) => {
    lines.on('line', (line) => {
      const said = line.startsWith('{') ? JSON.parse(line) : undefined
      if (typeof said?.http === 'string') resolve(said)
    })
  })
}

const graceMs = 15_000

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

async function kill(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

async function stop(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const killed = setTimeout(() => child.kill('SIGKILL'), graceMs)
  await exited
  clearTimeout(killed)
}
