-- The revocation log: what has ended, in the order in which it became visible.
--
-- An entry is written in the transaction that revokes. It gets its position at COMMIT, from a counter row that is locked
-- only from there until the commit is done: positions become visible in order, none is skipped by whoever reads
-- "position > last", and no client is waited for under that lock.
--
-- Locks are taken in this order: users, clients, grants, sessions (each by id), and at COMMIT the head. Every row that an
-- entry touches at COMMIT (the user, the client, the session that stays) is locked before by the statement that
-- writes the entry; whoever holds the head then waits for nobody.

-- What the positions belong to. A database that was restored, or taken over by a standby, may have lost positions that
-- others have seen: there the log goes on under another id, 2^32 positions further.
alter table revocation_head
  add column log_id                 uuid not null default gen_random_uuid(),
  add column system_identifier      bigint,
  add column timeline               text,
  -- The longest access token that may be about, and until when no shorter one is believed.
  add column token_lifetime_seconds integer not null default 900 check (token_lifetime_seconds > 0),
  add column token_lifetime_until   timestamptz not null default signet_now() + interval '1 day';

-- The timeline that this server writes: another one after each promotion and each restore to a point in time.
create function current_timeline() returns text
  language sql volatile
  return left(pg_walfile_name(pg_current_wal_lsn()), 8);

-- The identity of this cluster: another one where a dump was loaded.
create function current_system_identifier() returns bigint
  language sql volatile
  return (select system_identifier from pg_control_system());

update revocation_head set system_identifier = current_system_identifier(), timeline = current_timeline();
alter table revocation_head
  alter column system_identifier set not null,
  alter column timeline set not null;

create table revocation_log (
  id         bigint generated always as identity primary key,
  -- Null until COMMIT.
  position   bigint unique,
  -- ended: refuse what it names. stale: its tokens say something outdated; refresh and go on.
  kind       text not null default 'ended' check (kind in ('ended', 'stale')),
  -- A token, a grant and a session are named; of a user, a client and everything, what is older than the position.
  scope      text not null check (scope in ('jti', 'gid', 'sid', 'sub', 'client', 'all')),
  value      text not null,
  -- The one session of the user that goes on.
  except_sid uuid check (except_sid is null or scope = 'sub'),
  reason     text not null check (reason ~ '^[a-z_]+$'),
  created_at timestamptz not null default signet_now(),
  -- Null until COMMIT. After it, no token is about that the entry could kill.
  expires_at timestamptz,
  check ((scope = 'all') = (value = '')),
  check ((position is null) = (expires_at is null))
);
create index revocation_log_expires_at on revocation_log (expires_at);

-- How much longer than a token an entry lives: clocks of those who issue and of those who verify may differ.
create function revocation_leeway() returns interval
  language sql immutable
  return interval '120 seconds';

-- Writes an entry and answers its id. The caller has locked the user (sub), the client (client) and the session that
-- stays, with its grants (except_sid).
create function log_revocation(scope text, value text, reason text, except_sid uuid default null) returns bigint
  language sql volatile
begin atomic
  insert into revocation_log (scope, value, reason, except_sid)
  values ($1, $2, $3, $4)
  returning id;
end;

-- Lets a live session go on over a cut of its user that is about to be raised to `place`. A session that anything else
-- has ended stays dead: under the lock of the head, every cut of a smaller position is visible here.
create function keep_session(sid uuid, place bigint) returns void
  language sql volatile
begin atomic
  update sessions s
     set rev = $2
    from users u, clients c
   where s.id = $1 and u.id = s.user_id and c.id = s.client_id and s.ended_at is null
     and s.rev >= greatest(u.cut, c.cut, (select h.cut from revocation_head h));
end;

-- Gives an entry its position, raises the cut that it means, and sets when it can be forgotten.
create function place_revocation() returns trigger
  language plpgsql as $$
declare
  head revocation_head;
begin
  update revocation_head h
     set position = h.position + case when (h.system_identifier, h.timeline) = (here.system_identifier, here.timeline)
                                      then 1 else 4294967296 end,
         log_id = case when (h.system_identifier, h.timeline) = (here.system_identifier, here.timeline)
                       then h.log_id else gen_random_uuid() end,
         system_identifier = here.system_identifier,
         timeline = here.timeline
    from (select current_system_identifier() as system_identifier, current_timeline() as timeline) here
   returning h.* into head;
  update revocation_log
     set position = head.position,
         expires_at = signet_now() + make_interval(secs => head.token_lifetime_seconds) + revocation_leeway()
   where id = new.id;
  if new.kind = 'stale' then return null; end if;
  if new.scope = 'sub' then
    if new.except_sid is not null then perform keep_session(new.except_sid, head.position); end if;
    update users set cut = head.position where id = new.value::uuid;
  elsif new.scope = 'client' then
    update clients set cut = head.position where id = new.value;
  elsif new.scope = 'all' then
    update revocation_head set cut = head.position;
  end if;
  return null;
end $$;
create constraint trigger revocation_log_place after insert on revocation_log
  deferrable initially deferred
  for each row execute function place_revocation();

-- Positions are given at COMMIT alone, each with an entry that says what it means.
drop function next_revocation_position();
