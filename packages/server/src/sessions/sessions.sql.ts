// Generated from sessions.sql by tools/sql. Do not edit.
import { exec, many, type Json } from '../db/query.ts'

/** Starts sessions and records them, each only where user and client are active, neither they nor the whole installation were cut since the credential was read at `rev`, and the password, where it rests on one, is still the one that was read. No lock: a cut that commits at the same moment is greater than this rev. Times of passwords are compared in milliseconds, as written. A session that may not be is not answered. */
export const insertSessions = many<
  {
    asked: NonNullable<Json>
    scopesNeedingProof: readonly string[]
  },
  {
    id: string
    expiresAt: Date
    position: bigint
    roleNames: string[]
    scopes: string[]
  }
>({
  name: 'sessions.insertSessions',
  text: `with asked as materialized (
  select a.*
    from jsonb_to_recordset($1)
      as a (id uuid, user_id uuid, client_id text, installation_id text, device_model text, device_os text, device_app text,
            ip_address inet, country text, user_agent text, amr text[], acr text, auth_time timestamptz, rev bigint,
            password_set_at timestamptz, persistent boolean, idle_lifetime_seconds integer, lifetime_seconds integer, event_id uuid,
            event_kind text, event_outcome text, event_reference text, event_details text, event_origin text)
), started as (
  insert into sessions (id, user_id, client_id, installation_id, device_model, device_os, device_app, ip_address,
                        country, user_agent, amr, acr, auth_time, rev, created_at, last_active_at, persistent, idle_expires_at, expires_at)
  select a.id, u.id, c.id, a.installation_id, a.device_model, a.device_os, a.device_app, a.ip_address,
         a.country, a.user_agent, a.amr, a.acr, a.auth_time, a.rev, a.auth_time, a.auth_time, a.persistent,
         signet_now() + make_interval(secs => a.idle_lifetime_seconds), signet_now() + make_interval(secs => a.lifetime_seconds)
    from asked a
    join users u on u.id = a.user_id and u.status = 'active'
    join clients c on c.id = a.client_id and c.status = 'active'
   where a.rev >= greatest(u.cut, c.cut, global_cut())
     and (a.password_set_at is null
          or exists (select from passwords p
                      where p.user_id = u.id and date_trunc('milliseconds', p.set_at) = a.password_set_at))
  returning id, user_id, client_id, least(idle_expires_at, expires_at) as expires_at
), recorded as (
  insert into events (id, occurred_at, kind, outcome, actor_id, subject_id, client_id, reference, details, origin)
  select a.event_id, a.auth_time, a.event_kind, a.event_outcome, s.user_id, s.user_id, s.client_id, a.event_reference,
         a.event_details::json, decode(a.event_origin, 'base64')
    from started s
    join asked a on a.id = s.id
)
select s.id as "id!", s.expires_at as "expires_at!",
       revocation_position() as "position!",
       (select r from role_names_of(s.user_id) as r) as "role_names!",
       scopes_allowed(s.user_id, c.scopes, $2::text[]) as "scopes!"
  from started s
  join clients c on c.id = s.client_id`,
  params: ['asked', 'scopesNeedingProof'],
  columns: ['id', 'expiresAt', 'position', 'roleNames', 'scopes'],
  json: ['asked'],
})

/** Sessions that ended or expired a while ago, with their grants. */
export const deleteOldSessions = exec<{ days: number; limit: number }>({
  name: 'sessions.deleteOldSessions',
  text: `delete from sessions
 where id = any (array(select id from sessions
                        where ended_at < signet_now() - make_interval(days => $1::integer)
                        limit $2::integer
                          for update skip locked))
    or id = any (array(select id from sessions
                        where expires_at < signet_now() - make_interval(days => $1)
                        limit $2
                          for update skip locked))`,
  params: ['days', 'limit'],
  columns: [],
})
