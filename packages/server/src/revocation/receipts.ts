/**
 * Receipts: who refuses what was revoked. Nothing here is asked unless somebody waits, and the revocation is committed
 * before anybody does.
 *
 * 1. The log entry says that it is awaited, so every instance asks the verifiers that watch at it, and they report to
 *    whichever instance they reach. Reports stand in a table, which is read while somebody waits: once for all who do.
 * 2. A verifier has applied a revocation when it has reported its position, or a later one of the same log.
 * 3. One that is silent refuses by itself once its declared budget has passed since the commit: what it last read is then
 *    older than it allows. One that declared none refuses when the tokens have expired.
 * 4. A client that hears of the end of sessions has been told once it has said so. One that does not take it is waited for no
 *    longer, and is not told either.
 * 5. Who follows nothing accepts a token until it expires, and who asks Redis, for as long as Redis counts without another
 *    word. That is said in every receipt, and of each app that signs people in here and hears of nothing.
 *
 * Whatever goes wrong while waiting makes the receipt incomplete, never the revocation.
 */

import type { MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { LogoutDelivery, NotCoveredKind, type RevocationReceiptSchema } from '@signet/contract'
import type { Db } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import type { RequestContext } from '../request-context.ts'
import { listReceiptClients } from './backchannel-logout.sql.ts'
import { verifiersMax } from './verifier-registry.ts'
import { findReceiptVerifiers } from './verifiers.sql.ts'

export type Receipt = MessageInitShape<typeof RevocationReceiptSchema>

export interface Receipts {
  /** Waits until every verifier refuses what stands at this position, for `waitMs` at the most, or the signal aborts. */
  wait(position: bigint, waitMs: number, signal: AbortSignal): Promise<Receipt>
}

const waitersMax = 500
const firstPauseMs = 15
const longestPauseMs = 250
/** Of the time limit of a call, what is left to answer in. */
const answerMs = 500
const clientsMax = 500

/** The receipt of a call that waits; nothing for one that does not, or that ended nothing. */
export async function receiptFor(
  { config, receipts }: Pick<Deps, 'config' | 'receipts'>,
  ctx: Pick<RequestContext, 'now' | 'signal'>,
  { position, waitMs }: { position: bigint; waitMs: number },
): Promise<{ receipt?: Receipt }> {
  const isAwaited = waitMs > 0 && position > 0n
  if (!isAwaited) return {}
  const usedMs = Date.now() - ctx.now.getTime()
  const leftMs = Math.max(0, config.limits.requestTimeoutMs - usedMs - answerMs)
  return { receipt: await receipts.wait(position, Math.min(waitMs, leftMs), ctx.signal) }
}

/** What one look at the tables found. */
interface Look {
  logId: string
  tokenLifetimeMs: number
  verifiers: Seen[]
  /** Of the sessions that the positions have ended which are waited for. */
  clients: SeenClient[]
}

type SeenClient = Awaited<ReturnType<typeof listReceiptClients>>[number]

const deliveries: Readonly<Record<string, LogoutDelivery>> = {
  in_flight: LogoutDelivery.IN_FLIGHT,
  delivered: LogoutDelivery.DELIVERED,
  failed: LogoutDelivery.FAILED,
}

interface Seen {
  owner: string
  verifierId: string
  clientId: string
  name: string
  budgetMs: number
  logId: string
  position: bigint
}

/** The receipts of one process. `redisBudgetMs` is given where revocations are written to Redis. */
export function openReceipts(db: Db, redisBudgetMs?: number): Receipts {
  const looking = openLooking(db)
  let waiters = 0
  return {
    async wait(position, waitMs, signal) {
      const waiting = openWaiting(position, redisBudgetMs)
      // Among too many, one look has to do.
      const isCrowded = waiters >= waitersMax
      const enough = (look: Look) => waiting.note(look) || isCrowded
      waiters += 1
      try {
        await looking.until(
          { position, enough },
          AbortSignal.any([signal, AbortSignal.timeout(waitMs)]),
        )
      } finally {
        waiters -= 1
      }
      return waiting.receipt()
    },
  }
}

/** What one who waits has learnt so far. */
function openWaiting(position: bigint, redisBudgetMs: number | undefined) {
  const committedAt = Date.now()
  const startedAtMs = performance.now()
  const appliedAfter = new Map<string, number>()
  let last: Look | undefined

  const elapsedMs = () => performance.now() - startedAtMs
  const keyOf = ({ owner, verifierId }: Seen) => `${owner} ${verifierId}`
  const refusesAfterMs = ({ budgetMs }: Seen, look: Look) =>
    budgetMs === 0 ? look.tokenLifetimeMs : budgetMs
  const isSafe = (seen: Seen, look: Look) =>
    appliedAfter.has(keyOf(seen)) || elapsedMs() >= refusesAfterMs(seen, look)
  const clients = () => (last?.clients ?? []).filter((client) => client.position === position)
  // While every place is taken, there may be verifiers of which nothing is known here.
  const isRefused = () =>
    last !== undefined &&
    last.verifiers.length < verifiersMax &&
    last.verifiers.every((seen) => isSafe(seen, last as Look))
  const isTold = (...undone: string[]) => !clients().some(({ state }) => undone.includes(state))

  const notCovered = ({ tokenLifetimeMs }: Look) => [
    { kind: NotCoveredKind.UNWATCHED, until: timestampFromMs(committedAt + tokenLifetimeMs) },
    ...(redisBudgetMs === undefined
      ? []
      : [{ kind: NotCoveredKind.REDIS, until: timestampFromMs(committedAt + redisBudgetMs) }]),
    ...clients()
      .filter(({ state }) => state === 'not_told')
      .map(({ clientId }) => ({
        kind: NotCoveredKind.CLIENT,
        until: timestampFromMs(committedAt + tokenLifetimeMs),
        clientId,
      })),
  ]

  return {
    /** Takes in what was found; answers whether there is nothing left to wait for. */
    note(look: Look): boolean {
      last = look
      for (const seen of look.verifiers) {
        const hasApplied = seen.logId === look.logId && seen.position >= position
        if (hasApplied && !appliedAfter.has(keyOf(seen)))
          appliedAfter.set(keyOf(seen), Math.ceil(elapsedMs()))
      }
      return isRefused() && isTold('in_flight')
    },
    receipt(): Receipt {
      const { logId = '', verifiers = [] } = last ?? {}
      const named = ({ verifierId, name, clientId }: Seen) => ({ verifierId, name, clientId })
      return {
        logId,
        position,
        complete: isRefused() && isTold('in_flight', 'failed'),
        applied: verifiers.flatMap((seen) => {
          const afterMs = appliedAfter.get(keyOf(seen))
          return afterMs === undefined ? [] : [{ ...named(seen), afterMs }]
        }),
        pending: verifiers
          .filter((seen) => !appliedAfter.has(keyOf(seen)))
          .map((seen) => ({
            ...named(seen),
            refusesAt: timestampFromMs(committedAt + refusesAfterMs(seen, last as Look)),
            refuses: isSafe(seen, last as Look),
          })),
        notCovered: last === undefined ? [] : notCovered(last),
        clients: clients()
          .filter(({ state }) => state in deliveries)
          .map(({ clientId, name, state }) => ({
            clientId,
            name,
            delivery: deliveries[state] ?? 0,
          })),
      }
    },
  }
}

/** Looks at the table for all who wait, more seldom the longer the last of them has waited. */
function openLooking(db: Db) {
  const waiting = new Set<{ position: bigint; note(look: Look): void }>()
  let running = false
  let pauseMs = firstPauseMs

  async function run(): Promise<void> {
    running = true
    while (waiting.size > 0) {
      const asking = [...waiting]
      // Who waits is told what is known when the time is over.
      const positions = [...new Set(asking.map(({ position }) => position))]
      const look = await lookOnce(db, positions).catch(() => undefined)
      if (look !== undefined) for (const { note } of asking) note(look)
      if (waiting.size === 0) break
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
      pauseMs = Math.min(pauseMs * 1.5, longestPauseMs)
    }
    running = false
  }

  return {
    /** Shows what is found until that is enough, or the signal aborts. */
    until(
      { position, enough }: { position: bigint; enough(look: Look): boolean },
      signal: AbortSignal,
    ): Promise<void> {
      return new Promise((resolve) => {
        const done = () => {
          waiting.delete(asking)
          signal.removeEventListener('abort', done)
          resolve()
        }
        const note = (look: Look) => {
          if (enough(look) || signal.aborted) done()
        }
        const asking = { position, note }
        waiting.add(asking)
        signal.addEventListener('abort', done)
        pauseMs = firstPauseMs
        if (!running) void run()
      })
    },
  }
}

async function lookOnce(db: Db, positions: readonly bigint[]): Promise<Look> {
  const [rows, clients] = await Promise.all([
    findReceiptVerifiers(db, { limit: verifiersMax }),
    listReceiptClients(db, { positions, limit: clientsMax }),
  ])
  const [first] = rows
  if (first === undefined) throw new Error('the head of the revocation log is gone')
  return {
    logId: first.headLogId,
    tokenLifetimeMs: first.tokenLifetimeSeconds * 1000,
    clients,
    verifiers: rows.flatMap((row) =>
      row.owner === null
        ? []
        : [
            {
              owner: row.owner,
              verifierId: row.verifierId ?? '',
              clientId: row.clientId ?? '',
              name: row.name ?? '',
              budgetMs: (row.stalenessBudgetSeconds ?? 0) * 1000,
              logId: row.logId ?? '',
              position: row.position ?? 0n,
            },
          ],
    ),
  }
}
