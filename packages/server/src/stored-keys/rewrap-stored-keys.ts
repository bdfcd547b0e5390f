/**
 * A new master secret: everything that is wrapped under the former one is wrapped anew, so that it can be dropped.
 *
 * 1. Every instance says which master secrets it has when it starts, and again every half minute.
 * 2. Once all that run wrap under the same one, each instance that also has the former one moves what is left. Until
 *    then nobody moves anything: an instance that lacks the new secret could not open what was moved.
 * 3. What is inside stays the same: no token, no key id and no event changes. Whoever is behind reads either.
 *
 * The order for operators: start every instance with the new secret as SIGNET_MASTER_SECRET_PREVIOUS, so that it can be
 * read everywhere; then exchange the two, one instance after the other; drop the former one when `signet status` says
 * that nothing needs it. Deciding reads are none of this: it may be stopped and go on at any row.
 *
 * Specs: NIST SP 800-57 Part 1 §8.2.3 (re-keying).
 */

import { randomUUID } from 'node:crypto'
import type { Db } from '../db/query.ts'
import { type Rewrapped, rewrapValues, type WrappedValues } from '../db/rewrap.ts'
import type { Deps } from '../deps.ts'
import { eventKeyValues } from '../events/event-keys.ts'
import { byItself, type EventContext, recordEvent } from '../events/record-event.ts'
import { upstreamTokenValues } from '../federation/kept-tokens.ts'
import { providerSecretValues } from '../federation/known-providers.ts'
import { grantSecretValues } from '../grants/grant-keys.ts'
import { mailOpenerValues } from '../mail/mail-order.ts'
import { keepDoing } from '../operations/keep-doing.ts'
import { privateKeyValues } from '../tokens/signing-keys.ts'
import {
  countEventKeysOtherwise,
  countGrantSecretsOtherwise,
  countMailOpenersOtherwise,
  countOtherInstances,
  countPrivateKeysOtherwise,
  countProviderSecretsOtherwise,
  countUpstreamTokensOtherwise,
  declareInstance,
  forgetInstances,
} from './stored-keys.sql.ts'

interface StoredKind {
  /** What an operator reads behind a number. */
  called: string
  values: WrappedValues
  /** What is wrapped under other keys than this one: by key, counted up to the bound. */
  countOtherwise(
    db: Db,
    input: { keyId: string; bound: bigint },
  ): Promise<{ wrappingKeyId: string; count: number }[]>
}

/** What is wrapped under the master secret. Whoever stores another kind adds it here, or it is lost with the former secret. */
export const storedKinds = {
  grants: {
    called: 'grants',
    values: grantSecretValues,
    countOtherwise: countGrantSecretsOtherwise,
  },
  eventKeys: {
    called: 'keys of events',
    values: eventKeyValues,
    countOtherwise: countEventKeysOtherwise,
  },
  signingKeys: {
    called: 'signing keys',
    values: privateKeyValues,
    countOtherwise: countPrivateKeysOtherwise,
  },
  mailOpeners: {
    called: 'links of mails',
    values: mailOpenerValues,
    countOtherwise: countMailOpenersOtherwise,
  },
  providerSecrets: {
    called: 'secrets of providers',
    values: providerSecretValues,
    countOtherwise: countProviderSecretsOtherwise,
  },
  upstreamTokens: {
    called: 'tokens of providers',
    values: upstreamTokenValues,
    countOtherwise: countUpstreamTokensOtherwise,
  },
} as const satisfies Record<string, StoredKind>

type KindOfStored = keyof typeof storedKinds
type Counts = Record<KindOfStored, number>

const kindsOfStored = Object.keys(storedKinds) as KindOfStored[]

const declareMs = 30_000
const goneAfterSeconds = 90

type RewrapDeps = Pick<Deps, 'db' | 'masterSecret'>

/** How many values need a master secret other than the current one; each kind is counted up to 100,000. */
export interface WrappedOtherwise {
  /** Those that the former secret opens. */
  former: number
  /** Those that no secret here opens. */
  unknown: number
}

