// Generated from grants.sql by tools/sql. Do not edit.
import { exec, many, maybe, one, type Json } from '../db/query.ts'

/** Grants of sessions. Each rests on the credential that its session rests on, so it takes over the session's rev: what was revoked since that credential was read has killed both. Without the session there is no grant. */
export const insertGrants = many<{ asked: NonNullable<Json> }, { id: string }>({
  name: 'grants.insertGrants',
  text: `insert into grants (id, user_id, client_id, session_id, scopes, audience, wrapped_secret, wrapping_key_id, rotated_at,
                    window_opened_at, presenter, claims, amr, acr, auth_time, rev, created_at, expires_at)
select a.id, s.user_id, s.client_id, s.id, a.scopes, a.audience, decode(a.wrapped_secret, 'base64'), a.wrapping_key_id,
       signet_now(), signet_now(), decode(a.presenter, 'base64'), a.claims, s.amr, s.acr, s.auth_time, s.rev, signet_now(),
       s.expires_at
  from jsonb_to_recordset($1)
    as a (id uuid, session_id uuid, scopes text[], audience text[], wrapped_secret text, wrapping_key_id text, presenter text,
          claims jsonb)
 cross join lateral (
   select s.id, s.user_id, s.client_id, s.amr, s.acr, s.auth_time, s.rev, s.expires_at
     from sessions s where s.id = a.session_id limit 1
 ) s
returning id`,
  params: ['asked'],
  columns: ['id'],
  json: ['asked'],
})

/** The grant of what a person authorized a client to do. It rests on what the authorization rested on, and ends with its session; where it has none it outlives sessions, for so long. */
export const insertAuthorizedGrant = one<
  {
    id: string
    userId: string
    clientId: string
    sessionId: string | null
    scopes: readonly string[]
    audience: readonly string[]
    wrappedSecret: Buffer
    wrappingKeyId: string
    presenter: Buffer
    userinfoClaims: NonNullable<Json> | null
    amr: readonly string[]
    acr: string
    authTime: Date
    rev: bigint
    offlineLifetimeSeconds: number
  },
  {
    expiresAt: Date
  }
>({
  name: 'grants.insertAuthorizedGrant',
  text: `insert into grants (id, user_id, client_id, session_id, scopes, audience, wrapped_secret, wrapping_key_id, rotated_at,
                    window_opened_at, presenter, userinfo_claims, amr, acr, auth_time, rev, created_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, signet_now(),
        signet_now(), $9, $10, $11, $12, $13, $14, signet_now(),
        case when $4::uuid is null then signet_now() + make_interval(secs => $15::integer)
             else (select s.expires_at from sessions s where s.id = $4) end)
returning expires_at`,
  params: ['id', 'userId', 'clientId', 'sessionId', 'scopes', 'audience', 'wrappedSecret', 'wrappingKeyId', 'presenter', 'userinfoClaims', 'amr', 'acr', 'authTime', 'rev', 'offlineLifetimeSeconds'],
  columns: ['expiresAt'],
  json: ['userinfoClaims'],
})

/** What never changes about a grant, and is needed before its refresh token can be believed. */
export const findGrantSecret = maybe<
  {
    id: string
  },
  {
    userId: string
    clientId: string
    wrappedSecret: Buffer
    wrappingKeyId: string
  }
>({
  name: 'grants.findGrantSecret',
  text: `select user_id, client_id, wrapped_secret, wrapping_key_id from grants where id = $1`,
  params: ['id'],
  columns: ['userId', 'clientId', 'wrappedSecret', 'wrappingKeyId'],
})

/** Decides on refresh tokens whose MACs were found right, each of another grant, and does what is decided, except for ending a grant: 'reuse' is only told, because ending goes with a log entry and an event, in a transaction.  It waits for nobody: a grant that somebody else holds is left out, and so is one that is gone. With rows locked in the order of their ids, and none waited for, it is in no deadlock.  Only the rows of the grants are read as they are after the lock; session, user, client and cuts are read as they were when the statement began, and so is the position. Whoever ends a session ends its grants, which is seen. Whoever raises a cut meanwhile has a greater position than the one that the answer carries, so what this yields is dead.  A retry is late from the second half of the window on: of two tabs that ask again as it ends, the first confirms the successor, and the second may not find the window closed. Earlier retries write nothing. */
export const decideRefreshes = many<
  {
    grantIds: readonly string[]
    userIds: readonly string[]
    clientIds: readonly string[]
    generations: readonly number[]
    clientsAuthenticated: readonly boolean[]
    presenters: readonly Buffer[]
    windowSeconds: number
    idleLifetimeSeconds: number
    temporaryIdleLifetimeSeconds: number
  },
  {
    grantId: string
    verdict: string
    generation: number
    sessionId: string | null
    firstParty: boolean
    scopes: string[]
    audience: string[]
    claims: Json | null
    accessTokenLifetimeSeconds: number | null
    signingAlgorithm: 'ES256' | 'RS256' | 'EdDSA'
    amr: string[]
    acr: string
    authTime: Date
    elsewhere: boolean
    expiresAt: Date
    roleNames: string[] | null
    position: bigint
  }
