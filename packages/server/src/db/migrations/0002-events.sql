-- The event log: what happened, sealed into a chain that shows any later change.
--
-- A writer inserts an event in the transaction that causes it. One sealer numbers committed events without gaps and
-- chains their hashes. Personal fields are ciphertext, so erasing a person destroys a key and leaves the chain whole.

create sequence event_arrivals;

create table events (
  id          uuid not null,
  -- The order of writing, in which events are sealed: what one transaction caused, and what followed from it, stays in order.
  arrival     bigint not null default nextval('event_arrivals'),
  -- Milliseconds, so that the hash covers exactly what is stored.
  occurred_at timestamptz(3) not null,
  kind        text not null check (kind ~ '^[a-z_]+\.[a-z_]+$'),
  outcome     text not null check (outcome in ('success', 'failure')),
  actor_id    uuid,
  subject_id  uuid,
  client_id   text,
  reference   text not null,
  -- How many attempts this row stands for: repeated failures above a rate are one counted event.
  occurrences integer not null default 1 check (occurrences > 0),
  -- json, not jsonb: the hash covers the text as it was written.
  details     json not null default '{}',
  -- Address and user agent of the caller, encrypted under the key of the actor, else the subject, else the month.
  origin      bytea,
  -- Facts on the subject, encrypted under the key of the subject, else the month.
  personal    bytea,
  -- Null until sealed; the sealer sets both once.
  seq         bigint check (seq > 0),
  hash        bytea check (octet_length(hash) = 32),
  check ((seq is null) = (hash is null)),
  primary key (occurred_at, id)
) partition by range (occurred_at);
create index events_seq on events (seq);
create index events_unsealed on events (arrival) where seq is null;

-- Takes what no month takes, so that an insert never fails for want of a partition.
create table events_default partition of events default;

-- The end of the chain: one row, whose lock makes one sealer work at a time.
create table event_chain (
  only_row boolean primary key default true check (only_row),
  seq      bigint not null check (seq >= 0),
  hash     bytea not null check (octet_length(hash) = 32)
);
-- The first hash names the installation, so that the chain of another one is not accepted for this one.
insert into event_chain (seq, hash)
select 0, sha256(convert_to('signet event chain 1 ' || instance_id::text, 'UTF8')) from installation;

-- Keys of personal fields, wrapped under the master secret. An owner is a user's id, or 'month 2026-11' for events on
-- nobody known. An erased owner keeps its row without a key, so that nothing personal is written for it again.
create table event_keys (
  owner           text primary key,
  wrapped_key     bytea,
  wrapping_key_id text,
  created_at      timestamptz not null,
  erased_at       timestamptz,
  check ((wrapped_key is null) = (erased_at is not null)),
  check ((wrapped_key is null) = (wrapping_key_id is null))
);

-- Repeated failures of one minute, counted per subject or per address. The row holds the latest attempt; when the
-- window has closed, the attempts that were not recorded singly become one event.
create table event_windows (
  kind        text not null,
  -- Keyed hash of the subject or the address.
  counted_by  bytea not null,
  closes_at   timestamptz not null,
  attempts    integer not null,
  unrecorded  integer not null,
  id          uuid not null,
  occurred_at timestamptz(3) not null,
  outcome     text not null,
  actor_id    uuid,
  subject_id  uuid,
  client_id   text,
  reference   text not null,
  details     json not null,
  origin      bytea,
  personal    bytea,
  primary key (kind, counted_by, closes_at)
);
create index event_windows_closes_at on event_windows (closes_at);

-- Append-only: an event is sealed once, and nothing else about it ever changes.
create function protect_event() returns trigger language plpgsql as $$
declare
  before_sealing events;
begin
  if tg_op = 'INSERT' then
    if new.seq is null then return new; end if;
    raise exception 'events are sealed by the sealer, not by their writer' using errcode = 'integrity_constraint_violation';
  end if;
  if tg_op = 'UPDATE' and old.seq is null and new.seq is not null then
    before_sealing := new;
    before_sealing.seq := null;
    before_sealing.hash := null;
    if before_sealing::text = old::text then return new; end if;
  end if;
  raise exception 'the event log is append-only: % is refused', lower(tg_op) using errcode = 'integrity_constraint_violation';
end $$;
create trigger events_append_only before insert or update or delete on events
  for each row execute function protect_event();
create trigger events_no_truncate before truncate on events
  for each statement execute function protect_event();
create trigger events_no_truncate before truncate on events_default
  for each statement execute function protect_event();

-- The chain only grows.
create function protect_event_chain() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and new.seq > old.seq then return new; end if;
  raise exception 'the event chain only grows: % is refused', lower(tg_op) using errcode = 'integrity_constraint_violation';
end $$;
create trigger event_chain_grows before update or delete on event_chain
  for each row execute function protect_event_chain();
create trigger event_chain_no_truncate before truncate on event_chain
  for each statement execute function protect_event_chain();

-- Makes the partitions of this month and the three to come, where missing; returns how many it made. A partition is
-- made apart and then attached, which does not wait for writers. A month of which the default partition already holds
-- rows stays there.
create function ensure_event_partitions() returns integer
  language plpgsql set timezone to 'UTC' set lock_timeout to '1s' as $$
declare
  first_of_month timestamptz;
  partition_name text;
  made           integer := 0;
begin
  if not pg_try_advisory_xact_lock(hashtext('signet.event_partitions')) then return made; end if;
  for months_ahead in 0..3 loop
    first_of_month := date_trunc('month', signet_now()) + make_interval(months => months_ahead);
    partition_name := to_char(first_of_month, '"events_"YYYY_MM');
    continue when to_regclass(partition_name) is not null;
    continue when exists (
      select from events_default
      where occurred_at >= first_of_month and occurred_at < first_of_month + interval '1 month'
    );
    execute format('create table %I (like events including all)', partition_name);
    execute format('create trigger events_no_truncate before truncate on %I '
      'for each statement execute function protect_event()', partition_name);
    execute format('alter table events attach partition %I for values from (%L) to (%L)',
      partition_name, first_of_month, first_of_month + interval '1 month');
    made := made + 1;
  end loop;
  return made;
end $$;
select ensure_event_partitions();
