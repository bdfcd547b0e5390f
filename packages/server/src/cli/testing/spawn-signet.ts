/** For tests: runs the command line as its own process, as an operator does. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { DatabaseAddress } from '../../db/address.ts'

/** What a command did. */
export interface Ran {
  exitCode: number | null
  stdout: string
  stderr: string
}

interface RunOptions {
  environment?: Record<string, string>
  /** What it reads from standard input. */
  input?: string
  /** Where it runs; the configuration of the repository is not found by chance. */
  directory?: string
}

/** Where the system's own programs are. Nothing else of this process's environment reaches a command. */
const path = '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin'
const main = join(import.meta.dirname, '../../../bin/signet.js')

/** The process of a command. */
export function spawnSignet(args: readonly string[], options: RunOptions = {}) {
  const environment = { PATH: path, ...options.environment }
  const cwd = options.directory ?? import.meta.dirname
  return spawn(process.execPath, [main, ...args], { env: environment, cwd })
}

/** Runs one command to its end. */
export async function runSignet(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return finished(spawnSignet(args, options), options.input ?? '')
}

/** Runs one command at a terminal, on which somebody types `input`. Standard error shows there too. */
export async function runAtTerminal(
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ran> {
  const quoted = [process.execPath, main, ...args].map((word) => `'${word}'`).join(' ')
  const environment = { PATH: path, TERM: 'xterm', ...options.environment }
  const child = spawn(
    'script',
    ['--quiet', '--return', '--echo', 'never', '--command', quoted, '/dev/null'],
    {
      env: environment,
    },
  )
  // Each line is typed when it is asked for: what comes earlier belongs to nobody.
  const lines = (options.input ?? '').split('\n')
  let heard = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    heard += text
    if (!/(?:Password|The same again): $/u.test(heard)) return
    heard = ''
    const line = lines.shift()
    if (line !== undefined) child.stdin.write(line === '^C' ? '\u0003' : `${line}\r`)
  })
  return finished(child)
}

async function finished(child: ReturnType<typeof spawnSignet>, input?: string): Promise<Ran> {
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  // A command that refuses its arguments ends without reading what it is sent.
  child.stdin.on('error', () => undefined)
  if (input !== undefined) child.stdin.end(input)
  const [exitCode] = (await once(child, 'close')) as [number | null]
  return { exitCode, stdout, stderr }
}

/** The environment that leads a command to a database of the tests. */
export function databaseEnvironment(address: DatabaseAddress): Record<string, string> {
  const { user, host, port, database, password } = address
  const place = host.includes('/') ? encodeURIComponent(host) : host
  return {
    SIGNET_DATABASE_URL: `postgresql://${user}@${place}:${port}/${database}`,
    SIGNET_MASTER_SECRET: 'a secret for tests alone, 32 bytes long',
    SIGNET_HTTP_ADDRESS: '127.0.0.1:1',
    ...(password !== undefined && { SIGNET_DATABASE_PASSWORD: password }),
  }
}
