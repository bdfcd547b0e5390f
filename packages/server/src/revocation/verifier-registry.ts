/**
 * The verifiers that watch, at any instance, and what each has applied: what receipts and operators are told.
 *
 * 1. A verifier that names itself is noted before its first step is sent, and again when its stream ends.
 * 2. This instance says every two seconds that it lives, as long as somebody watches at it. The verifiers of one that has
 *    crashed count as gone ten seconds later.
 * 3. Reports are noted together: while some are on their way to the database, the next ones gather.
 *
 * Nothing depends on it for a verifier to be current; where the table is full, receipts do not speak of the next one.
 *
 * Errors: UNAVAILABLE.
 */

import { randomUUID } from 'node:crypto'
import { ErrorReason } from '@signet/contract'
import type { Logger } from 'pino'
import type { Db, Json } from '../db/query.ts'
import { SignetError } from '../errors.ts'
import { checkPrintable } from '../users/printable.ts'
import type { FeedPlace } from './feed.ts'
import {
  closeInstance,
  enterVerifier,
  leaveCrashedInstances,
  leaveVerifiers,
  reportPositions,
  returnVerifiers,
  seeInstance,
  sweepVerifiers,
} from './verifiers.sql.ts'

/** How long an instance is silent before its verifiers count as gone; an interval of Postgres. */
export const silence = '10 seconds'
/** Verifiers that are noted at once. */
export const verifiersMax = 10_000

/** Who watches: a client, or a user, by an identifier of its own choice. */
export interface VerifierKey {
  owner: string
  verifierId: string
}

export interface Verifier extends VerifierKey {
  /** Null where a user watches. */
  clientId: string | null
  name: string
  stalenessBudgetSeconds: number
}

/** Refuses texts that could not be stored: one of them would fail the reports of all that are noted together. */
export function requireStorable(texts: Readonly<Record<string, string>>): void {
  const violations = Object.entries(texts).flatMap(([field, text]) => checkPrintable(field, text))
  if (violations.length > 0) throw new SignetError(ErrorReason.INVALID_ARGUMENT, { violations })
}

export interface VerifierRegistry {
  /** Notes that a verifier watches from this place on. Answers what notes its end. */
  enter(verifier: Verifier, place: FeedPlace): Promise<() => void>
  /** Notes what a verifier has applied. False where no such verifier is known. */
  report(verifier: VerifierKey, place: FeedPlace): Promise<boolean>
  stop(): Promise<void>
}

const aliveEveryMs = 2_000
const sweepEveryMs = 60_000

/** The registry of one instance. */
export function openVerifierRegistry({ db, log }: { db: Db; log: Logger }): VerifierRegistry {
  const instanceId = randomUUID()
  const streams = new Set<string>()
  const left: string[] = []
  const reports = openReports(db)
  let seen = false
  let sweepDueAtMs = performance.now() + sweepEveryMs
  let running: Promise<void> | undefined
  const timer = setInterval(keep, aliveEveryMs).unref()

  function keep(): void {
    running ??= keepOnce()
      .catch((error: unknown) => log.debug({ err: error }, 'the registry of verifiers lags behind'))
      .finally(() => {
        running = undefined
      })
  }

  async function keepOnce(): Promise<void> {
    await noteLeft()
    if (streams.size > 0) await noteAlive()
    if (performance.now() < sweepDueAtMs) return
    sweepDueAtMs = performance.now() + sweepEveryMs
    await leaveCrashedInstances(db, { silence })
    await sweepVerifiers(db)
  }

  async function noteAlive(): Promise<void> {
    const { wasSilent } = await seeInstance(db, { id: instanceId, silence })
    if (wasSilent && seen) await returnVerifiers(db, { streamIds: [...streams] })
    seen = true
  }

  async function noteLeft(): Promise<void> {
    const streamIds = left.splice(0)
    if (streamIds.length === 0) return
    await leaveVerifiers(db, { streamIds }).catch((error: unknown) => {
      left.push(...streamIds)
      throw error
    })
  }

  return {
    async enter(verifier, { logId, position }) {
      const streamId = randomUUID()
      if (!seen) await noteAlive()
      const noted = await enterVerifier(db, {
        ...verifier,
        instanceId,
        streamId,
        logId,
        position,
        verifiersMax,
      })
      if (noted === undefined) {
        log.warn({ verifier: verifier.name }, 'too many verifiers: receipts will not speak of one')
        return () => {}
      }
      streams.add(streamId)
      return () => {
        streams.delete(streamId)
        left.push(streamId)
        keep()
      }
    },
    report: reports.add,
    async stop() {
      clearInterval(timer)
      await running
      await noteLeft().catch(() => undefined)
      if (seen) await closeInstance(db, { id: instanceId }).catch(() => undefined)
    },
  }
}

interface Report extends VerifierKey, FeedPlace {
  resolve(known: boolean): void
  reject(error: unknown): void
}

/** Writes reports in batches; of two by one verifier the later place counts. */
function openReports(db: Db) {
  let waiting: Report[] = []
  let writing = false

  async function write(): Promise<void> {
    writing = true
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      await writeBatch(db, batch)
    }
    writing = false
  }

  return {
    add({ owner, verifierId }: VerifierKey, { logId, position }: FeedPlace): Promise<boolean> {
      return new Promise((resolve, reject) => {
        waiting.push({ owner, verifierId, logId, position, resolve, reject })
        if (!writing) void write()
      })
    },
  }
}

const keyOf = ({ owner, verifierId }: VerifierKey) => `${owner} ${verifierId}`

/** Never throws: each reporter is told. */
async function writeBatch(db: Db, batch: readonly Report[]): Promise<void> {
  const latest = new Map<string, Report>()
  for (const report of batch) {
    const before = latest.get(keyOf(report))
    const isOlder = before?.logId === report.logId && before.position > report.position
    if (!isOlder) latest.set(keyOf(report), report)
  }
  const reports: Json[] = [...latest.values()].map(({ owner, verifierId, logId, position }) => ({
    owner,
    verifier_id: verifierId,
    log_id: logId,
    position: String(position),
  }))
  try {
    const known = new Set((await reportPositions(db, { reports })).map(keyOf))
    for (const report of batch) report.resolve(known.has(keyOf(report)))
  } catch (error) {
    for (const { reject } of batch) reject(error)
  }
}
