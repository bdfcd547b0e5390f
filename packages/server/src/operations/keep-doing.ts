/** What a process does by itself, again and again, for as long as it lives. */

import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'

export interface KeptDoing {
  log: Pick<Logger, 'warn'>
  /** One turn. Answers whether there may be more, so that the next one comes at once. */
  work(signal: AbortSignal): Promise<boolean>
  /** Between two turns. */
  pollMs: number
  /** After a turn that failed. */
  retryMs: number
  /** What the log says when turns begin to fail. */
  says: string
}

/** Begins at once. Never throws: of failures in a row the first is logged, and each is tried again. */
export function keepDoing({ log, work, pollMs, retryMs, says }: KeptDoing): {
  /** Waits for the turn that is at work, whose signal it aborts. */
  stop(): Promise<void>
} {
  const stopping = new AbortController()
  const { signal } = stopping
  let failing = false
  const takeTurns = async () => {
    while (!signal.aborted) {
      let pauseMs = pollMs
      try {
        if (await work(signal)) pauseMs = 0
        failing = false
      } catch (error) {
        if (!failing) log.warn({ err: error }, says)
        failing = true
        pauseMs = retryMs
      }
      await setTimeout(pauseMs, undefined, { signal }).catch(() => undefined)
    }
  }
  const running = takeTurns()
  return {
    async stop() {
      stopping.abort()
      await running
    },
  }
}
