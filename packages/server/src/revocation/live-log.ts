/**
 * The live part of the revocation log in this instance's memory, kept current.
 *
 * 1. At the start: say how long our tokens live, see that the log belongs to this server, read what is live.
 * 2. Woken by a notification, or by a revocation of this instance, read what came after the last position.
 * 3. Read every second all the same: a notification can be lost, and so can the connection on which it comes.
 * 4. Where the log has another id, the database was restored or taken over: forget everything and read it anew. A log
 *    that stands before a position that was read from it was set back without saying so: it gets another id.
 * 5. Tell those who follow, such as the feed, what was read, as it is read.
 * 6. Once in a while, forget what has expired, here and in the database.
 *
 * Each call of our own API asks the database all the same. Introspection decides by what stands here, and by how long ago
 * it was read (see `oauth/introspect.ts`). What it says to be dead is dead.
 */

import type { Logger } from 'pino'
import type { DatabaseAddress } from '../db/address.ts'
import { listen } from '../db/listen.ts'
import type { Db } from '../db/query.ts'
import type { Caller } from '../request-context.ts'
import { openCallerEnds } from './caller-ends.ts'
import { type EntrySet, openEntrySet, type RevocableToken } from './entry-set.ts'
import type { LogFollower } from './feed.ts'
import type { LoggedEntry } from './feed-entries.ts'
import {
  continueLog,
  declareTokenLifetime,
  notifyRevocations,
  readLog,
  replaceLog,
  sweepLog,
} from './live-log.sql.ts'

export interface LiveLog {
  /** Whether an entry kills the token. False says only that none is known here. */
  revokes(token: RevocableToken): boolean
  /** Calls `ended` as soon as an entry that ends the caller has been read. Answers what stops it. */
  watchCaller(caller: Caller, ended: () => void): () => void
  /** Whether an entry ends a client whose secret rests on this position. False says only that none is known here. */
  endsClient(clientId: string, rev: number): boolean
  /** Tells every instance, this one included, that something was committed to the log. Does not wait. */
  announce(): void
  /** Resolves once the entry at this position has been read, or the signal aborts. */
  applied(position: bigint, signal: AbortSignal): Promise<void>
  /** Reads the table now. Resolves once that is done, or the signal aborts. */
  readAgain(signal: AbortSignal): Promise<void>
  /**
   * Resolves once everything that was committed before this call has been read, or after a second without. Whoever ends
   * something waits for it before answering: the very next question to this instance then finds it ended.
   */
  settled(): Promise<void>
  /** Announces, and waits until it is settled: what whoever has ended something does before answering. */
  told(): Promise<void>
  /** For metrics and for who reports how current we are. */
  state(): LiveLogState
  stop(): Promise<void>
}

export interface LiveLogState {
  logId: string
  /** The last position that was applied. */
  position: bigint
  entries: number
  /** When the last complete reading of the table began, on the clock of `performance.now()`. */
  readAtMs: number
  /** Whether every live entry is here; there is a limit to how many can be. */
  complete: boolean
  /** Whether notifications arrive. */
  listening: boolean
}

export interface LiveLogOptions {
  /** Where a session of our own can listen: not a transaction pooler. */
  directAddress: DatabaseAddress
  /** The longest access token that this instance issues. */
  tokenLifetimeSeconds: number
  /** Between two readings without a notification. */
  netMs?: number
  entriesMax?: number
  /** Told from the first reading on. */
  followers?: readonly LogFollower[]
}

interface LiveLogDeps {
  db: Db
  log: Logger
}

const channel = 'signet_revocations'
const netMsDefault = 1_000
const entriesMaxDefault = 1_000_000
const pageSize = 5_000
const upkeepEveryMs = 60_000
const sweepSize = 5_000
const settledWithinMs = 1_000

/** Opens the log and reads what is live. Errors: UNAVAILABLE; afterwards it never throws. */
export async function openLiveLog(deps: LiveLogDeps, options: LiveLogOptions): Promise<LiveLog> {
  const { directAddress, tokenLifetimeSeconds, netMs = netMsDefault } = options
  const { entriesMax = entriesMaxDefault, followers = [] } = options
  const set = openEntrySet(entriesMax)
  const callers = openCallerEnds(set)
  const reader = openReader(deps, set, [callers, ...followers])
  await declareTokenLifetime(deps.db, { lifetimeSeconds: tokenLifetimeSeconds })
  await reader.catchUp()
  const alarm = openAlarm()
  const listening = listen(directAddress, channel, alarm.ring)
  const running = keepCurrent({ ...deps, reader, alarm, tokenLifetimeSeconds, netMs })
  const announcer = openAnnouncer(deps.db)

  function readAgain(signal: AbortSignal): Promise<void> {
    const read = reader.readAfter(performance.now(), signal)
    alarm.ring()
    return read
  }

  function announce(): void {
    alarm.ring()
    announcer.announce()
  }

  const settled = () => readAgain(AbortSignal.timeout(settledWithinMs))
  return {
    revokes: set.revokes,
    endsClient: set.endsClient,
    watchCaller: callers.watch,
    announce,
    applied: reader.applied,
    readAgain,
    settled,
    told() {
      announce()
      return settled()
    },
    state: () => ({
      ...reader.at(),
      entries: set.count(),
      complete: set.complete(performance.now()),
      listening: listening.connected(),
    }),
    async stop() {
      alarm.stop()
      await listening.stop()
      await running
      await announcer.idle()
    },
  }
}

type Reader = ReturnType<typeof openReader>

