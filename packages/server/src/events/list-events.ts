/**
 * Reads sealed events in the order of the chain, with personal fields as far as their keys still exist.
 */

import type { KeyObject } from 'node:crypto'
import type { MasterSecret } from '../crypto/master-secret.ts'
import type { Db } from '../db/query.ts'
import type { UserId } from '../ids.ts'
import { type EventKeys, keyOwner, listEventKeys } from './event-keys.ts'
import { listSealedEvents } from './events.sql.ts'
import { decryptFacts, type Facts } from './personal-fields.ts'

/** One event with its place, as a person may read it. */
export interface SealedEvent {
  seq: bigint
  id: string
  kind: string
  occurredAt: Date
  outcome: string
  actorId: string | undefined
  subjectId: string | undefined
  clientId: string | undefined
  reference: string
  /** How many attempts the event stands for. */
  occurrences: number
  /** Empty where nothing was known, or where the person was erased. */
  ipAddress: string
  userAgent: string
  country: string | undefined
  /** Personal facts included, unless the person was erased. */
  details: Facts
  /** Whether something personal was recorded that nobody can read any more. */
  erased: boolean
  hash: Buffer
}

/** At most `limit` events after `since`. Throws where a key cannot be unwrapped or a field was changed. */
export async function listEvents(
  deps: { db: Db; masterSecret: MasterSecret },
  page: { since: bigint; limit: number },
): Promise<SealedEvent[]> {
  const rows = await listSealedEvents(deps.db, { since: page.since, limit: BigInt(page.limit) })
  const owners = new Set(rows.flatMap((row) => [originOwner(row), personalOwner(row)]))
  const keys = rows.length === 0 ? new Map() : await listEventKeys(deps, owners)
  return rows.map((row) => readable(row, keys))
}

type Row = Awaited<ReturnType<typeof listSealedEvents>>[number]

function readable(row: Row, keys: EventKeys): SealedEvent {
  const origin = readFacts(row, keys.get(originOwner(row)), 'origin')
  const personal = readFacts(row, keys.get(personalOwner(row)), 'personal')
  return {
    seq: row.seq,
    id: row.id,
    kind: row.kind,
    occurredAt: row.occurredAt,
    outcome: row.outcome,
    actorId: row.actorId ?? undefined,
    subjectId: row.subjectId ?? undefined,
    clientId: row.clientId ?? undefined,
    reference: row.reference,
    occurrences: row.occurrences,
    ipAddress: textOf(origin?.ipAddress),
    userAgent: textOf(origin?.userAgent),
    country: textOf(origin?.country) || undefined,
    details: { ...(JSON.parse(row.details) as Facts), ...personal },
    erased: origin === undefined || personal === undefined,
    hash: row.hash,
  }
}

/** Undefined where the key was destroyed. */
function readFacts(
  row: Row,
  key: KeyObject | undefined,
  column: 'origin' | 'personal',
): Facts | undefined {
  const stored = row[column]
  if (stored === null) return {}
  return key === undefined ? undefined : decryptFacts(key, { eventId: row.id, column }, stored)
}

function originOwner(row: Row): string {
  return keyOwner(row.occurredAt, row.actorId as UserId | null, row.subjectId as UserId | null)
}

function personalOwner(row: Row): string {
  return keyOwner(row.occurredAt, row.subjectId as UserId | null)
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