>({
  name: 'grants.decideRefreshes',
  text: `with presented as materialized (
  select p.*
    from unnest($1::uuid[], $2::uuid[], $3::text[], $4::integer[],
                $5::boolean[], $6::bytea[])
      as p (grant_id, user_id, client_id, generation, client_authenticated, presenter)
), held as materialized (
  select id, user_id, client_id, session_id, scopes, audience, generation, rotated_at, window_opened_at,
         confirmed_generation, presenter, claims, amr, acr, auth_time, rev, expires_at, ended_at
    from grants
   where id = any($1::uuid[])
   order by id
     for no key update skip locked
), head as materialized (
  select signet_now() as moment, global_cut() as cut, revocation_position() as position
), seen as materialized (
  select held.*, p.generation as presented, p.presenter as presented_by, head.moment, head.position,
         c.first_party, c.confirming, c.access_token_lifetime_seconds, c.signing_algorithm, c.type = 'public' as rotates,
         head.moment - held.window_opened_at < make_interval(secs => $7) as within_window,
         head.moment - held.window_opened_at > make_interval(secs => $7) / 2 as window_closing,
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
  select id from sessions
   where id = any(array(select d.session_id from decided d where d.accepted))
     for no key update skip locked
), touched as (
  update sessions s
     set last_active_at = greatest(s.last_active_at, head.moment),
         idle_expires_at = least(head.moment + make_interval(secs => case when s.persistent then $8::integer
                                                                         else $9::integer end), s.expires_at)
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
  left join touched t on t.id = d.session_id`,
  params: ['grantIds', 'userIds', 'clientIds', 'generations', 'clientsAuthenticated', 'presenters', 'windowSeconds', 'idleLifetimeSeconds', 'temporaryIdleLifetimeSeconds'],
  columns: ['grantId', 'verdict', 'generation', 'sessionId', 'firstParty', 'scopes', 'audience', 'claims', 'accessTokenLifetimeSeconds', 'signingAlgorithm', 'amr', 'acr', 'authTime', 'elsewhere', 'expiresAt', 'roleNames', 'position'],
})

/** Waits until nobody else decides on this grant, and lets nobody else decide until the transaction ends. */
export const lockGrant = exec<{ id: string }>({
  name: 'grants.lockGrant',
  text: `select from grants where id = $1 for no key update`,
  params: ['id'],
  columns: [],
})

/** Notes that the holder of a grant has the current generation; any other one says nothing that counts. */
export const confirmGeneration = exec<
  {
    generation: number
    grantId: string
    userId: string
    clientId: string
  }
>({
  name: 'grants.confirmGeneration',
  text: `update grants
   set confirmed_generation = $1
 where id = $2 and user_id = $3 and client_id = $4
   and generation = $1 and confirmed_generation < $1 and ended_at is null`,
  params: ['generation', 'grantId', 'userId', 'clientId'],
  columns: [],
})

/** Locks the living grants of a session, in the order in which everyone locks them. Whoever ends a session does this first. */
export const lockGrantsOfSession = many<{ sessionId: string }, { id: string }>({
  name: 'grants.lockGrantsOfSession',
  text: `select id from grants where session_id = $1 and ended_at is null order by id for no key update`,
  params: ['sessionId'],
  columns: ['id'],
})

/** The clients that got something in these sessions, the one that used it last first, and whether they still hold something. */
export const listClientsOfSessions = many<
  {
    sessionIds: readonly string[]
  },
  {
    sessionId: string
    name: string
    live: boolean
  }
>({
  name: 'grants.listClientsOfSessions',
  text: `select g.session_id as "session_id!", c.name, bool_or(g.ended_at is null) as "live!"
  from grants g
  join clients c on c.id = g.client_id
 where g.session_id = any($1::uuid[])
 group by g.session_id, c.id, c.name
 order by max(g.rotated_at) desc, c.id`,
  params: ['sessionIds'],
  columns: ['sessionId', 'name', 'live'],
})

/** Ends a grant, and tells it to everyone; no row where it has ended before. */
export const endGrant = maybe<{ reason: string; id: string }, { entry: bigint }>({
  name: 'grants.endGrant',
  text: `with ended as (
  update grants set ended_at = signet_now(), end_reason = $1 where id = $2 and ended_at is null returning id
)
select log_revocation('gid', ended.id::text, $1) as "entry!" from ended`,
  params: ['reason', 'id'],
  columns: ['entry'],
})

