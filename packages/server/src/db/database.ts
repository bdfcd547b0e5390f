/**
 * The database as every feature sees it: run a statement, or several in one transaction, and have an answer within 2 s.
 *
 * A database that is stopped, hung, read-only, full or out of connections is UNAVAILABLE. So is a commit whose answer
 * was lost: what was not acknowledged is not claimed. Nothing has to be restarted when the database returns.
 *
 * A statement or transaction that Postgres rolled back because of what others did at the same time (deadlock,
 * serialization failure) is run again, twice at most and only while there is time, and is UNAVAILABLE after that.
 *
 * Errors: UNAVAILABLE; a violated constraint arrives as the driver's DatabaseError.
 */

import type { DatabaseAddress } from './address.ts'
import {
  type Connection,
  type DatabaseLimits,
  localSettings,
  openConnectionPool,
} from './connection.ts'
import type { Db, Statement } from './query.ts'
import { isConflict } from './unavailable.ts'

export interface Database extends Db {
  /**
   * Runs `run` in one transaction (READ COMMITTED): commits what it returns, rolls back when it throws. After a
   * deadlock `run` is called again, so it changes nothing but the database, and that only through `tx`.
   */
  transaction<T>(run: (tx: Db) => Promise<T>): Promise<T>
  /** How many connections there are, how many of them rest, and how many callers wait for one. */
  counts(): { total: number; idle: number; waiting: number }
  /** Waits for what is running, then closes every connection. */
  end(): Promise<void>
}

export interface DatabaseOptions {
  address: DatabaseAddress
  poolSize: number
  /** False behind a transaction pooler: no named statements, no session settings. */
  prepared: boolean
  /** For command-line verbs and jobs that may take longer than a call. */
  limits?: Partial<DatabaseLimits>
  /** Wraps each statement, given the name of its query: where spans come from. */
  trace?: <T>(name: string, run: () => Promise<T>) => Promise<T>
}

const defaultLimits: DatabaseLimits = {
  answerTimeoutMs: 1_900,
  connectTimeoutMs: 1_000,
  statementTimeoutMs: 1_500,
  idleInTransactionTimeoutMs: 2_000,
}
const attemptsMax = 3

/** Opens the database. Connects when the first statement needs it. */
export function openDatabase(options: DatabaseOptions): Database {
  const limits = { ...defaultLimits, ...options.limits }
  const { address, poolSize, prepared } = options
  const pool = openConnectionPool({ address, poolSize, ownSession: prepared, limits })
  const trace = options.trace ?? ((_, run) => run())
  const begin = prepared ? 'begin' : `begin; ${localSettings(limits)}`

  async function lent<T>(use: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await pool.acquire()
    try {
      return await use(connection)
    } finally {
      connection.release()
    }
  }

  function run(connection: Connection, statement: Statement, deadline: number) {
    const { name, ...unnamed } = statement
    const sent = prepared ? statement : (unnamed as Statement)
    return trace(name, () => connection.run(sent, deadline - performance.now()))
  }

  return {
    query(statement) {
      const deadline = performance.now() + limits.answerTimeoutMs
      return lent((connection) => retrying(deadline, () => run(connection, statement, deadline)))
    },
    transaction(work) {
      const deadline = performance.now() + limits.answerTimeoutMs
      return lent((connection) =>
        retrying(deadline, async () => {
          await connection.run(begin, limits.answerTimeoutMs - limits.connectTimeoutMs)
          const tx = openTransaction((statement) =>
            run(connection, statement, performance.now() + limits.answerTimeoutMs),
          )
          return commitOrRollBack(connection, limits, () => work(tx.db).finally(tx.close))
        }),
      )
    },
    counts: pool.counts,
    end: pool.end,
  }
}

/** Repeats what lost against others, while there is time. */
async function retrying<T>(deadline: number, attempt: () => Promise<T>): Promise<T> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await attempt()
    } catch (error) {
      if (!isConflict(error) || attempts === attemptsMax || performance.now() >= deadline)
        throw error
    }
  }
}

/** The one connection of a transaction as a `Db`: statements run in the order in which they were called. */
function openTransaction(run: Db['query']): { db: Db; close: () => Promise<void> } {
  let open = true
  let last: Promise<unknown> = Promise.resolve()
  return {
    db: {
      async query(statement) {
        if (!open) throw new Error(`${statement.name}: its transaction is over; was it awaited?`)
        const next = last.then(() => run(statement))
        last = next.catch(() => undefined)
        return next
      },
    },
    async close() {
      open = false
      await last
    },
  }
}

async function commitOrRollBack<T>(
  connection: Connection,
  limits: DatabaseLimits,
  work: () => Promise<T>,
): Promise<T> {
  let result: T
  try {
    result = await work()
  } catch (error) {
    // Whoever cannot roll back is spoiled, and Postgres rolls back what a broken connection leaves.
    if (!connection.spoiled())
      await connection.run('rollback', limits.answerTimeoutMs).catch(() => undefined)
    throw error
  }
  const { command } = await connection.run('commit', limits.answerTimeoutMs)
  // Postgres answers the commit of a failed transaction with a rollback and no error.
  if (command !== 'COMMIT')
    throw new Error('a statement failed and its error was ignored: the transaction was rolled back')
  return result
}
