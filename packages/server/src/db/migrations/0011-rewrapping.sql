-- A new master secret: what is wrapped under the former one is found, and moved once every running instance has the new one.

-- The instances that run, and which master secrets they have. Each says it again every half minute.
create table running_instances (
  id               uuid primary key,
  -- The key id of the master secret under which it wraps.
  current_key_id   text not null,
  -- Those of all that it can open, the current one among them.
  readable_key_ids text[] not null check (current_key_id = any (readable_key_ids)),
  seen_at          timestamptz not null
);

create index grants_wrapping_key on grants (wrapping_key_id, id);
create index event_keys_wrapping_key on event_keys (wrapping_key_id, owner) where wrapped_key is not null;
