/** A reader of the revocation feed over SSE for tests of the whole service: it keeps what a verifier keeps, and nothing else. */

import { createHash } from 'node:crypto'
import { eventually } from './client.ts'

interface Entry {
  position: string
  kind: string
  scope: string
  value: string
}

interface Step {
  logId: string
  reset: boolean
  entries: Entry[]
  position: string
  complete: boolean
  ageMs: number
  report: boolean
}

export interface WatcherOptions {
  token: string
  /** Goes on from there. */
  from?: { logId: string; position: bigint }
  verifierId?: string
  verifierName?: string
  budgetSeconds?: number
}

export interface FeedWatcher {
  /** What it has applied. */
  state: { logId: string; position: bigint; complete: boolean; ageMs: number; resets: number }
  /** Whether an entry names this session. */
  knows(sessionId: string): boolean
  steps(): number
  /** What ended the stream, as far as that was told; undefined while it runs. */
  ended(): string | undefined
  /** Called for each step that asks for a report. */
  onReport(listener: (position: bigint) => void): void
  leave(): void
}

/** Opens the stream at an instance, and reads until it is left or ended. */
export function watchFeed(url: string, issuer: string, options: WatcherOptions): FeedWatcher {
  const { token, from, verifierId = '', verifierName = '', budgetSeconds = 10 } = options
  const leaving = new AbortController()
  const state = {
    logId: from?.logId ?? '',
    position: from?.position ?? 0n,
    complete: false,
    ageMs: 0,
    resets: 0,
  }
  const values = new Set<string>()
  let steps = 0
  let ended: string | undefined
  let report = (_position: bigint) => {}

  function apply(step: Step): void {
    if (step.reset) {
      values.clear()
      state.resets += 1
    } else if (BigInt(step.position) < state.position) {
      ended = `position ${step.position} after ${state.position}`
      leaving.abort()
    }
    for (const { value } of step.entries) values.add(value)
    state.logId = step.logId
    state.position = BigInt(step.position)
    state.complete = step.complete
    state.ageMs = step.ageMs
    steps += 1
    if (step.report) report(state.position)
  }

  async function read(): Promise<void> {
    const query = new URLSearchParams({
      logId: state.logId,
      since: String(state.position),
      verifierId,
      verifierName,
      stalenessBudgetSeconds: String(budgetSeconds),
    })
    const headers = { authorization: `Bearer ${token}` }
    const answer = await fetch(`${url}/api/v1/revocations/watch?${query}`, {
      headers,
      signal: leaving.signal,
    })
    if (answer.status !== 200 || answer.body === null) {
      ended ??= `${answer.status} ${await answer.text()}`
      return
    }
    let text = ''
    for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
      text += chunk
      const blocks = text.split('\n\n')
      text = blocks.pop() ?? ''
      for (const block of blocks) {
        const data = /^data: (.*)$/m.exec(block)?.[1]
        if (data === undefined) continue
        if (/^event: /m.test(block)) ended ??= `${/^event: (.*)$/m.exec(block)?.[1]} ${data}`
        else apply(JSON.parse(data) as Step)
      }
    }
    ended ??= 'without a word'
  }
  read().catch((error: unknown) => {
    ended ??= String(error)
  })

  const hashed = (sessionId: string) =>
    createHash('sha256')
      .update(`${issuer}\0sid\0${sessionId}`)
      .digest()
      .subarray(0, 16)
      .toString('base64')
  return {
    state,
    knows: (sessionId) => values.has(hashed(sessionId)),
    steps: () => steps,
    ended: () => ended,
    onReport(listener) {
      report = listener
    },
    leave: () => leaving.abort(),
  }
}

/** Waits until the watcher has everything. */
export async function caughtUp(watcher: FeedWatcher): Promise<void> {
  await eventually('a watcher has everything', async () => {
    if (watcher.ended() !== undefined) throw new Error(watcher.ended())
    return watcher.state.complete
  })
}
