-- name: insertGrants :many
-- Grants of sessions. Each rests on the credential that its session rests on, so it takes over the session's rev: what was
-- revoked since that credential was read has killed both. Without the session there is no grant.
insert into grants (id, user_id, client_id, session_id, scopes, audience, wrapped_secret, wrapping_key_id, rotated_at,
                    window_opened_at, presenter, claims, amr, acr, auth_time, rev, created_at, expires_at)
select a.id, s.user_id, s.client_id, s.id, a.scopes, a.audience, decode(a.wrapped_secret, 'base64'), a.wrapping_key_id,
       signet_now(), signet_now(), decode(a.presenter, 'base64'), a.claims, s.amr, s.acr, s.auth_time, s.rev, signet_now(),
       s.expires_at
  from jsonb_to_recordset(:asked)
    as a (id uuid, session_id uuid, scopes text[], audience text[], wrapped_secret text, wrapping_key_id text, presenter text,
          claims jsonb)
 cross join lateral (
   -- Each is looked up by its id: a list counts as a hundred rows, for which the planner would read all sessions.
   select s.id, s.user_id, s.client_id, s.amr, s.acr, s.auth_time, s.rev, s.expires_at
     from sessions s where s.id = a.session_id limit 1
 ) s
returning id;

-- name: insertAuthorizedGrant :one
-- The grant of what a person authorized a client to do. It rests on what the authorization rested on, and ends with its session;
-- where it has none it outlives sessions, for so long.
insert into grants (id, user_id, client_id, session_id, scopes, audience, wrapped_secret, wrapping_key_id, rotated_at,
                    window_opened_at, presenter, userinfo_claims, amr, acr, auth_time, rev, created_at, expires_at)
values (:id, :userId, :clientId, :sessionId?, :scopes, :audience, :wrappedSecret, :wrappingKeyId, signet_now(),
        signet_now(), :presenter, :userinfoClaims?, :amr, :acr, :authTime, :rev, signet_now(),
        case when :sessionId?::uuid is null then signet_now() + make_interval(secs => :offlineLifetimeSeconds::integer)
             else (select s.expires_at from sessions s where s.id = :sessionId?) end)
returning expires_at;

-- name: findGrantSecret :maybe
-- What never changes about a grant, and is needed before its refresh token can be believed.
select user_id, client_id, wrapped_secret, wrapping_key_id from grants where id = :id;

