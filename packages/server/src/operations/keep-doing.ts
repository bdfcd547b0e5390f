/** What a process does by itself, again and again, for as long as it lives. */

import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'

export interface KeptDoing {
  log: Pick<Logger, 'info' | 'warn'>
  /** One turn. Answers whether there may be more, so that the next one comes at once. */
  work(signal: AbortSignal): Promise<boolean>
  /** Between two turns. */
  pollMs: number
  /** After a turn that failed. */
  retryMs: number
  /** What the log says when turns begin to fail. */
  says: string
  /** What it says when one works again; nothing, where it is left out. */
  saysAgain?: string
}

/** Begins at once. Never throws: of failures in a row the first is logged, and each is tried again. */
export function keepDoing({ log, work, pollMs, retryMs, says, saysAgain }: KeptDoing): {
  /** Ends the pause that it is in. During a turn: has the next one follow at once. */
  wake(): void
  /** Waits for the turn that is at work, whose signal it aborts. */
  stop(): Promise<void>
} {
  const stopping = new AbortController()
  const { signal } = stopping
  let waking = new AbortController()
  let failing = false
  const takeTurns = async () => {
    while (!signal.aborted) {
      waking = new AbortController()
      let pauseMs = pollMs
      try {
        if (await work(signal)) pauseMs = 0
        if (failing && saysAgain !== undefined) log.info(saysAgain)
        failing = false
      } catch (error) {
        if (!failing) log.warn({ err: error }, says)
        failing = true
        pauseMs = retryMs
      }
      const ended = AbortSignal.any([signal, waking.signal])
      await setTimeout(pauseMs, undefined, { signal: ended }).catch(() => undefined)
    }
  }
  const running = takeTurns()
  return {
    wake: () => waking.abort(),
    async stop() {
      stopping.abort()
      await running
    },
  }
}
