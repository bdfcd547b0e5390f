/** A worker alone, as its operator starts it: `signet worker` in a process of its own, on a database that is migrated. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface WorkerProcess {
  /** Ends it with SIGKILL, and waits until it is gone. */
  kill(): Promise<void>
}

const main = fileURLToPath(new URL('../../packages/server/bin/signet.js', import.meta.url))

/** Starts it and answers once it says that it works. */
export async function startWorker(
  dataDir: string,
  settings: Record<string, string>,
): Promise<WorkerProcess> {
  const child = spawn(process.execPath, [main, 'worker', '--json'], {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      SIGNET_DATA_DIR: dataDir,
      SIGNET_LOG_LEVEL: 'error',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const lines = createInterface(child.stdout)
  const began = await Promise.race([
    once(lines, 'line').then(() => true),
    once(child, 'exit').then(() => false),
  ])
  if (!began) throw new Error('signet worker did not start')
  return {
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    },
  }
}
