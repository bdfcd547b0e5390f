/**
 * Rotates the signing keys, on schedule, at once, and in an emergency.
 *
 * A key is next, then active, then retiring, then retired:
 * 1. When the active key of an algorithm is about to be too old, the next one is made and published.
 * 2. It signs once it has been published for longer than anybody keeps the published set; the former one is retiring.
 * 3. That one stays published until the last token it signed has expired; then it is retired.
 *
 * Every step is decided by the database and its clock, in one conditional statement or under a lock on the key, so that
 * of all instances one takes it. An instance that is behind signs with a key that everybody still accepts.
 *
 * A revoked key is retired at once: its tokens are refused as soon as an instance has read the keys again.
 *
 * Errors: NOT_FOUND where there is no such key to revoke.
 * Specs: NIST SP 800-57 Part 1 §5.3 (cryptoperiods), RFC 7517 §5, RFC 8725 §3.5.
 */

import { ErrorReason } from '@signet/contract'
import { accessTokenLifetimeMaxSeconds } from '../config/variables.ts'
import type { SigningAlgorithm } from '../crypto/jws.ts'
import type { Db } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { byItself, type EventContext, recordEvent } from '../events/record-event.ts'
import { keepDoing } from '../operations/keep-doing.ts'
import { keySetLifetimeSeconds } from './key-set-lifetime.ts'
import {
  activateNextKey,
  findNextKeyForUpdate,
  findSigningKeyForUpdate,
  insertFirstSigningKey,
  insertNextSigningKey,
  listAlgorithmsDue,
  listSigningKeys,
  lockPublishedNextKeys,
  retireActiveKey,
  retireSigningKeys,
  revokeSigningKey as revokeStoredKey,
} from './signing-keys.sql.ts'
import { insertMissingKeys, makeSigningKey } from './signing-keys.ts'

type RotationDeps = Pick<Deps, 'config' | 'db' | 'masterSecret'>

/** How long others may keep the published set, and how long an instance takes at the most to publish a new one. */
const publishedSeconds = keySetLifetimeSeconds + 30
/** The longest access token, and how far behind an instance may be that still signs with the former key. */
const retiringSeconds = accessTokenLifetimeMaxSeconds + 300

const pollMsDefault = 2_000
/** Between two readings for kids that nobody knows: anyone can make one up. */
const unknownKidCooldownMs = 1_000

export interface KeyRotation {
  stop(): Promise<void>
}

/** Rotates and reads the keys again every few seconds, and when a kid is asked for that nobody knows. */
export function startKeyRotation(
  deps: RotationDeps & Pick<Deps, 'signingKeys' | 'log'>,
  { pollMs = pollMsDefault }: { pollMs?: number } = {},
): KeyRotation {
  const { wake, stop } = keepDoing({
    log: deps.log,
    async work() {
      await rotateDueKeys(deps, new Date())
      await deps.signingKeys.reload()
      return false
    },
    pollMs,
    retryMs: pollMs,
    says: 'signing keys cannot be read; trying again',
    saysAgain: 'signing keys are read again',
  })
  let askedAtMs = Number.NEGATIVE_INFINITY
  deps.signingKeys.onUnknownKid(() => {
    if (performance.now() - askedAtMs < unknownKidCooldownMs) return
    askedAtMs = performance.now()
    wake()
  })
  return { stop }
}

/** Takes every step that is due. */
export async function rotateDueKeys(deps: RotationDeps, now: Date): Promise<void> {
  const ctx = byItself(now)
  await insertMissingKeys(deps, now)
  const lifetimeDays = deps.config.signingKeyLifetimeDays
  const due = await listAlgorithmsDue(deps.db, { lifetimeDays, publishedSeconds })
  for (const { algorithm } of due) await publishNextKey(deps, ctx, algorithm)
  await activatePublishedKeys(deps, ctx)
  await deps.db.transaction(async (tx) => {
    for (const { id, algorithm } of await retireSigningKeys(tx, { retiringSeconds })) {
      await record({ ...deps, db: tx }, ctx, { kind: 'signing_key.retired', kid: id, algorithm })
    }
  })
}

