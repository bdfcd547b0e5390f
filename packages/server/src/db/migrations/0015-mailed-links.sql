-- Links and codes that go to a mailbox: each proves once, for one purpose, that somebody reads it.

create table mailed_links (
  id            uuid primary key,
  purpose       text not null check (purpose in ('verify_email', 'reset_password')),
  user_id       uuid not null references users on delete cascade,
  -- The address that it went to.
  identifier_id uuid not null references identifiers on delete cascade,
  -- SHA-256 of 256 random bits.
  token_hash    bytea not null unique check (octet_length(token_hash) = 32),
  -- Keyed hash of the code with purpose and address: it is short, and the database alone must not find it.
  code_hash     bytea not null check (octet_length(code_hash) = 32),
  code_tries    integer not null default 0,
  rev           bigint not null,
  created_at    timestamptz not null,
  expires_at    timestamptz not null,
  used_at       timestamptz
);
create index mailed_links_identifier on mailed_links (identifier_id, purpose) where used_at is null;
create index mailed_links_expires_at on mailed_links (expires_at);

-- How often mail was asked for: by address, known or not, and by network; keyed hashes of both.
create table mail_requests (
  key       bytea primary key check (octet_length(key) = 32),
  requests  integer not null check (requests > 0),
  -- Before that nothing is sent again.
  next_at   timestamptz not null,
  -- From then on the row means nothing.
  forget_at timestamptz not null
);
create index mail_requests_forget_at on mail_requests (forget_at);

-- How far each reader of the event log has come.
create table event_readers (
  name text primary key,
  seq  bigint not null
);

select jobs.create_queue('write_to_address', '{"policy": "standard", "notify": "true", "heartbeatSeconds": "10"}');

-- How long after its n-th request nothing is sent again.
create function mail_wait(requests integer, free integer) returns interval
  language sql immutable parallel safe
  return case when requests <= free then interval '0'
              else least(interval '30 seconds' * 2 ^ least(requests - free - 1, 10), interval '15 minutes') end;
