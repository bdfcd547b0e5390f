/**
 * The feed of one instance: what each watcher has to be sent next, made once for all who stand at the same place.
 *
 * A watcher is a place in the log and nothing more. It has no queue: whoever reads slowly gets fewer and larger steps.
 *
 * 1. Another log than ours: everything is forgotten, and a snapshot begins.
 * 2. What came after its place, a page at a time.
 * 3. Nothing came: a heartbeat, with the age of what we know. Heartbeats are spread over the interval, and changes are
 *    told to some watchers at a time, so that a thousand of them never hold up a sign-in.
 *
 * A place behind ours is never an error and never a reset: an instance that is behind has nothing new to tell, and says
 * so with the age of its view.
 */

import { create } from '@bufbuild/protobuf'
import { type WatchRevocationsResponse, WatchRevocationsResponseSchema } from '@signet/contract'
import { type FeedEntries, type LoggedEntry, openFeedEntries } from './feed-entries.ts'

/** Where a watcher stands. */
export interface FeedPlace {
  /** Empty where it knows no log. */
  logId: string
  position: bigint
}

/** Told what is read from the log, as it is read. */
export interface LogFollower {
  /** The log has another id: what was told belongs to a time that is lost. */
  restart(logId: string): void
  /** Entries in the order of their positions, and where the log stands after them. */
  append(entries: readonly LoggedEntry[], position: bigint): void
  /** Everything that was committed at this time was told; on the clock of `performance.now()`. */
  current(readAtMs: number): void
}

export interface RevocationFeed extends LogFollower {
  /** What a watcher at this place is sent next. */
  step(place: FeedPlace): WatchRevocationsResponse
  /** One more watcher; `leave` when it ends. */
  join(): Watcher
  state(): FeedState
}

export interface FeedState {
  logId: string
  position: bigint
  /** How long ago the log was last read; grows without end while it cannot be. */
  ageMs: number
  entries: number
  watchers: number
}

export interface Watcher {
  /** Resolves when the log has moved from this place, a heartbeat is due, or the signal aborts. */
  next(place: FeedPlace, signal: AbortSignal): Promise<void>
  leave(): void
}

export interface FeedOptions {
  issuer: string
  heartbeatMs: number
}

const pageSize = 500
/** Nobody waits longer for a receipt. */
const askForMs = 10_000
/** How long a step is shared by those who stand at the same place. Its age is what it is at the end of that time. */
const sharedForMs = 50
/** Watchers that are woken in one turn of the event loop. */
const wokenAtOnce = 50
/** Of the time between two changes that are told, what each watcher takes. */
const pausePerWatcherMs = 0.05
const slotsMax = 20

/** An empty feed: it follows a log, and has nothing complete to tell before that was read. */
export function openRevocationFeed({ issuer, heartbeatMs }: FeedOptions): RevocationFeed {
  const entries = openFeedEntries(issuer)
  const crowd = openCrowd(heartbeatMs)
  const shared = new Map<bigint | undefined, { step: WatchRevocationsResponse; until: number }>()
  const log = { logId: '', position: 0n, readAtMs: 0, loaded: false, awaited: 0n, askUntilMs: 0 }

  const ageAt = (ms: number) => Math.max(0, Math.ceil(ms - log.readAtMs))
  const hasMoved = ({ logId, position }: FeedPlace) =>
    log.logId !== logId || log.position > position

  return {
    restart(logId) {
      Object.assign(log, { logId, position: 0n, loaded: false, awaited: 0n })
      entries.clear()
      shared.clear()
    },
    append(added, position) {
      for (const entry of added) {
        entries.add(entry)
        if (entry.awaited) {
          log.awaited = entry.position
          log.askUntilMs = performance.now() + askForMs
        }
      }
      log.position = position
      shared.clear()
      if (added.length > 0) crowd.wake()
    },
    current(readAtMs) {
      log.readAtMs = readAtMs
      entries.expire(performance.now())
      if (!log.loaded) crowd.wake()
      log.loaded = true
    },
    step(place) {
      const now = performance.now()
      const key = place.logId === log.logId ? place.position : undefined
      const known = shared.get(key)
      if (known !== undefined && known.until > now) return known.step
      const step = makeStep({ entries, log, place, ageMs: ageAt(now + sharedForMs) })
      shared.set(key, { step, until: now + sharedForMs })
      return step
    },
    join: () => crowd.join(hasMoved),
    state: () => ({
      logId: log.logId,
      position: log.position,
      ageMs: ageAt(performance.now()),
      entries: entries.count(),
      watchers: crowd.size(),
    }),
  }
}

interface StepParts {
  entries: FeedEntries
  log: {
    logId: string
    position: bigint
    loaded: boolean
    /** The last entry that somebody waits for, and until when verifiers are asked about it. */
    awaited: bigint
    askUntilMs: number
  }
  place: FeedPlace
  ageMs: number
}

function makeStep({ entries, log, place, ageMs }: StepParts): WatchRevocationsResponse {
  const reset = place.logId !== log.logId
  const from = reset ? 0n : place.position
  const page = entries.after(from, pageSize)
  const last = page.length === pageSize ? page.at(-1) : undefined
  const head = log.position > from ? log.position : from
  const position = last === undefined ? head : last.position
  const now = performance.now()
  return create(WatchRevocationsResponseSchema, {
    logId: log.logId,
    reset,
    entries: page,
    position,
    complete: log.loaded && position >= log.position,
    ageMs: Math.min(ageMs, 2 ** 31 - 1),
    report: log.awaited > from && log.awaited <= position && now < log.askUntilMs,
    clockMs: BigInt(Math.floor(now)),
  })
}

interface Waiting {
  slot: number
  resolve(): void
}

/** Those who watch: who waits for something, and when each is due. */
function openCrowd(heartbeatMs: number) {
  const slots = Math.max(1, Math.min(slotsMax, Math.floor(heartbeatMs / 50)))
  const waiting = new Set<Waiting>()
  let size = 0
  let joined = 0
  let slot = 0
  let ticking: NodeJS.Timeout | undefined
  let waking = false
  let again = false
  let wokenAtMs = 0

  function tick(): void {
    slot = (slot + 1) % slots
    for (const each of waiting) if (each.slot === slot) each.resolve()
  }

  /** A change that comes while one is told is told after it. */
  function wake(): void {
    again = waking
    if (waking || waiting.size === 0) return
    waking = true
    const pauseMs = wokenAtMs + size * pausePerWatcherMs - performance.now()
    if (pauseMs > 1) setTimeout(() => tell([...waiting]), pauseMs)
    else setImmediate(() => tell([...waiting]))
  }

  function tell(left: Waiting[]): void {
    for (const each of left.splice(0, wokenAtOnce)) each.resolve()
    if (left.length > 0) {
      setImmediate(() => tell(left))
      return
    }
    waking = false
    wokenAtMs = performance.now()
    if (again) wake()
  }

  function join(hasMoved: (place: FeedPlace) => boolean): Watcher {
    const mine = joined % slots
    joined += 1
    size += 1
    ticking ??= setInterval(tick, heartbeatMs / slots).unref()
    return {
      next(place, signal) {
        if (signal.aborted || hasMoved(place)) return Promise.resolve()
        return new Promise((resolve) => {
          const done = () => {
            waiting.delete(one)
            signal.removeEventListener('abort', done)
            resolve()
          }
          const one = { slot: mine, resolve: done }
          waiting.add(one)
          signal.addEventListener('abort', done)
        })
      },
      leave() {
        size -= 1
        if (size > 0) return
        clearInterval(ticking)
        ticking = undefined
      },
    }
  }

  return { wake, join, size: () => size }
}
