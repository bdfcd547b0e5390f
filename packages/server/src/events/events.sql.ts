// Generated from events.sql by tools/sql. Do not edit.
import { exec, many, maybe, one } from '../db/query.ts'

/** Keys of these owners. One that was erased has no wrapped key. */
export const findEventKeys = many<
  {
    owners: readonly string[]
  },
  {
    owner: string
    wrappedKey: Buffer | null
    wrappingKeyId: string | null
  }
>({
  name: 'events.findEventKeys',
  text: `select owner, wrapped_key, wrapping_key_id
  from event_keys
 where owner = any($1::text[])`,
  params: ['owners'],
  columns: ['owner', 'wrappedKey', 'wrappingKeyId'],
})

/** Does nothing where the owner has a key, or had one that was erased. */
export const insertEventKey = exec<
  {
    owner: string
    wrappedKey: Buffer
    wrappingKeyId: string
    createdAt: Date
  }
>({
  name: 'events.insertEventKey',
  text: `insert into event_keys (owner, wrapped_key, wrapping_key_id, created_at)
values ($1, $2, $3, $4)
on conflict (owner) do nothing`,
  params: ['owner', 'wrappedKey', 'wrappingKeyId', 'createdAt'],
  columns: [],
})

/** Destroys the key of an owner, or sees to it that the owner never gets one. */
export const eraseEventKey = exec<{ owner: string; erasedAt: Date }>({
  name: 'events.eraseEventKey',
  text: `insert into event_keys as k (owner, created_at, erased_at)
values ($1, $2, $2)
on conflict (owner) do update
   set wrapped_key = null, wrapping_key_id = null, erased_at = coalesce(k.erased_at, excluded.erased_at)`,
  params: ['owner', 'erasedAt'],
  columns: [],
})

/** Appends one event. The sealer gives it its place. */
export const insertEvent = exec<
  {
    id: string
    occurredAt: Date
    kind: string
    outcome: string
    actorId: string | null
    subjectId: string | null
    clientId: string | null
    reference: string
    details: string
    origin: Buffer | null
    personal: Buffer | null
  }
>({
  name: 'events.insertEvent',
  text: `insert into events (id, occurred_at, kind, outcome, actor_id, subject_id, client_id, reference, details, origin, personal)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9::text::json,
        $10, $11)`,
  params: ['id', 'occurredAt', 'kind', 'outcome', 'actorId', 'subjectId', 'clientId', 'reference', 'details', 'origin', 'personal'],
  columns: [],
})

/** Counts one attempt in its window, and appends an event for it unless the window already has as many as are recorded singly. */
export const insertCountedEvent = exec<
  {
    kind: string
    countedBy: Buffer
    closesAt: Date
    id: string
    occurredAt: Date
    outcome: string
    actorId: string | null
    subjectId: string | null
    clientId: string | null
    reference: string
    details: string
    origin: Buffer | null
    personal: Buffer | null
    recordedSingly: number
  }
>({
  name: 'events.insertCountedEvent',
  text: `with counted as (
  insert into event_windows as w (kind, counted_by, closes_at, attempts, unrecorded, id, occurred_at, outcome,
                                  actor_id, subject_id, client_id, reference, details, origin, personal)
  values ($1, $2, $3, 1, 0, $4, $5, $6, $7, $8, $9, $10,
          $11::text::json, $12, $13)
  on conflict (kind, counted_by, closes_at) do update
     set attempts = w.attempts + 1,
         unrecorded = w.unrecorded + case when w.attempts < $14 then 0 else 1 end,
         id = excluded.id, occurred_at = excluded.occurred_at, outcome = excluded.outcome,
         actor_id = excluded.actor_id, subject_id = excluded.subject_id, client_id = excluded.client_id,
         reference = excluded.reference, details = excluded.details,
         origin = excluded.origin, personal = excluded.personal
  returning *
)
insert into events (id, occurred_at, kind, outcome, actor_id, subject_id, client_id, reference, details, origin, personal)
select id, occurred_at, kind, outcome, actor_id, subject_id, client_id, reference, details, origin, personal
  from counted
 where attempts <= $14::integer`,
  params: ['kind', 'countedBy', 'closesAt', 'id', 'occurredAt', 'outcome', 'actorId', 'subjectId', 'clientId', 'reference', 'details', 'origin', 'personal', 'recordedSingly'],
  columns: [],
})

