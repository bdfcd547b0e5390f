-- name: findDepartingSession :maybe
-- Whether the client through which somebody wants to leave is one of ours; no row where the session has ended, in whichever
-- way. The session may be that of a browser in which several clients are signed in to.
select c.first_party
  from sessions s
  join users u on u.id = s.user_id
  join clients own on own.id = s.client_id
  join clients c on c.id = :clientId
 where s.id = :sessionId and s.user_id = :userId
   and s.ended_at is null and least(s.idle_expires_at, s.expires_at) > signet_now()
   and s.rev >= greatest(u.cut, own.cut, global_cut());

-- name: findSessionOfGrant :maybe
-- The session that a grant belongs to; null where it belongs to none.
select session_id from grants where id = :grantId;

-- name: lockUser :maybe
-- The first lock of whoever raises the cut of a user.
select id from users where id = :id for no key update;

-- name: lockLiveSession :maybe
-- Locks a session of this user; no row where it has ended, in whichever way. A statement of its own, after the locks on
-- the user and on the grants of the session were had, so that it sees what was committed before them.
select s.id
  from sessions s
  join users u on u.id = s.user_id
  join clients c on c.id = s.client_id
 where s.id = :sessionId and s.user_id = :userId
   and s.ended_at is null and least(s.idle_expires_at, s.expires_at) > signet_now()
   and u.status = 'active' and c.status = 'active'
   and s.rev >= greatest(u.cut, c.cut, global_cut())
   for no key update of s;

-- name: lockSession :maybe
-- Waits until nobody else changes the session.
select id from sessions where id = :id for no key update;

-- name: countOtherSessions :one
-- How many live sessions a user has beside this one.
select count(*)::integer as "count!"
  from sessions s
  join users u on u.id = s.user_id
  join clients c on c.id = s.client_id
 where s.user_id = :userId and s.id <> :sessionId
   and s.ended_at is null and least(s.idle_expires_at, s.expires_at) > signet_now()
   and s.rev >= greatest(u.cut, c.cut, global_cut());

-- name: logUserCut :one
-- Ends every session and grant of a user, but for one session. The user is locked, and so are that session and its grants.
select log_revocation('sub', :userId::uuid::text, :reason, :exceptSid?, :awaited) as "entry_id!";

-- name: endSessions :many
-- Ends sessions of the users named with them, and their grants, records it and tells it to everyone. Waits for nobody: a session of which anything is
-- locked by others is passed over, and answered without an entry. A session that has ended before is not answered.
with asked as materialized (
  select a.*
    from jsonb_to_recordset(:asked)
      as a (session_id uuid, user_id uuid, reason text, event_id uuid, occurred_at timestamptz, kind text, outcome text,
            actor_id uuid, client_id text, reference text, details text, origin text, awaited boolean)
), live as materialized (
  select a.*
    from asked a
    join sessions s on s.id = a.session_id and s.user_id = a.user_id
    join users u on u.id = s.user_id
    join clients c on c.id = s.client_id
   where s.ended_at is null and least(s.idle_expires_at, s.expires_at) > signet_now()
     and s.rev >= greatest(u.cut, c.cut, global_cut())
), held_grants as materialized (
  select g.id, g.session_id
    from grants g
   where g.session_id in (select l.session_id from live l) and g.ended_at is null
   order by g.id
     for no key update skip locked
), held as materialized (
  select s.id
    from sessions s
   where s.id in (select l.session_id from live l) and s.ended_at is null
     and (select count(*) from grants g where g.session_id = s.id and g.ended_at is null)
       = (select count(*) from held_grants h where h.session_id = s.id)
   order by s.id
     for no key update skip locked
), ended as (
  update sessions s
     set ended_at = signet_now(), end_reason = l.reason
    from held h join live l on l.session_id = h.id
   where s.id = h.id
  returning l.*
), grants_ended as (
  update grants g
     set ended_at = signet_now(), end_reason = e.reason
    from held_grants h join ended e on e.session_id = h.session_id
   where g.id = h.id
), logged as (
  insert into revocation_log (scope, value, reason, awaited)
  select 'sid', e.session_id::text, e.reason, e.awaited from ended e order by e.session_id
  returning id, value
), recorded as (
  insert into events (id, occurred_at, kind, outcome, actor_id, subject_id, client_id, reference, details, origin)
  select e.event_id, e.occurred_at, e.kind, e.outcome, e.actor_id, e.user_id, e.client_id, e.reference, e.details::json,
         decode(e.origin, 'base64')
    from ended e
)
select l.session_id as "session_id!", l.user_id as "user_id!", n.id as "entry_id?"
  from live l
  left join logged n on n.value = l.session_id::text;

-- name: listPositions :many
-- The positions of entries, once they are committed.
select id, position as "position!" from revocation_log where id = any(:ids::bigint[]) and position is not null;

-- name: logTokenRevoked :one
-- Ends one access token.
select log_revocation('jti', :jti, :reason) as "entry_id!";

-- name: findGrantToRevoke :maybe
-- A grant that has not ended, with its client; whether anything above it is alive does not matter.
select g.session_id, c.first_party
  from grants g
  join clients c on c.id = g.client_id
 where g.id = :grantId and g.ended_at is null;

-- name: findSessionToLeave :maybe
-- Whether a client may end a session: it was opened through this client, or the client is one of ours. No row where the session
-- has ended, in whichever way.
select s.client_id = c.id or c.first_party as "may_leave!"
  from sessions s
  join users u on u.id = s.user_id
  join clients own on own.id = s.client_id
  join clients c on c.id = :clientId
 where s.id = :sessionId and s.user_id = :userId
   and s.ended_at is null and least(s.idle_expires_at, s.expires_at) > signet_now()
   and s.rev >= greatest(u.cut, own.cut, global_cut());