/** Ends a session and its grants, and tells it to everyone; no row where it has ended before. The grants are locked. */
export const endSessionWithGrants = maybe<{ reason: string; id: string }, { entry: bigint }>({
  name: 'grants.endSessionWithGrants',
  text: `with ended as (
  update sessions set ended_at = signet_now(), end_reason = $1 where id = $2 and ended_at is null returning id
), grants_ended as (
  update grants g
     set ended_at = signet_now(), end_reason = $1
    from ended
   where g.session_id = ended.id and g.ended_at is null
)
select log_revocation('sid', ended.id::text, $1) as "entry!" from ended`,
  params: ['reason', 'id'],
  columns: ['entry'],
})

/** Ends every grant that a client has of a person, and tells it to everyone. */
export const endGrantsOfClient = many<
  {
    userId: string
    clientId: string
    reason: string
  },
  {
    entryId: bigint
  }
>({
  name: 'grants.endGrantsOfClient',
  text: `with held as materialized (
  select id from grants where user_id = $1 and client_id = $2 and ended_at is null order by id for no key update
), ended as (
  update grants g set ended_at = signet_now(), end_reason = $3 from held h where g.id = h.id returning g.id
)
select log_revocation('gid', e.id::text, $3) as "entry_id!" from ended e`,
  params: ['userId', 'clientId', 'reason'],
  columns: ['entryId'],
})

/** A grant whose refresh token of this generation would be accepted now: the current one, or the one before while the window is open. Nothing is changed by asking. */
export const findPresentable = maybe<
  {
    grantId: string
    userId: string
    clientId: string
    generation: number
    windowSeconds: number
  },
  {
    scopes: string[]
    audience: string[]
    createdAt: Date
    expiresAt: Date
  }
>({
  name: 'grants.findPresentable',
  text: `select g.scopes, g.audience, g.created_at,
       least(g.expires_at, coalesce(s.idle_expires_at, g.expires_at), coalesce(s.expires_at, g.expires_at)) as "expires_at!"
  from grants g
  join users u on u.id = g.user_id
  join clients c on c.id = g.client_id
  left join sessions s on s.id = g.session_id
 where g.id = $1 and g.user_id = $2 and g.client_id = $3
   and (g.generation = $4::integer
        or (g.generation - 1 = $4 and signet_now() - g.window_opened_at < make_interval(secs => $5)))
   and g.ended_at is null and g.expires_at > signet_now()
   and u.status = 'active' and c.status = 'active'
   and g.rev >= greatest(u.cut, c.cut, global_cut())
   and (g.session_id is null
        or (s.ended_at is null and least(s.idle_expires_at, s.expires_at) > signet_now()
            and s.rev >= greatest(u.cut, global_cut())))`,
  params: ['grantId', 'userId', 'clientId', 'generation', 'windowSeconds'],
  columns: ['scopes', 'audience', 'createdAt', 'expiresAt'],
})

/** Grants whose secret is wrapped under this key, but those that somebody is at work on. */
export const lockGrantSecrets = many<
  {
    keyId: string
    after: string
    limit: number
  },
  {
    id: string
    wrapped: Buffer
  }
>({
  name: 'grants.lockGrantSecrets',
  text: `select id, wrapped_secret as wrapped
  from grants
 where wrapping_key_id = $1 and id > $2::uuid
 order by id
 limit $3::integer
   for no key update skip locked`,
  params: ['keyId', 'after', 'limit'],
  columns: ['id', 'wrapped'],
})

/** Stores the same secrets, wrapped under another key. */
export const replaceGrantSecrets = exec<
  {
    keyId: string
    ids: readonly string[]
    wrapped: readonly Buffer[]
    formerKeyId: string
  }
>({
  name: 'grants.replaceGrantSecrets',
  text: `update grants g
   set wrapped_secret = w.wrapped, wrapping_key_id = $1
  from unnest($2::uuid[], $3::bytea[]) as w (id, wrapped)
 where g.id = w.id and g.wrapping_key_id = $4`,
  params: ['keyId', 'ids', 'wrapped', 'formerKeyId'],
  columns: [],
})

/** Grants that ended or expired a while ago. */
export const deleteOldGrants = exec<{ days: number; limit: number }>({
  name: 'grants.deleteOldGrants',
  text: `delete from grants
 where id = any (array(select id from grants
                        where ended_at < signet_now() - make_interval(days => $1::integer)
                        limit $2::integer
                          for update skip locked))
    or id = any (array(select id from grants
                        where expires_at < signet_now() - make_interval(days => $1)
                        limit $2
                          for update skip locked))`,
  params: ['days', 'limit'],
  columns: [],
})
