-- name: readLog :many
-- The live entries after a position, in order, and where the log stands, in one snapshot. One row without an entry where
-- there is none. `is_here` is false where this server is not the one that wrote the last position.
select h.log_id, h.position as head,
       (h.system_identifier, h.timeline) = (current_system_identifier(), current_timeline()) as "is_here!",
       l.position as "position?", l.kind as "kind?", l.scope as "scope?", l.value as "value?", l.except_sid as "except_sid?",
       l.awaited as "awaited?", extract(epoch from l.expires_at)::double precision as "expires_at?",
       extract(epoch from l.expires_at - signet_now())::double precision as "remaining_seconds?"
  from revocation_head h
  left join lateral (
    select r.position, r.kind, r.scope, r.value, r.except_sid, r.awaited, r.expires_at
      from revocation_log r
     where r.position > :after and r.expires_at > signet_now()
     order by r.position
     limit :limit::integer
  ) l on true
 order by l.position;

-- name: continueLog :exec
-- Goes on under another id, 2^32 positions further, where this server is not the one that wrote the last position.
update revocation_head
   set log_id = gen_random_uuid(), position = position + 4294967296,
       system_identifier = current_system_identifier(), timeline = current_timeline()
 where (system_identifier, timeline) is distinct from (current_system_identifier(), current_timeline());

-- name: replaceLog :exec
-- Goes on under another id, 2^32 positions further than anybody has seen, where this log stands before a position that
-- was read from it: its disk was set back to an earlier time, which the server does not know.
update revocation_head
   set log_id = gen_random_uuid(), position = :seen::bigint + 4294967296
 where log_id = :logId and position < :seen::bigint;

-- name: renewLog :exec
-- Goes on under another id, 2^32 positions further, whatever this server says about itself.
update revocation_head
   set log_id = gen_random_uuid(), position = position + 4294967296,
       system_identifier = current_system_identifier(), timeline = current_timeline();

-- name: logGlobalCut :one
-- Ends everything that there is.
select log_revocation('all', '', :reason) as "entry_id!";

-- name: countLiveSessions :one
-- How many sessions are alive, counted up to a bound where one is given.
select count(*)::integer as "count!"
  from (select
          from sessions s
          join users u on u.id = s.user_id
          join clients c on c.id = s.client_id
         where s.ended_at is null and least(s.idle_expires_at, s.expires_at) > signet_now()
           and u.status = 'active' and c.status = 'active'
           and s.rev >= greatest(u.cut, c.cut, global_cut())
         limit :bound?::bigint) live;

-- name: declareTokenLifetime :exec
-- Says how long access tokens of this instance live, before it issues any. A longer one counts at once; a shorter one
-- once nobody has declared the longer one for a day and every token of it has expired.
update revocation_head
   set token_lifetime_seconds = :lifetimeSeconds,
       token_lifetime_until = signet_now() + interval '1 day' + make_interval(secs => :lifetimeSeconds)
 where token_lifetime_seconds <= :lifetimeSeconds or token_lifetime_until < signet_now();

-- name: sweepLog :exec
-- Forgets entries that cannot kill a token any more. The last one is always kept: it says where the log stands.
-- An array, because Postgres may run a subquery once for each row, which would forget more than the limit.
delete from revocation_log
 where id = any (array(select id from revocation_log
                        where expires_at < signet_now() and position < (select max(position) from revocation_log)
                        order by position
                        limit :limit::integer
                          for update skip locked));

-- name: notifyRevocations :exec
-- Wakes every instance. It carries nothing: what there is stands in the log.
select pg_notify('signet_revocations', '');
