/**
 * Keeps the server running: when it ends without being told to, it is started again, at once at first and every few
 * seconds when that keeps failing.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Postmaster } from './postmaster.ts'

/** A server that is started again whenever it dies, until `stop`. */
export interface Supervised {
  /** The process id of the latest server. */
  pid(): number
  stop(): Promise<void>
}

interface SuperviseOptions {
  /** Starts one server; gives up soon when the signal is aborted. */
  launch(signal: AbortSignal): Promise<Postmaster>
  log(message: string): void
}

/** The pauses before each attempt to start again; the last one repeats. */
const restartDelaysMs = [0, 100, 300, 1_000, 3_000, 5_000]
/** A server that ran this long had no trouble starting. */
const steadyAfterMs = 60_000

/** Starts the first server, throwing when it cannot start, and watches it from then on. */
export async function supervise({ launch, log }: SuperviseOptions): Promise<Supervised> {
  const stopping = new AbortController()
  let current = await launch(stopping.signal)
  const watching = watch()

  async function watch(): Promise<void> {
    let attempts = 0
    for (;;) {
      const startedAtMs = performance.now()
      const how = await current.ended
      if (stopping.signal.aborted) return
      log(`PostgreSQL (process ${current.pid}) ended unexpectedly: ${how}; starting it again`)
      if (performance.now() - startedAtMs > steadyAfterMs) attempts = 0
      attempts = await startAgain(attempts)
    }
  }

  /** Returns the number of attempts, these included; a server that dies at once is not started in a hot loop. */
  async function startAgain(attemptsBefore: number): Promise<number> {
    let said = ''
    for (let attempts = attemptsBefore; ; attempts++) {
      await pause(restartDelaysMs[attempts] ?? restartDelaysMs.at(-1), stopping.signal)
      if (stopping.signal.aborted) return attempts
      try {
        current = await launch(stopping.signal)
        log(`PostgreSQL runs again (process ${current.pid})`)
        return attempts + 1
      } catch (error) {
        const problem = error instanceof Error ? error.message : String(error)
        if (problem !== said) log(`PostgreSQL does not start again yet: ${problem}`)
        said = problem
      }
    }
  }

  return {
    pid: () => current.pid,
    async stop() {
      stopping.abort()
      await current.stop()
      await watching
      // A start that was under way may have succeeded meanwhile.
      await current.stop()
    },
  }
}

/** Sleeps without keeping the process alive; ends early when stopping. */
async function pause(delayMs: number | undefined, signal: AbortSignal): Promise<void> {
  await sleep(delayMs, undefined, { signal, ref: false }).catch(() => undefined)
}
