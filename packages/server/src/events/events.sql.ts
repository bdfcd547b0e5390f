// Generated from events.sql by tools/sql. Do not edit.
import { exec, many } from '../db/query.ts'

/** Keys of these owners. One that was erased has no wrapped key. */
export const findEventKeys = many<{ owners: string[] }, { owner: string; wrappedKey: Buffer | null; wrappingKeyId: string | null }>({
  name: 'events.events.findEventKeys',
  text: "select owner, wrapped_key, wrapping_key_id\n  from event_keys\n where owner = any($1::text[])",
  params: ["owners"],
  columns: ["owner","wrappedKey","wrappingKeyId"],
})
/** Does nothing where the owner has a key, or had one that was erased. */
export const insertEventKey = exec<{ owner: string; wrappedKey: Buffer; wrappingKeyId: string; createdAt: Date }>({
  name: 'events.events.insertEventKey',
  text: "insert into event_keys (owner, wrapped_key, wrapping_key_id, created_at)\nvalues ($1, $2, $3, $4)\non conflict (owner) do nothing",
  params: ["owner","wrappedKey","wrappingKeyId","createdAt"],
  columns: [],
})
/** Destroys the key of an owner, or sees to it that the owner never gets one. */
export const eraseEventKey = exec<{ owner: string; erasedAt: Date }>({
  name: 'events.events.eraseEventKey',
  text: "insert into event_keys as k (owner, created_at, erased_at)\nvalues ($1, $2, $2)\non conflict (owner) do update\n   set wrapped_key = null, wrapping_key_id = null, erased_at = coalesce(k.erased_at, excluded.erased_at)",
  params: ["owner","erasedAt"],
  columns: [],
})
/** Appends one event. The sealer gives it its place. */
export const insertEvent = exec<{ id: string; occurredAt: Date; kind: string; outcome: string; actorId: string | null; subjectId: string | null; clientId: string | null; reference: string; details: string; origin: Buffer | null; personal: Buffer | null }>({
  name: 'events.events.insertEvent',
  text: "insert into events (id, occurred_at, kind, outcome, actor_id, subject_id, client_id, reference, details, origin, personal)\nvalues ($1, $2, $3, $4, $5, $6, $7, $8, $9::text::json,\n        $10, $11)",
  params: ["id","occurredAt","kind","outcome","actorId","subjectId","clientId","reference","details","origin","personal"],
  columns: [],
})
/** Counts one attempt in its window, and appends an event for it unless the window already has as many as are recorded singly. */
export const insertCountedEvent = exec<{ kind: string; countedBy: Buffer; closesAt: Date; id: string; occurredAt: Date; outcome: string; actorId: string | null; subjectId: string | null; clientId: string | null; reference: string; details: string; origin: Buffer | null; personal: Buffer | null; recordedSingly: number }>({
  name: 'events.events.insertCountedEvent',
  text: "with counted as (\n  insert into event_windows as w (kind, counted_by, closes_at, attempts, unrecorded, id, occurred_at, outcome,\n                                  actor_id, subject_id, client_id, reference, details, origin, personal)\n  values ($1, $2, $3, 1, 0, $4, $5, $6, $7, $8, $9, $10,\n          $11::text::json, $12, $13)\n  on conflict (kind, counted_by, closes_at) do update\n     set attempts = w.attempts + 1,\n         unrecorded = w.unrecorded + case when w.attempts < $14 then 0 else 1 end,\n         id = excluded.id, occurred_at = excluded.occurred_at, outcome = excluded.outcome,\n         actor_id = excluded.actor_id, subject_id = excluded.subject_id, client_id = excluded.client_id,\n         reference = excluded.reference, details = excluded.details,\n         origin = excluded.origin, personal = excluded.personal\n  returning *\n)\ninsert into events (id, occurred_at, kind, outcome, actor_id, subject_id, client_id, reference, details, origin, personal)\nselect id, occurred_at, kind, outcome, actor_id, subject_id, client_id, reference, details, origin, personal\n  from counted\n where attempts <= $14::integer",
  params: ["kind","countedBy","closesAt","id","occurredAt","outcome","actorId","subjectId","clientId","reference","details","origin","personal","recordedSingly"],
  columns: [],
})
