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