/** Turns what closed windows counted, beyond what was recorded singly, into one event each. */
export const closeWindows = exec<void>({
  name: 'events.closeWindows',
  text: `with closed as (
  delete from event_windows where closes_at <= signet_now() returning *
)
insert into events (id, occurred_at, kind, outcome, actor_id, subject_id, client_id, reference, occurrences, details,
                    origin, personal)
select id, occurred_at, kind, outcome, actor_id, subject_id, client_id, reference, unrecorded, details, origin, personal
  from closed
 where unrecorded > 0`,
  params: [],
  columns: [],
})

/** Makes the partitions of this and the next months, and says how many were missing. */
export const ensureEventPartitions = one<void, { made: number }>({
  name: 'events.ensureEventPartitions',
  text: `select ensure_event_partitions() as "made!"`,
  params: [],
  columns: ['made'],
})

/** An instant of this month and one of the next, for what is made ahead. Calendar months of UTC. */
export const findMonths = one<void, { now: Date; nextMonth: Date }>({
  name: 'events.findMonths',
  text: `select signet_now() as "now!",
       (date_trunc('month', signet_now() at time zone 'UTC') + interval '1 month') at time zone 'UTC' as "next_month!"`,
  params: [],
  columns: ['now', 'nextMonth'],
})

/** The end of the chain and what waits, in one cheap look. */
export const findSealerWork = one<
  void,
  {
    head: bigint
    unsealedForSeconds: number | null
    windowClosed: boolean
  }
>({
  name: 'events.findSealerWork',
  text: `select c.seq as head,
       (select extract(epoch from signet_now() - u.occurred_at)::float8
          from events u where u.seq is null order by u.arrival limit 1) as "unsealed_for_seconds?",
       exists (select from event_windows w where w.closes_at <= signet_now()) as "window_closed!"
  from event_chain c`,
  params: [],
  columns: ['head', 'unsealedForSeconds', 'windowClosed'],
})

/** The end of the chain, locked; nothing while another sealer works. */
export const findChainForUpdateSkipLocked = maybe<void, { seq: bigint; hash: Buffer }>({
  name: 'events.findChainForUpdateSkipLocked',
  text: `select seq, hash from event_chain for update skip locked`,
  params: [],
  columns: ['seq', 'hash'],
})

/** Committed events that have no place yet, in the order of writing. */
export const listUnsealedEvents = many<
  {
    limit: bigint
  },
  {
    id: string
    arrival: bigint
    occurredAt: Date
    kind: string
    outcome: 'success' | 'failure'
    actorId: string | null
    subjectId: string | null
    clientId: string | null
    reference: string
    occurrences: number
    details: string
    origin: Buffer | null
    personal: Buffer | null
  }
>({
  name: 'events.listUnsealedEvents',
  text: `select id, arrival, occurred_at, kind, outcome, actor_id, subject_id, client_id, reference, occurrences, details::text as "details!",
       origin, personal
  from events
 where seq is null
 order by arrival
 limit $1`,
  params: ['limit'],
  columns: ['id', 'arrival', 'occurredAt', 'kind', 'outcome', 'actorId', 'subjectId', 'clientId', 'reference', 'occurrences', 'details', 'origin', 'personal'],
})

