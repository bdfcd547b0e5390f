// Generated from revocation.sql by tools/sql. Do not edit.
import { many, maybe, one, type Json } from '../db/query.ts'

/** Whether the client through which somebody wants to leave is one of ours; no row where the session has ended, in whichever way. The session may be that of a browser in which several clients are signed in to. */
export const findDepartingSession = maybe<
  {
    clientId: string
    sessionId: string
    userId: string
  },
  {
    firstParty: boolean
  }
>({
  name: 'revocation.findDepartingSession',
  text: `select c.first_party
  from sessions s
  join users u on u.id = s.user_id
  join clients own on own.id = s.client_id
  join clients c on c.id = $1
 where s.id = $2 and s.user_id = $3
   and s.ended_at is null and least(s.idle_expires_at, s.expires_at) > signet_now()
   and s.rev >= greatest(u.cut, own.cut, global_cut())`,
  params: ['clientId', 'sessionId', 'userId'],
  columns: ['firstParty'],
})

/** The session that a grant belongs to; null where it belongs to none. */
export const findSessionOfGrant = maybe<{ grantId: string }, { sessionId: string | null }>({
  name: 'revocation.findSessionOfGrant',
  text: `select session_id from grants where id = $1`,
  params: ['grantId'],
  columns: ['sessionId'],
})

/** The first lock of whoever raises the cut of a user. */
export const lockUser = maybe<{ id: string }, { id: string }>({
  name: 'revocation.lockUser',
  text: `select id from users where id = $1 for no key update`,
  params: ['id'],
  columns: ['id'],
})

/** Locks a session of this user; no row where it has ended, in whichever way. A statement of its own, after the locks on the user and on the grants of the session were had, so that it sees what was committed before them. */
export const lockLiveSession = maybe<{ sessionId: string; userId: string }, { id: string }>({
  name: 'revocation.lockLiveSession',
  text: `select s.id
  from sessions s
  join users u on u.id = s.user_id
  join clients c on c.id = s.client_id
 where s.id = $1 and s.user_id = $2
   and s.ended_at is null and least(s.idle_expires_at, s.expires_at) > signet_now()
   and u.status = 'active' and c.status = 'active'
   and s.rev >= greatest(u.cut, c.cut, global_cut())
   for no key update of s`,
  params: ['sessionId', 'userId'],
  columns: ['id'],
})

/** Waits until nobody else changes the session. */
export const lockSession = maybe<{ id: string }, { id: string }>({
  name: 'revocation.lockSession',
  text: `select id from sessions where id = $1 for no key update`,
  params: ['id'],
  columns: ['id'],
})

/** How many live sessions a user has beside this one. */
export const countOtherSessions = one<{ userId: string; sessionId: string }, { count: number }>({
  name: 'revocation.countOtherSessions',
  text: `select count(*)::integer as "count!"
  from sessions s
  join users u on u.id = s.user_id
  join clients c on c.id = s.client_id
 where s.user_id = $1 and s.id <> $2
   and s.ended_at is null and least(s.idle_expires_at, s.expires_at) > signet_now()
   and s.rev >= greatest(u.cut, c.cut, global_cut())`,
  params: ['userId', 'sessionId'],
  columns: ['count'],
})

/** Ends every session and grant of a user, but for one session. The user is locked, and so are that session and its grants. */
export const logUserCut = one<
  {
    userId: string
    reason: string
    exceptSid: string | null
    awaited: boolean
  },
  {
    entryId: bigint
  }
>({
  name: 'revocation.logUserCut',
  text: `select log_revocation('sub', $1::uuid::text, $2, $3, $4) as "entry_id!"`,
  params: ['userId', 'reason', 'exceptSid', 'awaited'],
  columns: ['entryId'],
})

/** Ends sessions of the users named with them, and their grants, records it and tells it to everyone. Waits for nobody: a session of which anything is locked by others is passed over, and answered without an entry. A session that has ended before is not answered. */
export const endSessions = many<
  {
    asked: NonNullable<Json>
  },
  {
    sessionId: string
    userId: string
    entryId: bigint | null
  }
>({
  name: 'revocation.endSessions',
  text: `with asked as materialized (
  select a.*
    from jsonb_to_recordset($1)
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
  left join logged n on n.value = l.session_id::text`,
  params: ['asked'],
  columns: ['sessionId', 'userId', 'entryId'],
  json: ['asked'],
})

/** The positions of entries, once they are committed. */
export const listPositions = many<{ ids: readonly bigint[] }, { id: bigint; position: bigint }>({
  name: 'revocation.listPositions',
  text: `select id, position as "position!" from revocation_log where id = any($1::bigint[]) and position is not null`,
  params: ['ids'],
  columns: ['id', 'position'],
})

/** Ends one access token. */
export const logTokenRevoked = one<{ jti: string; reason: string }, { entryId: bigint }>({
  name: 'revocation.logTokenRevoked',
  text: `select log_revocation('jti', $1, $2) as "entry_id!"`,
  params: ['jti', 'reason'],
  columns: ['entryId'],
})

/** A grant that has not ended, with its client; whether anything above it is alive does not matter. */
export const findGrantToRevoke = maybe<
  {
    grantId: string
  },
  {
    sessionId: string | null
    firstParty: boolean
  }
>({
  name: 'revocation.findGrantToRevoke',
  text: `select g.session_id, c.first_party
  from grants g
  join clients c on c.id = g.client_id
 where g.id = $1 and g.ended_at is null`,
  params: ['grantId'],
  columns: ['sessionId', 'firstParty'],
})

/** Whether a client may end a session: it was opened through this client, or the client is one of ours. No row where the session has ended, in whichever way. */
export const findSessionToLeave = maybe<
  {
    clientId: string
    sessionId: string
    userId: string
  },
  {
    mayLeave: boolean
  }
>({
  name: 'revocation.findSessionToLeave',
  text: `select s.client_id = c.id or c.first_party as "may_leave!"
  from sessions s
  join users u on u.id = s.user_id
  join clients own on own.id = s.client_id
  join clients c on c.id = $1
 where s.id = $2 and s.user_id = $3
   and s.ended_at is null and least(s.idle_expires_at, s.expires_at) > signet_now()
   and s.rev >= greatest(u.cut, own.cut, global_cut())`,
  params: ['clientId', 'sessionId', 'userId'],
  columns: ['mayLeave'],
})
