/** A database with an event log, and what a test needs to write to it and to look at it as its owner would. */

import type { TestContext } from 'node:test'
import { pino } from 'pino'
import { openMasterSecret } from '../../crypto/master-secret.ts'
import type { DatabaseAddress } from '../../db/address.ts'
import type { Database } from '../../db/database.ts'
import { type ClientId, newId, type SessionId, type UserId } from '../../ids.ts'
import type { RequestContext } from '../../request-context.ts'
import { createTestDatabase } from '../../testing/database.ts'
import { recordEvent, type SecurityEvent } from '../record-event.ts'
import { sealBatch } from '../seal-events.ts'

export const log = pino({ level: 'silent' })
export const masterSecret = openMasterSecret({ current: 'm'.repeat(48) })
/** When events happen that do not say when: in a month for which the migration made a partition. */
export const recordedAt = new Date()

export interface EventLog {
  db: Database
  address: DatabaseAddress
  /** Records one event in a transaction of its own. */
  record(event: SecurityEvent, ctx?: Partial<RequestContext>): Promise<void>
  /** Seals everything. */
  seal(): Promise<void>
  /** Runs SQL as it stands, all values as text. */
  sql(text: string): Promise<string[][]>
}

export async function openEventLog(t: TestContext): Promise<EventLog> {
  const { db, address, drop } = await createTestDatabase()
  t.after(drop)
  return {
    db,
    address,
    record: (event, ctx = {}) =>
      db.transaction((tx) => recordEvent({ db: tx, masterSecret }, callContext(ctx), event)),
    async seal() {
      for (;;) {
        const batch = await sealBatch(db, 100)
        if (batch.kind === 'sealed' && batch.count < 100) return
      }
    },
    async sql(text) {
      const result = await db.query({ name: '', text, values: [], rowMode: 'array' })
      return result.rows.map((row) => row.map((value) => String(value)))
    },
  }
}

export function callContext(ctx: Partial<RequestContext> = {}): RequestContext {
  return {
    now: recordedAt,
    reference: '7K3Q-90XD-2M1B',
    ipAddress: '192.0.2.77',
    userAgent: 'Canary/1.0',
    caller: { kind: 'anonymous' },
    signal: new AbortController().signal,
    log,
    ...ctx,
  }
}

export function newUser(): UserId {
  return newId<UserId>(recordedAt)
}

export function callerOf(userId: UserId): RequestContext['caller'] {
  return {
    kind: 'user',
    userId,
    sessionId: newId<SessionId>(recordedAt),
    clientId: 'signet' as ClientId,
    firstParty: true,
    scopes: [],
    permissions: new Set(),
    authTime: recordedAt,
    expiresAt: recordedAt,
    token: { jti: 'token', sub: userId, client_id: 'signet', rev: 0 },
  }
}
