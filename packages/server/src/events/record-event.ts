/**
 * Records what happened, in the transaction that causes it: who, what, on whom, from where, with what outcome.
 *
 * 1. Take the keys of the people concerned, making those that do not exist.
 * 2. Encrypt what is personal.
 * 3. Append one row. Failures that come in numbers are counted per subject or address and minute: the first few are
 *    rows of their own, the rest become one row with a count when the minute is over.
 *
 * `details` are never encrypted: no name, address, identifier or anything typed by a person belongs there.
 *
 * Specs: OWASP ASVS 5.0 V16.2.1, V16.3.
 */

import { createHmac } from 'node:crypto'
import type { MasterSecret } from '../crypto/master-secret.ts'
import type { Db } from '../db/query.ts'
import { type ClientId, type EventId, newId, type UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { type EventKeys, ensureEventKeys, type KeyOwner, keyOwner } from './event-keys.ts'
import {
  countedKinds,
  type EventKind,
  type EventOutcome,
  recordedSingly,
  windowSeconds,
} from './event-kinds.ts'
import { insertCountedEvent, insertEvent } from './events.sql.ts'
import { encryptFacts, type Facts } from './personal-fields.ts'

export interface SecurityEvent {
  kind: EventKind
  outcome: EventOutcome
  /** Who did it. Left out, it is the user who calls, if any. */
  actorId?: UserId | undefined
  /** The user that it happened to. */
  subjectId?: UserId | undefined
  /** Left out, it is the client that calls, or through which the user calls, if any. */
  clientId?: ClientId | undefined
  /** Further facts that name nobody. */
  details?: Facts | undefined
  /** Further facts on the subject, such as the identifier that was typed; erased with the person. */
  personal?: Facts | undefined
}

/** What an event takes from the call that causes it. */
export type EventContext = Pick<
  RequestContext,
  'now' | 'reference' | 'ipAddress' | 'country' | 'userAgent' | 'caller'
>

/** For what a server does by itself: nobody asked for it. */
export function byItself(now: Date): EventContext {
  return { now, reference: '', ipAddress: '', userAgent: '', caller: { kind: 'anonymous' } }
}

interface RecordDeps {
  /** The causing transaction. */
  db: Db
  masterSecret: MasterSecret
  /**
   * Keys that the caller has just read; others are asked for. Where one of them is destroyed meanwhile, what it encrypts
   * can be read by nobody, as everything before.
   */
  eventKeys?: EventKeys
}

/** Appends the event. Failing, it throws, and the causing transaction must fail with it. */
export async function recordEvent(
  deps: RecordDeps,
  ctx: EventContext,
  event: SecurityEvent,
): Promise<void> {
  const row = await prepareEvent(deps, ctx, event)
  if (!countedKinds.has(event.kind)) {
    await insertEvent(deps.db, row)
    return
  }
  const windowMs = windowSeconds * 1000
  await insertCountedEvent(deps.db, {
    ...row,
    countedBy: countedBy(deps.masterSecret, ctx, event),
    closesAt: new Date((Math.floor(ctx.now.getTime() / windowMs) + 1) * windowMs),
    recordedSingly,
  })
}

/**
 * The row of an event, for a statement that inserts it together with what it records; `recordEvent` is for everything
 * else. Counted kinds are not for this.
 */
export async function prepareEvent(deps: RecordDeps, ctx: EventContext, event: SecurityEvent) {
  const { caller } = ctx
  const id = newId<EventId>(ctx.now, event.subjectId)
  const actorId = event.actorId ?? (caller.kind === 'user' ? caller.userId : undefined)
  const { subjectId } = event
  const origin = field(keyOwner(ctx.now, actorId, subjectId), originFacts(ctx))
  const personal = field(keyOwner(ctx.now, subjectId), event.personal ?? {})
  const owners = new Set([origin, personal].flatMap((it) => (it === undefined ? [] : [it.owner])))
  const given = deps.eventKeys
  const keys =
    given !== undefined && [...owners].every((owner) => given.has(owner))
      ? given
      : await ensureEventKeys(deps, owners, ctx.now)
  return {
    id,
    occurredAt: ctx.now,
    kind: event.kind,
    outcome: event.outcome,
    actorId: actorId ?? null,
    subjectId: subjectId ?? null,
    clientId: event.clientId ?? ('clientId' in caller ? caller.clientId : null),
    reference: ctx.reference,
    details: JSON.stringify(event.details ?? {}),
    origin: encrypted(keys, origin, { eventId: id, column: 'origin' as const }),
    personal: encrypted(keys, personal, { eventId: id, column: 'personal' as const }),
  }
}

interface PersonalField {
  owner: KeyOwner
  facts: Facts
}

function field(owner: KeyOwner, facts: Facts): PersonalField | undefined {
  return Object.keys(facts).length === 0 ? undefined : { owner, facts }
}

function originFacts(ctx: EventContext): Facts {
  const facts: Facts = {}
  if (ctx.ipAddress !== '') facts.ipAddress = ctx.ipAddress
  if (ctx.country !== undefined) facts.country = ctx.country
  if (ctx.userAgent !== '') facts.userAgent = ctx.userAgent
  return facts
}

/** Null where there is nothing to keep, or where the person was erased. */
function encrypted(
  keys: EventKeys,
  personalField: PersonalField | undefined,
  place: { eventId: EventId; column: 'origin' | 'personal' },
): Buffer | null {
  if (personalField === undefined) return null
  const key = keys.get(personalField.owner)
  return key === undefined ? null : encryptFacts(key, place, personalField.facts)
}

/** Per subject where one is known, else per address; as a keyed hash, so that the table holds no address. */
function countedBy(masterSecret: MasterSecret, ctx: EventContext, event: SecurityEvent): Buffer {
  const user = event.subjectId ?? (ctx.caller.kind === 'user' ? ctx.caller.userId : undefined)
  const by = user === undefined ? `address ${ctx.ipAddress}` : `user ${user}`
  const key = masterSecret.derive('event windows')
  return createHmac('sha256', key).update(by).digest()
}
