-- The revocation feed: which entries somebody waits for, and the verifiers that follow the log.

-- Whoever revokes waits until verifiers have applied this entry: every instance asks those that watch at it.
alter table revocation_log add column awaited boolean not null default false;

-- Another signature, with a default: an instance of the version before goes on calling it with four.
drop function log_revocation(text, text, text, uuid);
create function log_revocation(
  scope text, value text, reason text, except_sid uuid default null, awaited boolean default false
) returns bigint
  language sql volatile
begin atomic
  insert into revocation_log (scope, value, reason, except_sid, awaited)
  values ($1, $2, $3, $4, $5)
  returning id;
end;

-- Instances that serve the feed. One that has not been seen for a while has crashed, and nobody watches at it.
create table revocation_instances (
  id      uuid primary key,
  seen_at timestamptz not null
);
alter table revocation_instances set (fillfactor = 50);

-- Verifying processes that receipts speak of. A verifier is named by whoever watches and an identifier that it chose, so
-- that nobody reports for another one's.
create table revocation_verifiers (
  -- A client, or a user.
  owner                    text not null,
  verifier_id              text not null check (verifier_id <> ''),
  -- Null where a user watches.
  client_id                text,
  name                     text not null,
  -- Seconds that its view may be old before it refuses tokens; 0 where it declared nothing.
  staleness_budget_seconds integer not null check (staleness_budget_seconds between 0 and 3600),
  -- Where it watches, or watched last, and which of its streams that is: the end of an older one changes nothing.
  instance_id              uuid not null,
  stream_id                uuid not null,
  -- Null while it watches.
  left_at                  timestamptz,
  -- When it last connected or reported.
  seen_at                  timestamptz not null,
  -- What it has applied.
  log_id                   text not null,
  position                 bigint not null,
  primary key (owner, verifier_id)
);
alter table revocation_verifiers set (fillfactor = 50);
