/**
 * One step of the feed, from the JSON of `signet.v1.WatchRevocationsResponse` into numbers and words. Whatever has not the
 * shape that the contract promises is an error: a feed that is half understood is not understood.
 *
 * Members that are not known are ignored: the service may be newer than this verifier. A kind or a scope of entries that is
 * not known is an error, because ignoring it would accept what was revoked.
 *
 * Errors: FeedError.
 * Specs: `RevocationService` of the contract; ProtoJSON (64-bit numbers are strings, bytes are base64, enums are names).
 */

import { type HashWords, hashBytes } from './hashed-identifier.ts'
import type { RevocationKind, TableEntry } from './revocation-table.ts'

export interface FeedStep {
  logId: string
  /** Forget every entry first. */
  reset: boolean
  entries: FeedEntry[]
  /** Where the reader stands after this step. */
  position: number
  complete: boolean
  ageMs: number
  report: boolean
  /** When it was made, on the sender's monotonic clock. */
  clockMs: number
}

/** An entry of the table. One about everything has a hash of zeros. */
export type FeedEntry = TableEntry

/** The feed says something that cannot be, or cannot be understood. */
export class FeedError extends Error {
  override readonly name = 'FeedError'
}

const kinds: Record<string, RevocationKind> = {
  REVOCATION_KIND_ENDED: 'ended',
  REVOCATION_KIND_STALE: 'stale',
}
const namedScopes = [
  'REVOCATION_SCOPE_TOKEN',
  'REVOCATION_SCOPE_GRANT',
  'REVOCATION_SCOPE_SESSION',
  'REVOCATION_SCOPE_SUBJECT',
  'REVOCATION_SCOPE_CLIENT',
]
const scopeOfEverything = 'REVOCATION_SCOPE_EVERYTHING'

type Json = Record<string, unknown>

/** The step that a line of JSON is. */
export function parseFeedStep(line: string): FeedStep {
  const step = parseObject(line)
  const { logId, entries = [] } = step
  if (typeof logId !== 'string' || logId === '') throw new FeedError('a step of no log')
  if (!Array.isArray(entries)) throw new FeedError('entries that are no list')
  return {
    logId,
    reset: flag(step, 'reset'),
    entries: entries.map(parseEntry),
    position: whole(step, 'position'),
    complete: flag(step, 'complete'),
    ageMs: whole(step, 'ageMs'),
    report: flag(step, 'report'),
    clockMs: whole(step, 'clockMs'),
  }
}

function parseObject(line: string): Json {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value === 'object' && value !== null) return value as Json
  } catch {
    // Said below.
  }
  throw new FeedError('a step that is no JSON object')
}

function parseEntry(value: unknown): FeedEntry {
  if (typeof value !== 'object' || value === null) throw new FeedError('an entry that is no object')
  const entry = value as Json
  const kind = kinds[String(entry.kind)]
  if (kind === undefined) throw new FeedError(`an entry of kind ${String(entry.kind)}`)
  const scope = String(entry.scope)
  const isEverything = scope === scopeOfEverything
  if (!isEverything && !namedScopes.includes(scope)) throw new FeedError(`an entry of ${scope}`)
  return {
    kind,
    position: whole(entry, 'position'),
    hash: isEverything ? [0, 0, 0, 0] : hashOf(entry.value),
    exceptSession: entry.exceptSession ? hashOf(entry.exceptSession) : undefined,
    expiresAt: secondsOf(entry.expiresAt),
  }
}

function hashOf(value: unknown): HashWords {
  const bytes = Buffer.from(typeof value === 'string' ? value : '', 'base64')
  if (bytes.length !== hashBytes) throw new FeedError('a value that is not 16 bytes')
  return [0, 4, 8, 12].map((offset) => bytes.readInt32BE(offset))
}

/** The second after which an entry is over; a time that cannot be read is an error, not an expired entry. */
function secondsOf(value: unknown): number {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN
  if (!(ms > 0)) throw new FeedError('an entry without the time of its end')
  return Math.ceil(ms / 1000)
}

/** Members that are left out are zero, as everywhere in proto3. */
function whole(object: Json, name: string): number {
  const value = object[name] ?? 0
  const isDigits = typeof value === 'string' && /^\d{1,16}$/.test(value)
  const number = isDigits ? Number(value) : value
  if (!Number.isSafeInteger(number) || (number as number) < 0) {
    throw new FeedError(`${name} is no position, age or time`)
  }
  return number as number
}

function flag(object: Json, name: string): boolean {
  const value = object[name] ?? false
  if (typeof value !== 'boolean') throw new FeedError(`${name} is neither true nor false`)
  return value
}