-- name: decideRefreshes :many
-- Decides on refresh tokens whose MACs were found right, each of another grant, and does what is decided, except for ending a
-- grant: 'reuse' is only told, because ending goes with a log entry and an event, in a transaction.
--
-- It waits for nobody: a grant that somebody else holds is left out, and so is one that is gone. With rows locked in the order
-- of their ids, and none waited for, it is in no deadlock.
--
-- Only the rows of the grants are read as they are after the lock; session, user, client and cuts are read as they were when
-- the statement began, and so is the position. Whoever ends a session ends its grants, which is seen. Whoever raises a
-- cut meanwhile has a greater position than the one that the answer carries, so what this yields is dead.
--
-- A retry is late from the second half of the window on: of two tabs that ask again as it ends, the first confirms the
-- successor, and the second may not find the window closed. Earlier retries write nothing.
with presented as materialized (
  select p.*
    from unnest(:grantIds::uuid[], :userIds::uuid[], :clientIds::text[], :generations::integer[],
                :clientsAuthenticated::boolean[], :presenters::bytea[])
      as p (grant_id, user_id, client_id, generation, client_authenticated, presenter)
), held as materialized (
  select id, user_id, client_id, session_id, scopes, audience, generation, rotated_at, window_opened_at,
         confirmed_generation, presenter, claims, amr, acr, auth_time, rev, expires_at, ended_at
    from grants
   where id = any(:grantIds::uuid[])
   order by id
     for no key update skip locked
), head as materialized (
  select signet_now() as moment, global_cut() as cut, revocation_position() as position
), seen as materialized (
  select held.*, p.generation as presented, p.presenter as presented_by, head.moment, head.position,
         c.first_party, c.confirming, c.access_token_lifetime_seconds, c.signing_algorithm, c.type = 'public' as rotates,
         head.moment - held.window_opened_at < make_interval(secs => :windowSeconds) as within_window,
         head.moment - held.window_opened_at > make_interval(secs => :windowSeconds) / 2 as window_closing,
         head.moment - held.rotated_at <= interval '7 days' as within_recovery,
         least(s.idle_expires_at, s.expires_at) as session_expires_at,
         held.ended_at is null and held.expires_at > head.moment
           and u.status = 'active' and c.status = 'active'
           and (c.type = 'public' or p.client_authenticated)
           and held.rev >= greatest(u.cut, c.cut, head.cut)
           and (held.session_id is null
                or (s.ended_at is null and least(s.idle_expires_at, s.expires_at) > head.moment
                    and s.rev >= greatest(u.cut, head.cut))) as alive
    from held
    join presented p on p.grant_id = held.id and p.user_id = held.user_id and p.client_id = held.client_id
   cross join head
    join users u on u.id = held.user_id
    join clients c on c.id = held.client_id
    left join sessions s on s.id = held.session_id
), judged as (
  select seen.*,
         case
           when alive is not true                                        then 'dead'
           when presented > generation                                   then 'state_lost'
           when presented = generation and (within_window or not rotates) then 'same_token'
           when presented = generation                                   then 'advance'
           when presented = generation - 1 and confirming and window_closing
                and confirmed_generation < generation and within_recovery then 'late_successor'
           when presented = generation - 1 and within_window             then 'same_successor'
           else                                                               'reuse'
         end as verdict
    from seen
), decided as materialized (
  select judged.*, verdict in ('advance', 'same_token', 'same_successor', 'late_successor') as accepted from judged
), changed as (
  -- Whoever presents the current generation has it: that confirms it. A late retry opens the window anew, because
  -- others may hold the same token, and must get the same answer, although the successor is soon confirmed.
  update grants g
     set generation = d.generation + (d.verdict = 'advance')::integer,
         confirmed_generation = case when d.verdict = 'late_successor' then g.confirmed_generation else d.generation end,
         rotated_at = case when d.verdict = 'advance' then d.moment else g.rotated_at end,
         window_opened_at = case when d.verdict = 'same_token' then g.window_opened_at else d.moment end,
         presenter = case when d.verdict = 'same_token' then g.presenter else d.presented_by end
    from decided d
   where g.id = d.id
     and (d.verdict in ('advance', 'late_successor')
          or (d.verdict = 'same_token' and d.confirmed_generation < d.generation))
), reachable as materialized (
  -- The sessions that nobody holds.
  select id from sessions
   where id = any(array(select d.session_id from decided d where d.accepted))
     for no key update skip locked
), touched as (
  update sessions s
     set last_active_at = greatest(s.last_active_at, head.moment),
         idle_expires_at = least(head.moment + make_interval(secs => case when s.persistent then :idleLifetimeSeconds::integer
                                                                         else :temporaryIdleLifetimeSeconds::integer end), s.expires_at)
    from head
   where s.id = any(array(select r.id from reachable r)) and s.ended_at is null
  returning s.id, least(s.idle_expires_at, s.expires_at) as expires_at
)
select d.id as "grant_id!", d.verdict as "verdict!",
       d.generation + (d.verdict = 'advance')::integer as "generation!",
       d.session_id, d.first_party as "first_party!", d.scopes as "scopes!", d.audience as "audience!",
       d.claims as "claims?", d.access_token_lifetime_seconds as "access_token_lifetime_seconds?",
       d.signing_algorithm as "signing_algorithm!", d.amr as "amr!", d.acr as "acr!", d.auth_time as "auth_time!",
       d.rotates and d.within_window and d.accepted and d.presenter <> d.presented_by as "elsewhere!",
       least(t.expires_at, d.session_expires_at, d.expires_at) as "expires_at!",
       case when d.accepted then (select r from role_names_of(d.user_id) as r) end as "role_names?",
       d.position as "position!"
  from decided d
  left join touched t on t.id = d.session_id;

-- name: lockGrant :exec
-- Waits until nobody else decides on this grant, and lets nobody else decide until the transaction ends.
select from grants where id = :id for no key update;

