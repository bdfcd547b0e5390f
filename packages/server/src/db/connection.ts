/**
 * One connection of the pool, lent for a statement or a transaction: each statement on it is bounded in time, and a
 * connection of which anything is in doubt is destroyed, never lent again.
 *
 * Errors: UNAVAILABLE.
 */

import { once } from 'node:events'
import { Socket } from 'node:net'
import pg from 'pg'
import { type DatabaseAddress, driverAddress } from './address.ts'
import { driverTypes } from './column-types.ts'
import type { Statement } from './query.ts'
import { isAway, isSpoiling, unavailable } from './unavailable.ts'

/** The bounds within which the database must answer, in milliseconds. */
export interface DatabaseLimits {
  /** From the call to its answer, whatever happens. */
  answerTimeoutMs: number
  /** Of these, for having a connection: waiting for one to be free, or opening it. */
  connectTimeoutMs: number
  /** How long Postgres itself works on a statement, waiting for locks included, before it gives up. */
  statementTimeoutMs: number
  /** How long a transaction may rest between two statements before Postgres ends it. */
  idleInTransactionTimeoutMs: number
}

export interface ConnectionOptions {
  address: DatabaseAddress
  poolSize: number
  /** Whether each connection is ours alone. False behind a transaction pooler, which keeps no session settings. */
  ownSession: boolean
  limits: DatabaseLimits
}

export interface Result {
  rows: unknown[][]
  rowCount: number | null
  command: string
}

/** A connection while it is lent. */
export interface Connection {
  run(statement: Statement | string, timeoutMs: number): Promise<Result>
  /** Whether it is beyond use; then nothing need be rolled back on it. */
  spoiled(): boolean
  /** Gives it back, or destroys it where it is spoiled. */
  release(): void
}

export interface ConnectionPool {
  acquire(): Promise<Connection>
  counts(): { total: number; idle: number; waiting: number }
  end(): Promise<void>
}

const applicationName = 'signet'
const keepAliveDelayMs = 10_000
const idleTimeoutMs = 60_000
const lifetimeSeconds = 1_800
const endTimeoutMs = 1_000

/** The settings that each transaction must bring along where the session is not ours. */
export function localSettings(limits: DatabaseLimits): string {
  return Object.entries(sessionSettings(limits))
    .map(([name, value]) => `set local ${name} = ${value}`)
    .join('; ')
}

// The lock limit is the statement limit: a statement that the caller has given up must not run later.
function sessionSettings(limits: DatabaseLimits): Record<string, number | string> {
  return {
    statement_timeout: limits.statementTimeoutMs,
    lock_timeout: limits.statementTimeoutMs,
    idle_in_transaction_session_timeout: limits.idleInTransactionTimeoutMs,
    // Nothing that somebody puts into another schema, or a temporary table, can stand in for a table of ours.
    search_path: 'public,pg_temp',
  }
}

function startupSettings(limits: DatabaseLimits): string {
  const settings = {
    ...sessionSettings(limits),
    // A statement whose client has gone ends soon after: kill -9 of a server leaves no lock behind.
    client_connection_check_interval: 500,
  }
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ')
}

/** Opens a pool. No connection is made before the first is asked for. */
export function openConnectionPool(options: ConnectionOptions): ConnectionPool {
  const sockets = new Set<Socket>()
  const lost = new WeakSet<pg.ClientBase>()
  const pool = new pg.Pool({
    ...driverAddress(options.address),
    max: options.poolSize,
    application_name: applicationName,
    connectionTimeoutMillis: options.limits.connectTimeoutMs,
    idleTimeoutMillis: idleTimeoutMs,
    maxLifetimeSeconds: lifetimeSeconds,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveDelayMs,
    types: driverTypes,
    stream: () => trackedSocket(sockets),
    ...(options.ownSession ? { options: startupSettings(options.limits) } : {}),
  })
  // The driver emits 'error' for a connection that breaks while nobody waits on it. Unheard, it would end the process.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => lost.add(client)))
  return {
    async acquire() {
      const client = await pool.connect().catch((error: unknown) => {
        throw unavailable(error)
      })
      return lend(client, () => lost.has(client))
    },
    counts: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    async end() {
      await pool.end()
      await closed(sockets)
    },
  }
}

function lend(client: pg.PoolClient, isLost: () => boolean): Connection {
  let doubtful: unknown
  const spoiled = () => doubtful !== undefined || isLost()
  return {
    spoiled,
    async run(statement, timeoutMs) {
      try {
        return await within(timeoutMs, client.query(statement as Statement) as Promise<Result>)
      } catch (error) {
        if (error instanceof NoAnswer || isSpoiling(error)) doubtful = error
        throw spoiled() || isAway(error) ? unavailable(error) : error
      }
    },
    release: () => client.release(spoiled()),
  }
}

/** The database did not answer in time: nobody knows what it did. */
class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
}

async function within<T>(timeoutMs: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<never>((_, reject) => {
    const giveUp = () => reject(new NoAnswer(`no answer within ${timeoutMs} ms`))
    // Where it was this process that stood still, the answer is waiting to be read: read it first.
    timer = setTimeout(() => setImmediate(giveUp), Math.max(0, timeoutMs))
  })
  try {
    return await Promise.race([answer, silence])
  } finally {
    clearTimeout(timer)
  }
}

function trackedSocket(sockets: Set<Socket>): Socket {
  const socket = new Socket()
  sockets.add(socket)
  socket.once('close', () => sockets.delete(socket))
  return socket
}

// A database that hangs does not answer the goodbye either, and must not keep this process alive.
async function closed(sockets: Set<Socket>): Promise<void> {
  const signal = AbortSignal.timeout(endTimeoutMs)
  await Promise.all(
    [...sockets].map((socket) => once(socket, 'close', { signal }).catch(() => socket.destroy())),
  )
}
