/** Runs `starter.ts` in a process of its own, perhaps as another user or behind other mounts, and reads its events. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { DatabaseAddress } from '../../address.ts'

/** What a starter says. */
export interface StarterEvent {
  event: 'ready' | 'failed' | 'log' | 'stopped'
  address: DatabaseAddress
  pid: number
  self: number
  tookMs: number
  code: string
  message: string
  detail?: string
}

/** A starter under way. */
export interface Starter {
  /** `ready` or `failed`. */
  outcome: Promise<StarterEvent>
  /** What its log said so far. */
  messages: string[]
  child: ChildProcess
  /** Settles when the process has ended and was waited for. */
  ended: Promise<unknown>
  /** Stops it in order. */
  stop(): Promise<void>
}

/** How to start it, when not as we are ourselves. */
export interface StartOptions {
  /** The words before `node`, such as `setpriv --reuid=65534`. */
  prefix?: string[]
  /** Another node and another copy of the program. */
  node?: string
  program?: string
}

export const starterProgram = fileURLToPath(new URL('starter.ts', import.meta.url))

/** Starts a starter on this directory. */
export function startProcess(dataDir: string, options: StartOptions = {}): Starter {
  const { prefix = [], node = process.execPath, program = starterProgram } = options
  const [command = '', ...args] = [...prefix, node, program, dataDir]
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], cwd: '/' })
  const messages: string[] = []
  let errors = ''
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  const ended = once(child, 'exit')
  const outcome = new Promise<StarterEvent>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event: StarterEvent = JSON.parse(line)
      if (event.event === 'log') messages.push(event.message)
      else if (event.event !== 'stopped') resolve(event)
    })
    child.on('close', () => reject(new Error(`the starter ended without a word: ${errors}`)))
  })
  // A starter that is killed before its outcome matters must not fail the test.
  outcome.catch(() => undefined)
  child.stdin.on('error', () => undefined)
  const stop = async () => {
    child.stdin.end()
    await ended
  }
  return { outcome, messages, child, ended, stop }
}
