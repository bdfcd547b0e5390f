-- Back-channel logout: which client is told of the end of which session, and whether it was (OpenID Connect Back-Channel
-- Logout 1.0).
--
-- A row is made when a client that hears of sign-outs gets tokens in a session. Whatever ends the session writes an entry
-- in the revocation log; in the same transaction the rows of the session are ended, and a job is queued for each. What ends without an
-- entry of its own (a session expires, a client is disabled, everything is recovered) is found by a sweeper. A row ends once,
-- so each client is told of each session once, however many causes come together.
--
-- Rows are locked in the order of their key, after every other row, and before the head of the log.

create table backchannel_logouts (
  session_id   uuid not null references sessions on delete cascade,
  client_id    text not null references clients on delete cascade,
  user_id      uuid not null,
  -- When it is worth looking whether the session has ended without a word; null once it has ended.
  look_at      timestamptz,
  ended_at     timestamptz,
  -- The entry of the revocation log that ended it; null where none did.
  entry_id     bigint,
  delivered_at timestamptz,
  -- When the client said that it does not take it.
  failed_at    timestamptz,
  primary key (session_id, client_id),
  check ((look_at is null) = (ended_at is not null)),
  check (ended_at is not null or (entry_id is null and delivered_at is null and failed_at is null))
);
create index backchannel_logouts_look_at on backchannel_logouts (look_at) where look_at is not null;
create index backchannel_logouts_user on backchannel_logouts (user_id) where look_at is not null;
create index backchannel_logouts_entry on backchannel_logouts (entry_id) where entry_id is not null;

-- The clients of a session are asked for after its end, too.
drop index grants_session;
create index grants_session on grants (session_id);

select jobs.create_queue('backchannel_logout', '{"policy": "standard", "notify": "true", "heartbeatSeconds": "10"}');

-- Notes the clients that get tokens in sessions. The first look comes soon, for a session that ends at this very moment in
-- another transaction.
create function note_backchannel_clients() returns trigger
  language plpgsql as $$
begin
  insert into backchannel_logouts (session_id, client_id, user_id, look_at)
  select distinct i.session_id, i.client_id, i.user_id, signet_now() + interval '30 seconds'
    from issued i
    join clients c on c.id = i.client_id
   where i.session_id is not null and c.backchannel_logout_uri is not null
   order by i.session_id, i.client_id
  on conflict do nothing;
  return null;
end $$;
create trigger grants_note_backchannel_clients after insert on grants
  referencing new table as issued
  for each statement execute function note_backchannel_clients();

-- Notes a client whose grant outlives the session: what it opened for the person there ends with the session all the same.
create function note_backchannel_client() returns trigger
  language plpgsql as $$
begin
  insert into backchannel_logouts (session_id, client_id, user_id, look_at)
  select new.session_id, new.client_id, new.user_id, signet_now() + interval '30 seconds'
    from clients c
   where c.id = new.client_id and c.backchannel_logout_uri is not null
  on conflict do nothing;
  return null;
end $$;
create trigger authorization_codes_note_backchannel_client after update of grant_id on authorization_codes
  for each row when (old.grant_id is null and new.grant_id is not null)
  execute function note_backchannel_client();

-- Ends the rows of the sessions that entries end. Of a disabled client, and of everything, there may be very many: the
-- sweeper looks at those, in batches.
create function end_backchannel_sessions() returns trigger
  language plpgsql as $$
begin
  with locked as materialized (
    select n.session_id, n.client_id, max(n.entry_id) as entry_id
      from (select b.session_id, b.client_id, e.id as entry_id
              from entries e
              join backchannel_logouts b on b.session_id = case when e.scope = 'sid' then e.value::uuid end
             where e.kind = 'ended' and e.scope = 'sid' and b.look_at is not null
            union all
            select b.session_id, b.client_id, e.id
              from entries e
              join backchannel_logouts b on b.user_id = case when e.scope = 'sub' then e.value::uuid end
             where e.kind = 'ended' and e.scope = 'sub' and b.look_at is not null
               and b.session_id is distinct from e.except_sid) n
     group by 1, 2
  ), held as materialized (
    select b.session_id, b.client_id, l.entry_id
      from backchannel_logouts b
      join locked l using (session_id, client_id)
     order by 1, 2
       for no key update of b
  )
  update backchannel_logouts b
     set look_at = null, ended_at = signet_now(), entry_id = h.entry_id
    from held h
   where b.session_id = h.session_id and b.client_id = h.client_id and b.look_at is not null;

  if exists (select from entries e where e.kind = 'ended' and e.scope in ('client', 'all')) then
    with held as materialized (
      select b.session_id, b.client_id
        from backchannel_logouts b
        join sessions s on s.id = b.session_id
       where b.look_at is not null
         and exists (select from entries e where e.kind = 'ended' and (e.scope = 'all' or (e.scope = 'client' and e.value = s.client_id)))
       order by 1, 2
         for no key update of b
    )
    update backchannel_logouts b
       set look_at = signet_now()
      from held h
     where b.session_id = h.session_id and b.client_id = h.client_id and b.look_at is not null;
  end if;
  return null;
end $$;
create trigger revocation_log_end_backchannel_sessions after insert on revocation_log
  referencing new table as entries
  for each statement execute function end_backchannel_sessions();

-- Queues what tells a client, as `enqueue` does.
create function queue_backchannel_logout() returns trigger
  language plpgsql as $$
begin
  insert into jobs.job (name, data, start_after, created_on, keep_until, expire_seconds, deletion_seconds, retry_limit,
                        retry_delay, retry_backoff, retry_delay_max, policy, heartbeat_seconds)
  select q.name,
         jsonb_build_object('sessionId', new.session_id, 'clientId', new.client_id, 'userId', new.user_id),
         jobs.job_now(), jobs.job_now(), jobs.job_now() + make_interval(secs => q.retention_seconds),
         30, 2592000, 2000, 1, true, 20, q.policy, 10
    from jobs.queue q
   where q.name = 'backchannel_logout';
  perform pg_notify('pgboss_' || left(encode(sha224('jobs'), 'hex'), 24), 'backchannel_logout');
  return null;
end $$;
create trigger backchannel_logouts_queue after update of ended_at on backchannel_logouts
  for each row when (old.ended_at is null and new.ended_at is not null)
  execute function queue_backchannel_logout();