/** Reads the table from where it was last read. */
function openReader({ db, log }: LiveLogDeps, set: EntrySet, followers: readonly LogFollower[]) {
  const watchers = new Set<() => void>()
  let logId = ''
  let position = 0n
  let readAtMs = 0

  function restart(newLogId: string): void {
    set.clear()
    logId = newLogId
    position = 0n
    for (const follower of followers) follower.restart(logId)
  }

  function apply(entries: LoggedEntry[], reached: bigint): void {
    const nowMs = performance.now()
    for (const entry of entries) {
      const { kind, scope, value, exceptSid, remainingMs } = entry
      if (kind !== 'ended') continue
      const expiresAtMs = nowMs + remainingMs
      set.add({ position: Number(entry.position), scope, value, exceptSid, expiresAtMs })
    }
    set.expire(nowMs)
    position = reached
    for (const follower of followers) follower.append(entries, reached)
  }

  /** Whether that was everything. */
  async function readPage(): Promise<boolean> {
    const startedAtMs = performance.now()
    const rows = await readLog(db, { after: position, limit: pageSize })
    const [first] = rows
    if (first === undefined) throw new Error('the head of the revocation log is gone')
    if (!first.isHere) {
      log.warn(
        { head: first.head },
        'the database was restored or taken over by a standby, which may lack what was revoked last; `signet recover` ends everything',
      )
      await continueLog(db)
      return false
    }
    if (first.logId === logId && first.head < position) {
      log.error({ head: first.head, seen: position }, 'the revocation log was set back')
      await replaceLog(db, { logId, seen: position })
      return false
    }
    if (first.logId !== logId) {
      const fromTheStart = position === 0n
      if (logId !== '') log.warn('the revocation log goes on under another id')
      restart(first.logId)
      if (!fromTheStart) return false
    }
    const entries = rows.flatMap(entryOf)
    const complete = rows.length < pageSize
    apply(entries, complete ? first.head : (entries.at(-1)?.position ?? first.head))
    if (!complete) return false
    readAtMs = startedAtMs
    for (const follower of followers) follower.current(readAtMs)
    return true
  }

  function until(holds: () => boolean, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!holds() && !signal.aborted) return
        watchers.delete(check)
        signal.removeEventListener('abort', check)
        resolve()
      }
      watchers.add(check)
      signal.addEventListener('abort', check)
      check()
    })
  }

  return {
    at: () => ({ logId, position, readAtMs }),
    async catchUp() {
      while (!(await readPage()));
      for (const check of watchers) check()
    },
    applied: (wanted: bigint, signal: AbortSignal) => until(() => position >= wanted, signal),
    readAfter: (ms: number, signal: AbortSignal) => until(() => readAtMs >= ms, signal),
  }
}

type Row = Awaited<ReturnType<typeof readLog>>[number]

/** The entry of a row; none where the row has only the head. */
export function entryOf(row: Row): LoggedEntry[] {
  const { position, kind, scope, value, exceptSid, awaited, expiresAt, remainingSeconds } = row
  if (position === null || kind === null || scope === null) return []
  return [
    {
      position,
      kind,
      scope,
      value: value ?? '',
      exceptSid,
      awaited: awaited ?? false,
      expiresAt: expiresAt ?? 0,
      remainingMs: (remainingSeconds ?? 0) * 1000,
    },
  ]
}

type Alarm = ReturnType<typeof openAlarm>

/** What ends a pause. A ring during the work ends the next pause at once. */
function openAlarm() {
  let rung = Promise.withResolvers<void>()
  let stopped = false
  return {
    ring: () => rung.resolve(),
    stopped: () => stopped,
    stop() {
      stopped = true
      rung.resolve()
    },
    /** From here on a ring is for the next pause. */
    reset() {
      if (!stopped) rung = Promise.withResolvers()
    },
    async pause(ms: number) {
      const timer = setTimeout(rung.resolve, ms)
      await rung.promise
      clearTimeout(timer)
    },
  }
}

interface Keeping extends LiveLogDeps {
  reader: Reader
  alarm: Alarm
  tokenLifetimeSeconds: number
  netMs: number
}

async function keepCurrent(keeping: Keeping): Promise<void> {
  const { db, log, reader, alarm, tokenLifetimeSeconds, netMs } = keeping
  let failing = false
  let upkeepDueAtMs = performance.now() + upkeepEveryMs
  while (!alarm.stopped()) {
    alarm.reset()
    try {
      await reader.catchUp()
      if (performance.now() > upkeepDueAtMs) {
        upkeepDueAtMs = performance.now() + upkeepEveryMs
        await declareTokenLifetime(db, { lifetimeSeconds: tokenLifetimeSeconds })
        while ((await sweepLog(db, { limit: sweepSize })) === sweepSize && !alarm.stopped());
      }
      if (failing) log.info('the revocation log is read again')
      failing = false
    } catch (error) {
      if (!failing) log.warn({ err: error }, 'the revocation log cannot be read; trying again')
      failing = true
    }
    await alarm.pause(netMs)
  }
}

/** Notifies once for all who announce while a notification is on its way. */
function openAnnouncer(db: Db) {
  let wanted = false
  let notifying: Promise<void> | undefined

  async function notify(): Promise<void> {
    while (wanted) {
      wanted = false
      // Where it fails, the others find the entry when they read the next time.
      await notifyRevocations(db).catch(() => undefined)
    }
    notifying = undefined
  }

  return {
    announce() {
      wanted = true
      notifying ??= notify()
    },
    idle: async () => notifying,
  }
}
