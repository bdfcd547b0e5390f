// Generated from browser-sessions.sql by tools/sql. Do not edit.
import { exec, many, maybe } from '../db/query.ts'

/** The sessions that a browser holds secrets of, in the order of the secrets, as far as they and everything above them are alive. Whoever is active is kept from idling out, at most once a minute, and never by waiting for a row. */
export const listBrowserSessions = many<
  {
    secretHashes: readonly Buffer[]
    idleLifetimeSeconds: number
    temporaryIdleLifetimeSeconds: number
  },
  {
    sessionId: string
    userId: string
    authTime: Date
    amr: string[]
    acr: string
    rev: bigint
    position: bigint
    expiresAt: Date
    persistent: boolean
    displayName: string
    locale: string
    place: bigint
    email: string | null
  }
>({
  name: 'sessions.browser-sessions.listBrowserSessions',
  text: `with presented as materialized (
  select p.secret_hash, p.place from unnest($1::bytea[]) with ordinality as p (secret_hash, place)
), live as materialized (
  select p.place, s.id, s.user_id, s.auth_time, s.amr, s.acr, s.rev, s.last_active_at, s.persistent, s.expires_at,
         u.display_name, u.locale
    from presented p
    join session_cookies k on k.secret_hash = p.secret_hash
    join sessions s on s.id = k.session_id
    join users u on u.id = s.user_id
    join clients c on c.id = s.client_id
   where s.ended_at is null and least(s.idle_expires_at, s.expires_at) > signet_now()
     and u.status = 'active' and c.status = 'active'
     and s.rev >= greatest(u.cut, c.cut, global_cut())
), reachable as materialized (
  select s.id from sessions s
   where s.id in (select l.id from live l where l.last_active_at < signet_now() - interval '1 minute')
     for no key update skip locked
), touched as (
  update sessions s
     set last_active_at = greatest(s.last_active_at, signet_now()),
         idle_expires_at = least(signet_now() + make_interval(secs => case when s.persistent then $2::integer
                                                                           else $3::integer end), s.expires_at)
    from reachable r
   where s.id = r.id and s.ended_at is null
)
select l.id as "session_id!", l.user_id as "user_id!", l.auth_time as "auth_time!", l.amr as "amr!", l.acr as "acr!",
       l.rev as "rev!", revocation_position() as "position!", l.expires_at as "expires_at!",
       l.persistent as "persistent!", l.display_name as "display_name!", l.locale as "locale!", l.place as "place!",
       (select i.value from identifiers i
         where i.user_id = l.user_id and i.kind = 'email'
         order by i.id = primary_email(l.user_id) desc, i.created_at, i.id limit 1) as "email?"
  from live l
 order by l.place`,
  params: ['secretHashes', 'idleLifetimeSeconds', 'temporaryIdleLifetimeSeconds'],
  columns: ['sessionId', 'userId', 'authTime', 'amr', 'acr', 'rev', 'position', 'expiresAt', 'persistent', 'displayName', 'locale', 'place', 'email'],
})

/** Gives a session that has just been started its secret. */
export const insertSessionCookie = exec<{ sessionId: string; secretHash: Buffer }>({
  name: 'sessions.browser-sessions.insertSessionCookie',
  text: `insert into session_cookies (session_id, secret_hash) values ($1, $2)`,
  params: ['sessionId', 'secretHash'],
  columns: [],
})

/** Notes that the user of a session in this browser has proved again who they are, and replaces the secret: the former one is good for nothing from then on. Only where the session lives, nothing was revoked and the password is the one that was read; of two that present the same secret at once, one replaces it, and the other has no session by this. */
export const proveAgain = maybe<
  {
    presented: readonly Buffer[]
    userId: string
    clientId: string
    rev: bigint
    passwordSetAt: Date | null
    now: Date
    amr: readonly string[]
    acr: string
    persistent: boolean
    idleLifetimeSeconds: number
    secretHash: Buffer
  },
  {
    id: string
    expiresAt: Date
  }
>({
  name: 'sessions.browser-sessions.proveAgain',
  text: `with presented as materialized (
  select s.id, s.rev, u.id as user_id
    from session_cookies k
    join sessions s on s.id = k.session_id
    join users u on u.id = s.user_id
    join clients c on c.id = s.client_id
   where k.secret_hash = any ($1::bytea[]) and s.user_id = $2 and s.client_id = $3
     and s.ended_at is null and least(s.idle_expires_at, s.expires_at) > signet_now()
     and u.status = 'active' and c.status = 'active'
     and least(s.rev, $4::bigint) >= greatest(u.cut, c.cut, global_cut())
     and ($5::timestamptz is null
          or exists (select from passwords p
                      where p.user_id = u.id and date_trunc('milliseconds', p.set_at) = $5))
   order by s.auth_time desc
   limit 1
), proved as (
  update sessions s
     set auth_time = greatest(s.auth_time, $6), amr = $7, acr = $8, persistent = $9,
         last_active_at = greatest(s.last_active_at, signet_now()),
         idle_expires_at = least(signet_now() + make_interval(secs => $10::integer), s.expires_at)
    from presented p
   where s.id = p.id and s.rev = p.rev and s.ended_at is null
  returning s.id, least(s.idle_expires_at, s.expires_at) as expires_at
), replaced as (
  update session_cookies k
     set secret_hash = $11
    from proved p
   where k.session_id = p.id and k.secret_hash = any ($1)
  returning k.session_id
)
select p.id as "id!", p.expires_at as "expires_at!"
  from proved p
  join replaced r on r.session_id = p.id`,
  params: ['presented', 'userId', 'clientId', 'rev', 'passwordSetAt', 'now', 'amr', 'acr', 'persistent', 'idleLifetimeSeconds', 'secretHash'],
  columns: ['id', 'expiresAt'],
})

/** Makes secrets worthless that their browser has no room for any more, or gives away. */
export const dropSessionCookies = exec<{ secretHashes: readonly Buffer[] }>({
  name: 'sessions.browser-sessions.dropSessionCookies',
  text: `delete from session_cookies where secret_hash = any ($1::bytea[])`,
  params: ['secretHashes'],
  columns: [],
})