-- name: confirmGeneration :exec
-- Notes that the holder of a grant has the current generation; any other one says nothing that counts.
update grants
   set confirmed_generation = :generation
 where id = :grantId and user_id = :userId and client_id = :clientId
   and generation = :generation and confirmed_generation < :generation and ended_at is null;

-- name: lockGrantsOfSession :many
-- Locks the living grants of a session, in the order in which everyone locks them. Whoever ends a session does this first.
select id from grants where session_id = :sessionId and ended_at is null order by id for no key update;

-- name: listClientsOfSessions :many
-- The clients that got something in these sessions, the one that used it last first, and whether they still hold something.
select g.session_id as "session_id!", c.name, bool_or(g.ended_at is null) as "live!"
  from grants g
  join clients c on c.id = g.client_id
 where g.session_id = any(:sessionIds::uuid[])
 group by g.session_id, c.id, c.name
 order by max(g.rotated_at) desc, c.id;

-- name: endGrant :maybe
-- Ends a grant, and tells it to everyone; no row where it has ended before.
with ended as (
  update grants set ended_at = signet_now(), end_reason = :reason where id = :id and ended_at is null returning id
)
select log_revocation('gid', ended.id::text, :reason) as "entry!" from ended;

-- name: endSessionWithGrants :maybe
-- Ends a session and its grants, and tells it to everyone; no row where it has ended before. The grants are locked.
with ended as (
  update sessions set ended_at = signet_now(), end_reason = :reason where id = :id and ended_at is null returning id
), grants_ended as (
  update grants g
     set ended_at = signet_now(), end_reason = :reason
    from ended
   where g.session_id = ended.id and g.ended_at is null
)
select log_revocation('sid', ended.id::text, :reason) as "entry!" from ended;

-- name: endGrantsOfClient :many
-- Ends every grant that a client has of a person, and tells it to everyone.
with held as materialized (
  select id from grants where user_id = :userId and client_id = :clientId and ended_at is null order by id for no key update
), ended as (
  update grants g set ended_at = signet_now(), end_reason = :reason from held h where g.id = h.id returning g.id
)
select log_revocation('gid', e.id::text, :reason) as "entry_id!" from ended e;

-- name: findPresentable :maybe
-- A grant whose refresh token of this generation would be accepted now: the current one, or the one before while the
-- window is open. Nothing is changed by asking.
select g.scopes, g.audience, g.created_at,
       least(g.expires_at, coalesce(s.idle_expires_at, g.expires_at), coalesce(s.expires_at, g.expires_at)) as "expires_at!"
  from grants g
  join users u on u.id = g.user_id
  join clients c on c.id = g.client_id
  left join sessions s on s.id = g.session_id
 where g.id = :grantId and g.user_id = :userId and g.client_id = :clientId
   and (g.generation = :generation::integer
        or (g.generation - 1 = :generation and signet_now() - g.window_opened_at < make_interval(secs => :windowSeconds)))
   and g.ended_at is null and g.expires_at > signet_now()
   and u.status = 'active' and c.status = 'active'
   and g.rev >= greatest(u.cut, c.cut, global_cut())
   and (g.session_id is null
        or (s.ended_at is null and least(s.idle_expires_at, s.expires_at) > signet_now()
            and s.rev >= greatest(u.cut, global_cut())));

-- name: lockGrantSecrets :many
-- Grants whose secret is wrapped under this key, but those that somebody is at work on.
select id, wrapped_secret as wrapped
  from grants
 where wrapping_key_id = :keyId and id > :after::uuid
 order by id
 limit :limit::integer
   for no key update skip locked;

-- name: replaceGrantSecrets :exec
-- Stores the same secrets, wrapped under another key.
update grants g
   set wrapped_secret = w.wrapped, wrapping_key_id = :keyId
  from unnest(:ids::uuid[], :wrapped::bytea[]) as w (id, wrapped)
 where g.id = w.id and g.wrapping_key_id = :formerKeyId;

-- name: deleteOldGrants :exec
-- Grants that ended or expired a while ago.
delete from grants
 where id = any (array(select id from grants
                        where ended_at < signet_now() - make_interval(days => :days::integer)
                        limit :limit::integer
                          for update skip locked))
    or id = any (array(select id from grants
                        where expires_at < signet_now() - make_interval(days => :days)
                        limit :limit
                          for update skip locked));
