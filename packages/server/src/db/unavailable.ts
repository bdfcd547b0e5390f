/**
 * What a failure of the database means: away for the moment, to be retried, or a fault of the statement.
 *
 * Away is everything that goes by itself, or by the operator's hand, without any change of code: connections that break
 * or cannot be had, a server that stops, a full disk, no more memory or connections, a read-only server, waits that
 * took too long. It surfaces as UNAVAILABLE. Anything else (a violated constraint, a wrong statement) stays as it is.
 *
 * Specs: PostgreSQL, appendix A (error codes).
 */

import { ErrorReason } from '@signet/contract'
import pg from 'pg'
import { SignetError } from '../errors.ts'

const retryAfterSeconds = 2

const awayClasses = new Set([
  '08', // connection exceptions
  '53', // insufficient resources: disk, memory, connections
  '57', // operator intervention: shutting down, starting up, cancelled by a time limit
  '58', // system errors: input and output
])

const awayCodes = new Set([
  '25006', // read-only transaction
  '25P03', // idle in transaction for too long
  '26000', // the prepared statement is gone
  '40001', // could not be serialized
  '40P01', // deadlock
  '55P03', // lock not available in time
])

const retryCodes = new Set(['40001', '40P01'])

// A read-only server may be a former primary: the next connection may reach the right one. A forgotten statement
// will not come back on its connection.
const spoilingCodes = new Set(['25006', '26000'])

// After a migration changed the type of a column, each connection fails once for each statement that it has prepared.
const stalePlanRoutine = 'RevalidateCachedQuery'

/** The refusal that a caller gets while the database is away. */
export function unavailable(cause: unknown): SignetError {
  const sentence = cause instanceof Error ? cause.message : String(cause)
  return new SignetError(ErrorReason.UNAVAILABLE, {
    retryAfterSeconds,
    detail: `database: ${sentence}`,
    cause,
  })
}

/** Whether the server itself says that it cannot do this at the moment. */
export function isAway(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return false
  const code = error.code ?? ''
  return awayClasses.has(code.slice(0, 2)) || awayCodes.has(code) || isStalePlan(error)
}

/** Whether the connection on which this happened must not be used again. */
export function isSpoiling(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return false
  const code = error.code ?? ''
  const ended = error.severity === 'FATAL' || error.severity === 'PANIC' || code.startsWith('08')
  return ended || spoilingCodes.has(code) || isStalePlan(error)
}

/** Whether Postgres rolled this back only because of what others did at the same time. */
export function isConflict(error: unknown): boolean {
  if (error instanceof SignetError) return isConflict(error.cause)
  return error instanceof pg.DatabaseError && retryCodes.has(error.code ?? '')
}

function isStalePlan(error: pg.DatabaseError): boolean {
  return error.code === '0A000' && error.routine === stalePlanRoutine
}