/**
 * Begins a rotation of every algorithm: the next keys are published, and sign once everybody has them. Answers the
 * kids of those that are on their way and in how many seconds they sign.
 */
export async function rotateSigningKeys(
  deps: RotationDeps,
  ctx: EventContext,
): Promise<{ kids: string[]; signsInSeconds: number }> {
  const active = (await listSigningKeys(deps.db)).filter(({ state }) => state === 'active')
  for (const { algorithm } of active) await publishNextKey(deps, ctx, algorithm)
  const next = (await listSigningKeys(deps.db)).filter(({ state }) => state === 'next')
  return { kids: next.map(({ id }) => id), signsInSeconds: publishedSeconds }
}

/**
 * Takes a key out of use at once. An active one is replaced in the same transaction, by the next one or a new one.
 * `changed` is false where it was retired before.
 */
export async function revokeSigningKey(
  deps: RotationDeps,
  ctx: EventContext,
  { kid }: { kid: string },
): Promise<{ changed: boolean; replacedBy: string | undefined }> {
  return deps.db.transaction(async (tx) => {
    const key = await findSigningKeyForUpdate(tx, { id: kid })
    if (key === undefined) {
      throw new SignetError(ErrorReason.NOT_FOUND, { detail: 'no such signing key' })
    }
    const { algorithm, state } = key
    if (state === 'retired') return { changed: false, replacedBy: undefined }
    await revokeStoredKey(tx, { id: kid })
    const inTransaction = { ...deps, db: tx }
    await record(inTransaction, ctx, { kind: 'signing_key.revoked', kid, algorithm })
    if (state !== 'active') return { changed: true, replacedBy: undefined }
    return { changed: true, replacedBy: await replaceActiveKey(inTransaction, ctx, algorithm) }
  })
}

type TransactionDeps = Pick<Deps, 'masterSecret'> & { db: Db }

/** Puts the next key into use although not everybody has it yet, or a new one. */
async function replaceActiveKey(
  deps: TransactionDeps,
  ctx: EventContext,
  algorithm: SigningAlgorithm,
): Promise<string> {
  const next = await findNextKeyForUpdate(deps.db, { algorithm })
  if (next !== undefined) {
    await activateNextKey(deps.db, { id: next.id })
    await record(deps, ctx, { kind: 'signing_key.activated', kid: next.id, algorithm })
    return next.id
  }
  const key = await makeSigningKey(deps.masterSecret, algorithm)
  await insertFirstSigningKey(deps.db, { ...key, createdAt: ctx.now })
  await record(deps, ctx, { kind: 'signing_key.created', kid: key.id, algorithm, state: 'active' })
  return key.id
}

/** Makes and publishes the next key, unless there is one. It is made before the transaction, because that takes a while. */
async function publishNextKey(
  deps: RotationDeps,
  ctx: EventContext,
  algorithm: SigningAlgorithm,
): Promise<void> {
  const key = await makeSigningKey(deps.masterSecret, algorithm)
  await deps.db.transaction(async (tx) => {
    if ((await insertNextSigningKey(tx, key)) === 0) return
    const created = { kind: 'signing_key.created', kid: key.id, algorithm, state: 'next' } as const
    await record({ ...deps, db: tx }, ctx, created)
  })
}

async function activatePublishedKeys(deps: RotationDeps, ctx: EventContext): Promise<void> {
  await deps.db.transaction(async (tx) => {
    for (const { id, algorithm } of await lockPublishedNextKeys(tx, { publishedSeconds })) {
      await retireActiveKey(tx, { algorithm })
      await activateNextKey(tx, { id })
      await record({ ...deps, db: tx }, ctx, { kind: 'signing_key.activated', kid: id, algorithm })
    }
  })
}

interface KeyEvent {
  kind: `signing_key.${'created' | 'activated' | 'retired' | 'revoked'}`
  kid: string
  algorithm: SigningAlgorithm
  state?: 'active' | 'next'
}

async function record(deps: TransactionDeps, ctx: EventContext, event: KeyEvent): Promise<void> {
  const { kind, ...details } = event
  await recordEvent(deps, ctx, { kind, outcome: 'success', details })
}
