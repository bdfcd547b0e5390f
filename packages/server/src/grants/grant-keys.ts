/**
 * The keys of a grant: what its refresh tokens are derived with, and what recognises who presents them.
 *
 * 1. Each grant has a random secret of its own, stored wrapped under the master secret: the database alone cannot forge
 *    a refresh token, and neither can the master secret alone.
 * 2. HKDF makes one key for each purpose of it.
 * 3. The secret never changes, so its keys are remembered; so many of them, and the one that was read first leaves first.
 *
 * What is remembered says nothing about whether the grant is alive.
 *
 * Errors: UNAVAILABLE, where this process does not have the master secret that wrapped the grant: while a new one is
 * being rolled out, another instance has it, and nobody may lose a session for that.
 * Specs: RFC 5869 (HKDF).
 */

import { createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto'
import { ErrorReason } from '@signet/contract'
import { type MasterSecret, MasterSecretError } from '../crypto/master-secret.ts'
import type { Db } from '../db/query.ts'
import type { WrappedValues } from '../db/rewrap.ts'
import { SignetError } from '../errors.ts'
import type { ClientId, GrantId, UserId } from '../ids.ts'
import { findGrantSecret, lockGrantSecrets, replaceGrantSecrets } from './grants.sql.ts'

/** What never changes about a grant. */
export interface KnownGrant {
  id: GrantId
  userId: UserId
  clientId: ClientId
  keys: GrantKeys
}

/** 32 bytes each. */
export interface GrantKeys {
  refreshToken: KeyObject
  presenter: KeyObject
}

export interface KnownGrants {
  /** The grant, if there ever was one with this id. */
  find(db: Db, id: GrantId): Promise<KnownGrant | undefined>
  count(): number
}

const secretBytes = 32
const keyBytes = 32
const entriesMaxDefault = 20_000
const retryAfterSeconds = 1

/** A secret for a grant that is about to be made: as it is stored, and its keys. */
export function createGrantSecret(masterSecret: MasterSecret, id: GrantId) {
  const secret = randomBytes(secretBytes)
  const { wrapped, keyId } = masterSecret.wrap(purposeOf(id), secret)
  return { wrappedSecret: wrapped, wrappingKeyId: keyId, keys: deriveKeys(secret) }
}

/** An empty memory of at most `entriesMax` grants. */
export function openKnownGrants(
  masterSecret: MasterSecret,
  entriesMax = entriesMaxDefault,
): KnownGrants {
  const entries = new Map<GrantId, KnownGrant>()
  return {
    async find(db, id) {
      const known = entries.get(id)
      if (known !== undefined) return known
      const row = await findGrantSecret(db, { id })
      if (row === undefined) return undefined
      const grant = {
        id,
        userId: row.userId as UserId,
        clientId: row.clientId as ClientId,
        keys: deriveKeys(unwrapSecret(masterSecret, id, row)),
      }
      for (const oldest of entries.keys()) {
        if (entries.size < entriesMax) break
        entries.delete(oldest)
      }
      entries.set(id, grant)
      return grant
    },
    count: () => entries.size,
  }
}

function unwrapSecret(
  masterSecret: MasterSecret,
  id: GrantId,
  row: { wrappedSecret: Buffer; wrappingKeyId: string },
): Buffer {
  try {
    return masterSecret.unwrap(purposeOf(id), row.wrappedSecret, row.wrappingKeyId)
  } catch (cause) {
    if (!(cause instanceof MasterSecretError)) throw cause
    const detail = `grant ${id}: ${cause.message}`
    throw new SignetError(ErrorReason.UNAVAILABLE, { retryAfterSeconds, detail, cause })
  }
}

function deriveKeys(bytes: Buffer): GrantKeys {
  const secret = createSecretKey(bytes)
  const derive = (purpose: string) =>
    createSecretKey(
      Buffer.from(hkdfSync('sha256', secret, '', `signet/grant/1 ${purpose}`, keyBytes)),
    )
  return { refreshToken: derive('refresh token'), presenter: derive('presenter') }
}

/** The stored secrets, for a new master secret. */
export const grantSecretValues: WrappedValues = {
  beforeFirst: '00000000-0000-0000-0000-000000000000',
  purposeOf: (id) => purposeOf(id as GrantId),
  lock: lockGrantSecrets,
  replace: replaceGrantSecrets,
}

/** The grant's id is part of the purpose, so that rows whose secrets were exchanged do not open. */
function purposeOf(id: GrantId): string {
  return `grant ${id}`
}
