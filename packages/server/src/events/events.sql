-- name: findEventKeys :many
-- Keys of these owners. One that was erased has no wrapped key.
select owner, wrapped_key, wrapping_key_id
  from event_keys
 where owner = any(:owners::text[]);

-- name: insertEventKey :exec
-- Does nothing where the owner has a key, or had one that was erased.
insert into event_keys (owner, wrapped_key, wrapping_key_id, created_at)
values (:owner, :wrappedKey, :wrappingKeyId, :createdAt)
on conflict (owner) do nothing;

-- name: eraseEventKey :exec
-- Destroys the key of an owner, or sees to it that the owner never gets one.
insert into event_keys as k (owner, created_at, erased_at)
values (:owner, :erasedAt, :erasedAt)
on conflict (owner) do update
   set wrapped_key = null, wrapping_key_id = null, erased_at = coalesce(k.erased_at, excluded.erased_at);

-- name: insertEvent :exec
-- Appends one event. The sealer gives it its place.
insert into events (id, occurred_at, kind, outcome, actor_id, subject_id, client_id, reference, details, origin, personal)
values (:id, :occurredAt, :kind, :outcome, :actorId?, :subjectId?, :clientId?, :reference, :details::text::json,
        :origin?, :personal?);

-- name: insertCountedEvent :exec
-- Counts one attempt in its window, and appends an event for it unless the window already has as many as are recorded singly.
with counted as (
  insert into event_windows as w (kind, counted_by, closes_at, attempts, unrecorded, id, occurred_at, outcome,
                                  actor_id, subject_id, client_id, reference, details, origin, personal)
  values (:kind, :countedBy, :closesAt, 1, 0, :id, :occurredAt, :outcome, :actorId?, :subjectId?, :clientId?, :reference,
          :details::text::json, :origin?, :personal?)
  on conflict (kind, counted_by, closes_at) do update
     set attempts = w.attempts + 1,
         unrecorded = w.unrecorded + case when w.attempts < :recordedSingly then 0 else 1 end,
         id = excluded.id, occurred_at = excluded.occurred_at, outcome = excluded.outcome,
         actor_id = excluded.actor_id, subject_id = excluded.subject_id, client_id = excluded.client_id,
         reference = excluded.reference, details = excluded.details,
         origin = excluded.origin, personal = excluded.personal
  returning *
)
insert into events (id, occurred_at, kind, outcome, actor_id, subject_id, client_id, reference, details, origin, personal)
select id, occurred_at, kind, outcome, actor_id, subject_id, client_id, reference, details, origin, personal
  from counted
 where attempts <= :recordedSingly::integer;

-- name: closeWindows :exec
-- Turns what closed windows counted, beyond what was recorded singly, into one event each.
with closed as (
  delete from event_windows where closes_at <= signet_now() returning *
)
insert into events (id, occurred_at, kind, outcome, actor_id, subject_id, client_id, reference, occurrences, details,
                    origin, personal)
select id, occurred_at, kind, outcome, actor_id, subject_id, client_id, reference, unrecorded, details, origin, personal
  from closed
 where unrecorded > 0;

-- name: ensureEventPartitions :one
-- Makes the partitions of this and the next months, and says how many were missing.
select ensure_event_partitions() as "made!";

-- name: findMonths :one
-- An instant of this month and one of the next, for what is made ahead. Calendar months of UTC.
select signet_now() as "now!",
       (date_trunc('month', signet_now() at time zone 'UTC') + interval '1 month') at time zone 'UTC' as "next_month!";

-- name: findSealerWork :one
-- The end of the chain and what waits, in one cheap look.
select c.seq as head,
       (select extract(epoch from signet_now() - u.occurred_at)::float8
          from events u where u.seq is null order by u.arrival limit 1) as "unsealed_for_seconds?",
       exists (select from event_windows w where w.closes_at <= signet_now()) as "window_closed!"
  from event_chain c;

-- name: findChainForUpdateSkipLocked :maybe
-- The end of the chain, locked; nothing while another sealer works.
select seq, hash from event_chain for update skip locked;

-- name: listUnsealedEvents :many
-- Committed events that have no place yet, in the order of writing.
select id, arrival, occurred_at, kind, outcome, actor_id, subject_id, client_id, reference, occurrences, details::text as "details!",
       origin, personal
  from events
 where seq is null
 order by arrival
 limit :limit;

-- name: sealEvents :exec
-- Gives events their places, and moves the end of the chain. Fewer rows than places means that somebody else sealed one.
-- The range of arrivals keeps a batch cheap however many events wait behind it.
with moved as (
  update event_chain set seq = :lastSeq, hash = :lastHash
)
update events e
   set seq = place.seq, hash = place.hash
  from unnest(:ids::uuid[], :occurredAts::timestamptz[], :seqs::bigint[], :hashes::bytea[])
       as place (id, occurred_at, seq, hash)
 where e.id = place.id and e.occurred_at = place.occurred_at and e.seq is null
   and e.arrival >= :firstArrival and e.arrival <= :lastArrival;

-- name: listSealedEvents :many
-- Sealed events after a place, in order.
select seq as "seq!", hash as "hash!", id, arrival, occurred_at, kind, outcome, actor_id, subject_id, client_id, reference,
       occurrences, details::text as "details!", origin, personal
  from events
 where seq > :since
 order by seq
 limit :limit;

-- name: findChainEnds :one
-- Where the chain starts, where it says it ends, and the last sealed event, as of one moment.
select i.instance_id, c.seq, c.hash, (select max(e.seq) from events e) as "last_seq?",
       exists (select from events u where u.seq is null) as "unsealed!"
  from event_chain c, installation i;

-- name: lockEventKeys :many
-- Keys that are wrapped under this master secret, but those that somebody is at work on. An erased one has none.
select owner as id, wrapped_key as "wrapped!"
  from event_keys
 where wrapping_key_id = :keyId and wrapped_key is not null and owner > :after
 order by owner
 limit :limit::integer
   for no key update skip locked;

-- name: replaceEventKeys :exec
-- Stores the same keys, wrapped under another master secret.
update event_keys k
   set wrapped_key = w.wrapped, wrapping_key_id = :keyId
  from unnest(:ids::text[], :wrapped::bytea[]) as w (id, wrapped)
 where k.owner = w.id and k.wrapping_key_id = :formerKeyId;