/** Counts what is not wrapped under the current master secret. */
export async function countWrapped({ db, masterSecret }: RewrapDeps): Promise<WrappedOtherwise> {
  const otherwise: WrappedOtherwise = { former: 0, unknown: 0 }
  for (const { countOtherwise } of Object.values(storedKinds)) {
    const found = await countOtherwise(db, { keyId: masterSecret.keyId, bound: 100_000n })
    for (const { wrappingKeyId, count } of found) {
      const opens = masterSecret.readableKeyIds.includes(wrappingKeyId)
      otherwise[opens ? 'former' : 'unknown'] += count
    }
  }
  return otherwise
}

/** Running instances that do not have the current master secret of the caller, or do not wrap under it. */
export function findOtherInstances({ db, masterSecret }: RewrapDeps) {
  return countOtherInstances(db, { keyId: masterSecret.keyId, goneAfterSeconds })
}

/** Moves everything from the former master secret to the current one; what somebody is at work on stays for the next time. */
export async function rewrapStoredKeys(
  deps: RewrapDeps,
  ctx: EventContext,
  signal: AbortSignal,
): Promise<{ moved: Counts; unreadable: string[] }> {
  const moved = Object.fromEntries(kindsOfStored.map((kind) => [kind, 0])) as Counts
  const unreadable: string[] = []
  for (const formerKeyId of deps.masterSecret.readableKeyIds.slice(1)) {
    for (const kind of kindsOfStored) {
      const { values } = storedKinds[kind]
      const done: Rewrapped = await rewrapValues(deps, values, { formerKeyId, signal })
      moved[kind] += done.moved
      unreadable.push(...done.unreadable.map((id) => `${kind} ${id}`))
    }
  }
  if (Object.values(moved).some((count) => count > 0)) {
    const details = { keyId: deps.masterSecret.keyId, ...moved }
    const event = { kind: 'master_secret.rewrapped', outcome: 'success', details } as const
    await deps.db.transaction((tx) => recordEvent({ ...deps, db: tx }, ctx, event))
  }
  return { moved, unreadable }
}

export interface Rewrapping {
  stop(): Promise<void>
}

/**
 * Says that this instance runs, and moves what is left whenever all instances agree. Throws where it cannot say so at
 * first; later failures are logged once, and tried again.
 */
export async function startRewrapping(
  deps: RewrapDeps & Pick<Deps, 'log'>,
  { everyMs = declareMs }: { everyMs?: number } = {},
): Promise<Rewrapping> {
  const { db, masterSecret, log } = deps
  const id = randomUUID()
  const declare = () =>
    declareInstance(db, {
      id,
      currentKeyId: masterSecret.keyId,
      readableKeyIds: masterSecret.readableKeyIds,
    })
  await declare()
  const { stop } = keepDoing({
    log,
    async work(signal) {
      await declare().catch(() => undefined)
      await takeTurn(deps, signal)
      return false
    },
    pollMs: everyMs,
    retryMs: everyMs,
    says: 'stored keys cannot be rewrapped; trying again',
  })
  return {
    async stop() {
      await stop()
      // Where the database is away the others find out by the silence.
      await forgetInstances(db, { id }).catch(() => undefined)
    },
  }
}

async function takeTurn(deps: RewrapDeps & Pick<Deps, 'log'>, signal: AbortSignal): Promise<void> {
  if (deps.masterSecret.readableKeyIds.length === 1) return
  const { wrappingOtherwise } = await findOtherInstances(deps)
  if (wrappingOtherwise > 0) return
  const { moved, unreadable } = await rewrapStoredKeys(deps, byItself(new Date()), signal)
  if (Object.values(moved).some((count) => count > 0)) {
    deps.log.info(moved, 'stored keys are wrapped under the current master secret')
  }
  if (unreadable.length > 0) {
    const few = unreadable.slice(0, 10)
    deps.log.error(
      { count: unreadable.length, few },
      'stored keys do not open, and stay as they are',
    )
  }
}