/** Gives events their places, and moves the end of the chain. Fewer rows than places means that somebody else sealed one. The range of arrivals keeps a batch cheap however many events wait behind it. */
export const sealEvents = exec<
  {
    lastSeq: bigint
    lastHash: Buffer
    ids: readonly string[]
    occurredAts: readonly Date[]
    seqs: readonly bigint[]
    hashes: readonly Buffer[]
    firstArrival: bigint
    lastArrival: bigint
  }
>({
  name: 'events.sealEvents',
  text: `with moved as (
  update event_chain set seq = $1, hash = $2
)
update events e
   set seq = place.seq, hash = place.hash
  from unnest($3::uuid[], $4::timestamptz[], $5::bigint[], $6::bytea[])
       as place (id, occurred_at, seq, hash)
 where e.id = place.id and e.occurred_at = place.occurred_at and e.seq is null
   and e.arrival >= $7 and e.arrival <= $8`,
  params: ['lastSeq', 'lastHash', 'ids', 'occurredAts', 'seqs', 'hashes', 'firstArrival', 'lastArrival'],
  columns: [],
})

/** Sealed events after a place, in order. */
export const listSealedEvents = many<
  {
    since: bigint
    limit: bigint
  },
  {
    seq: bigint
    hash: Buffer
    id: string
    arrival: bigint
    occurredAt: Date
    kind: string
    outcome: 'success' | 'failure'
    actorId: string | null
    subjectId: string | null
    clientId: string | null
    reference: string
    occurrences: number
    details: string
    origin: Buffer | null
    personal: Buffer | null
  }
>({
  name: 'events.listSealedEvents',
  text: `select seq as "seq!", hash as "hash!", id, arrival, occurred_at, kind, outcome, actor_id, subject_id, client_id, reference,
       occurrences, details::text as "details!", origin, personal
  from events
 where seq > $1
 order by seq
 limit $2`,
  params: ['since', 'limit'],
  columns: ['seq', 'hash', 'id', 'arrival', 'occurredAt', 'kind', 'outcome', 'actorId', 'subjectId', 'clientId', 'reference', 'occurrences', 'details', 'origin', 'personal'],
})

/** Where the chain starts, where it says it ends, and the last sealed event, as of one moment. */
export const findChainEnds = one<
  void,
  {
    instanceId: string
    seq: bigint
    hash: Buffer
    lastSeq: bigint | null
    unsealed: boolean
  }
>({
  name: 'events.findChainEnds',
  text: `select i.instance_id, c.seq, c.hash, (select max(e.seq) from events e) as "last_seq?",
       exists (select from events u where u.seq is null) as "unsealed!"
  from event_chain c, installation i`,
  params: [],
  columns: ['instanceId', 'seq', 'hash', 'lastSeq', 'unsealed'],
})

/** Keys that are wrapped under this master secret, but those that somebody is at work on. An erased one has none. */
export const lockEventKeys = many<
  {
    keyId: string
    after: string
    limit: number
  },
  {
    id: string
    wrapped: Buffer
  }
>({
  name: 'events.lockEventKeys',
  text: `select owner as id, wrapped_key as "wrapped!"
  from event_keys
 where wrapping_key_id = $1 and wrapped_key is not null and owner > $2
 order by owner
 limit $3::integer
   for no key update skip locked`,
  params: ['keyId', 'after', 'limit'],
  columns: ['id', 'wrapped'],
})

/** Stores the same keys, wrapped under another master secret. */
export const replaceEventKeys = exec<
  {
    keyId: string
    ids: readonly string[]
    wrapped: readonly Buffer[]
    formerKeyId: string
  }
>({
  name: 'events.replaceEventKeys',
  text: `update event_keys k
   set wrapped_key = w.wrapped, wrapping_key_id = $1
  from unnest($2::text[], $3::bytea[]) as w (id, wrapped)
 where k.owner = w.id and k.wrapping_key_id = $4`,
  params: ['keyId', 'ids', 'wrapped', 'formerKeyId'],
  columns: [],
})
