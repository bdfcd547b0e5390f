// Generated from backchannel-logout.sql by tools/sql. Do not edit.
import { exec, many, maybe, one } from '../db/query.ts'

/** Looks at the sessions whose time it is, unless another instance does: what has ended without a word is ended here, and queued with that; the others are looked at again when they would expire. */
export const sweepBackchannelLogouts = one<{ limit: number }, { lookedAt: number }>({
  name: 'revocation.backchannel-logout.sweepBackchannelLogouts',
  text: `with alone as materialized (
  select pg_try_advisory_xact_lock(hashtextextended('signet back-channel logout', 0)) as held
), due as materialized (
  select b.session_id, b.client_id
    from backchannel_logouts b
   where b.look_at <= signet_now() and (select held from alone)
   order by b.look_at
   limit $1::integer
     for no key update skip locked
), judged as materialized (
  select d.session_id, d.client_id, least(s.idle_expires_at, s.expires_at) as expires_at,
         s.ended_at is not null or least(s.idle_expires_at, s.expires_at) <= signet_now()
           or s.rev < greatest(u.cut, c.cut, global_cut()) as over
    from due d
    join sessions s on s.id = d.session_id
    join users u on u.id = s.user_id
    join clients c on c.id = s.client_id
), ended as (
  update backchannel_logouts b
     set look_at = null, ended_at = signet_now()
    from judged j
   where b.session_id = j.session_id and b.client_id = j.client_id and j.over
), later as (
  update backchannel_logouts b
     set look_at = j.expires_at
    from judged j
   where b.session_id = j.session_id and b.client_id = j.client_id and not j.over
)
select count(*)::integer as "looked_at!" from judged`,
  params: ['limit'],
  columns: ['lookedAt'],
})

/** Where a client hears of sign-outs, and what its tokens are signed with; no row where it does not hear of them any more. */
export const findBackchannelClient = maybe<
  {
    id: string
  },
  {
    uri: string
    signingAlgorithm: 'ES256' | 'RS256' | 'EdDSA'
  }
>({
  name: 'revocation.backchannel-logout.findBackchannelClient',
  text: `select backchannel_logout_uri as "uri!", signing_algorithm
  from clients
 where id = $1 and status = 'active' and backchannel_logout_uri is not null`,
  params: ['id'],
  columns: ['uri', 'signingAlgorithm'],
})

export const noteBackchannelDelivered = exec<{ sessionId: string; clientId: string }>({
  name: 'revocation.backchannel-logout.noteBackchannelDelivered',
  text: `update backchannel_logouts
   set delivered_at = signet_now(), failed_at = null
 where session_id = $1 and client_id = $2 and delivered_at is null`,
  params: ['sessionId', 'clientId'],
  columns: [],
})

export const noteBackchannelFailed = exec<{ sessionId: string; clientId: string }>({
  name: 'revocation.backchannel-logout.noteBackchannelFailed',
  text: `update backchannel_logouts
   set failed_at = signet_now()
 where session_id = $1 and client_id = $2 and delivered_at is null`,
  params: ['sessionId', 'clientId'],
  columns: [],
})

/** The clients of sessions that these entries have ended: how far those are told that hear of it, and which do not hear of it though they sign people in. */
export const listReceiptClients = many<
  {
    positions: readonly bigint[]
    limit: number
  },
  {
    position: bigint
    clientId: string
    name: string
    state: string
  }
>({
  name: 'revocation.backchannel-logout.listReceiptClients',
  text: `with asked as materialized (
  select l.id, l.position, l.scope, l.value, l.except_sid, l.created_at from revocation_log l where l.position = any($1::bigint[])
), told as (
  select a.position, b.client_id, bool_and(b.delivered_at is not null) as delivered, bool_or(b.failed_at is not null) as failed
    from asked a
    join backchannel_logouts b on b.entry_id = a.id
   group by 1, 2
), held as (
  select a.position, g.client_id
    from asked a
    join grants g on g.session_id = case when a.scope = 'sid' then a.value::uuid end
   where a.scope = 'sid'
  union
  select a.position, g.client_id
    from asked a
    join grants g on g.user_id = case when a.scope = 'sub' then a.value::uuid end
   where a.scope = 'sub' and g.ended_at is null and g.session_id is distinct from a.except_sid
     and g.session_id is not null and g.expires_at > a.created_at
), untold as (
  select h.position, h.client_id
    from held h
    join clients c on c.id = h.client_id
   where c.backchannel_logout_uri is null and cardinality(c.redirect_uris) > 0
), listed as (
  select t.position, t.client_id, case when t.failed then 'failed' when t.delivered then 'delivered' else 'in_flight' end as state from told t
  union all
  select u.position, u.client_id, 'not_told' from untold u
)
select l.position as "position!", l.client_id as "client_id!", c.name as "name!", l.state as "state!"
  from listed l
  join clients c on c.id = l.client_id
 order by l.position, l.client_id
 limit $2::integer`,
  params: ['positions', 'limit'],
  columns: ['position', 'clientId', 'name', 'state'],
})
