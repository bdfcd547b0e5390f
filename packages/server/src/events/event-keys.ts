/**
 * The keys under which personal fields are encrypted: one per person, so that erasing a person is destroying a key.
 *
 * An event on nobody known, such as a sign-in with an unknown address, uses the key of its month: administrators can
 * read it, and a whole month can be made unreadable when its time is over. Keys are wrapped under the master secret,
 * each for its owner, so that the database alone opens nothing.
 */

import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import type { MasterSecret } from '../crypto/master-secret.ts'
import type { Db } from '../db/query.ts'
import type { WrappedValues } from '../db/rewrap.ts'
import type { UserId } from '../ids.ts'
import { findEventKeys, insertEventKey, lockEventKeys, replaceEventKeys } from './events.sql.ts'

/** A user's id, or a month. */
export type KeyOwner = string

/** Keys by owner. An owner without one was erased. */
export type EventKeys = ReadonlyMap<KeyOwner, KeyObject>

interface KeyDeps {
  db: Db
  masterSecret: MasterSecret
}

const keyBytes = 32

/** Whose key encrypts a field: that of the first known user, else that of the month (UTC). */
export function keyOwner(occurredAt: Date, ...users: (UserId | null | undefined)[]): KeyOwner {
  return users.find((user) => user) ?? `month ${occurredAt.toISOString().slice(0, 7)}`
}

/** A key as it is stored; without one, its owner was erased or never had one. */
export interface StoredEventKey {
  owner: KeyOwner
  wrappedKey: Buffer | null
  wrappingKeyId: string | null
}

/** The keys that these rows hold. */
export function openEventKeys(masterSecret: MasterSecret, rows: StoredEventKey[]): EventKeys {
  const keys = new Map<KeyOwner, KeyObject>()
  for (const { owner, wrappedKey, wrappingKeyId } of rows) {
    if (wrappedKey === null || wrappingKeyId === null) continue
    const key = masterSecret.unwrap(wrapPurpose(owner), wrappedKey, wrappingKeyId)
    keys.set(owner, createSecretKey(key))
  }
  return keys
}

/** The keys that exist. */
export async function listEventKeys(
  deps: KeyDeps,
  owners: ReadonlySet<KeyOwner>,
): Promise<EventKeys> {
  const { keys } = await readKeys(deps, [...owners])
  return keys
}

/** The keys of these owners, made where an owner has none yet. Owners that were erased get none. */
export async function ensureEventKeys(
  deps: KeyDeps,
  owners: ReadonlySet<KeyOwner>,
  now: Date,
): Promise<EventKeys> {
  const found = await readKeys(deps, [...owners])
  // In one order everywhere, so that two transactions that make the same keys wait and do not deadlock.
  const missing = [...owners].filter((owner) => !found.known.has(owner)).sort()
  if (missing.length === 0) return found.keys
  for (const owner of missing) {
    const { wrapped, keyId } = deps.masterSecret.wrap(wrapPurpose(owner), randomBytes(keyBytes))
    await insertEventKey(deps.db, {
      owner,
      wrappedKey: wrapped,
      wrappingKeyId: keyId,
      createdAt: now,
    })
  }
  // Read again: another transaction may have been first.
  return (await readKeys(deps, [...owners])).keys
}

async function readKeys(
  deps: KeyDeps,
  owners: KeyOwner[],
): Promise<{ known: Set<KeyOwner>; keys: EventKeys }> {
  const rows = await findEventKeys(deps.db, { owners })
  const known = new Set(rows.map((row) => row.owner))
  return { known, keys: openEventKeys(deps.masterSecret, rows) }
}

/** The stored keys, for a new master secret. */
export const eventKeyValues: WrappedValues = {
  beforeFirst: '',
  purposeOf: wrapPurpose,
  lock: lockEventKeys,
  replace: replaceEventKeys,
}

function wrapPurpose(owner: KeyOwner): string {
  return `event key of ${owner}`
}
