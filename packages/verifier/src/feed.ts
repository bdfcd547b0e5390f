/**
 * Reads the feed of the issuer for as long as the verifier lives.
 *
 * 1. Ask for what is missing, as the client, from the place that is known.
 * 2. Apply each step as it comes. Where somebody waits for a receipt, say at once how far this process is.
 * 3. Where nothing has come for five seconds, or a step was held back for two, the connection is as good as gone: hang up.
 * 4. Whatever ended it, try again: soon, then after up to twice as long each time, at most two seconds, at random, so that
 *    a thousand verifiers do not come back in one moment.
 *
 * A step that cannot be is no reason to forget what is known: the view is read anew beside it, and ages meanwhile.
 *
 * Nothing here keeps the process alive once the first snapshot is there.
 */

import { randomUUID } from 'node:crypto'
import type { Clock } from './clock.ts'
import { readEvents } from './event-stream.ts'
import type { VerifierEvent } from './events.ts'
import { FeedError, parseFeedStep } from './feed-step.ts'
import type { IssuerClient } from './issuer-client.ts'
import { openPositionReports, type Place } from './position-reports.ts'
import type { RevocationView } from './revocation-view.ts'
import { socketOfRequest } from './socket-of-request.ts'
import { measureStepDelays } from './step-delay.ts'

export interface FeedOptions {
  issuerClient: IssuerClient
  view: RevocationView
  clock: Clock
  /** What an operator calls this service. */
  name: string
  stalenessBudgetSeconds: number
  onEvent(event: VerifierEvent): void
  /** Called with the `Date` of each answer: the time at the issuer, in milliseconds since 1970. */
  onIssuerTime(ms: number): void
  /** Called after each step that was applied. */
  onStep(): void
}

export interface Feed {
  state(): { connected: boolean; reconnects: number }
  close(): void
}

interface FeedParts extends FeedOptions {
  verifierId: string
  report(place: Place): void
  closed: AbortSignal
  state: { connected: boolean; reconnects: number }
}

const silenceMs = 5_000
const heldBackMsMax = 2_000
const backOffMs = { first: 100, max: 2_000 }
/** A connection that held for so long was a good one. */
const heldMs = 1_000
const watchPath = '/api/v1/revocations/watch'

/** Begins to read. Never throws: what goes wrong is told by events, and by the age of the view. */
export function openFeed(options: FeedOptions): Feed {
  const closing = new AbortController()
  const verifierId = randomUUID()
  const parts: FeedParts = {
    ...options,
    verifierId,
    report: openPositionReports({ ...options, verifierId }),
    closed: closing.signal,
    state: { connected: false, reconnects: 0 },
  }
  void follow(parts)
  return { state: () => ({ ...parts.state }), close: () => closing.abort() }
}

async function follow(parts: FeedParts): Promise<void> {
  for (let failures = 0; !parts.closed.aborted; parts.state.reconnects += 1) {
    const startedAt = parts.clock.monotonicMs()
    await connect(parts)
    if (parts.closed.aborted) return
    failures = parts.clock.monotonicMs() - startedAt >= heldMs ? 0 : failures + 1
    await pause(Math.min(backOffMs.first * 2 ** failures, backOffMs.max), parts.closed)
  }
}

/** One connection, until it ends, for whatever reason. Never rejects. */
async function connect(parts: FeedParts): Promise<void> {
  const { view, state, closed, onEvent } = parts
  const hungUp = new AbortController()
  const onClose = () => hungUp.abort(new Error('closed'))
  closed.addEventListener('abort', onClose)
  const silence = setTimeout(
    () => hungUp.abort(new Error(`nothing came for ${silenceMs / 1000} seconds`)),
    silenceMs,
  ).unref()
  const socket = socketOfRequest(parts.verifierId)
  try {
    await readSteps(parts, hungUp.signal, () => {
      state.connected = true
      silence.refresh()
      if (view.known() !== undefined) socket.unref()
    })
    onEvent({ kind: 'feed_disconnected', detail: 'the issuer ended the feed' })
  } catch (error) {
    const cause = (hungUp.signal.aborted ? hungUp.signal.reason : error) as Error
    if (cause instanceof FeedError) view.distrust()
    if (!closed.aborted) onEvent({ kind: 'feed_disconnected', detail: cause.message })
  } finally {
    state.connected = false
    clearTimeout(silence)
    socket.forget()
    closed.removeEventListener('abort', onClose)
    hungUp.abort()
  }
}

async function readSteps(parts: FeedParts, signal: AbortSignal, onStep: () => void): Promise<void> {
  const { view, clock, issuerClient, onEvent } = parts
  const delayOf = measureStepDelays(clock)
  const response = await issuerClient.stream(pathFrom(parts), signal)
  const date = Date.parse(response.headers.get('date') ?? '')
  if (!Number.isNaN(date)) parts.onIssuerTime(date)
  onEvent({ kind: 'feed_connected' })
  for await (const { name, data } of readEvents(response.body)) {
    if (name === 'error') throw new Error(`the issuer ended the feed: ${data.slice(0, 500)}`)
    if (name !== 'message') return
    const step = parseFeedStep(data)
    const { heldBackMs, grownMs } = delayOf(step.clockMs)
    view.apply(step, heldBackMs)
    onStep()
    parts.onStep()
    const known = view.known()
    if (step.report && known?.logId === step.logId) parts.report(known)
    if (grownMs > heldBackMsMax)
      throw new Error(`a step was held back for ${Math.round(grownMs)} ms`)
  }
}

function pathFrom({ view, name, verifierId, stalenessBudgetSeconds }: FeedParts): string {
  const { logId, position } = view.place()
  const query = new URLSearchParams({
    ...(logId !== '' && { logId, since: String(position) }),
    verifierId,
    ...(name !== '' && { verifierName: name }),
    stalenessBudgetSeconds: String(stalenessBudgetSeconds),
  })
  return `${watchPath}?${query}`
}

/** Waits between a half and the whole of it, or until the signal aborts. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms * (0.5 + Math.random() / 2)).unref()
    signal.addEventListener('abort', done)
  })
}
