// Generated from sessions.sql by tools/sql. Do not edit.
import { maybe } from '../db/query.ts'

/** Starts a session and records it, only where user and client are active, neither they nor the whole installation were cut since the credential was read at `rev`, and the password, where it rests on one, is still the one that was read. No lock: a cut that commits at the same moment is greater than this rev. Times of passwords are compared in milliseconds, as written. */
export const insertSession = maybe<
  {
    id: string
    installationId: string | null
    deviceModel: string | null
    deviceOs: string | null
    deviceApp: string | null
    ipAddress: string | null
    country: string | null
    userAgent: string | null
    amr: readonly string[]
    acr: string
    authTime: Date
    rev: bigint
    idleLifetimeSeconds: number
    lifetimeSeconds: number
    userId: string
    clientId: string
    passwordSetAt: Date | null
    eventId: string
    eventKind: string
    eventOutcome: string
    eventReference: string
    eventDetails: string
    eventOrigin: Buffer | null
  },
  {
    expiresAt: Date
    position: bigint
    roleNames: string[]
    scopes: string[]
  }
>({
  name: 'sessions.insertSession',
  text: `with started as (
  insert into sessions (id, user_id, client_id, installation_id, device_model, device_os, device_app, ip_address,
                        country, user_agent, amr, acr, auth_time, rev, created_at, last_active_at, idle_expires_at, expires_at)
  select $1, u.id, c.id, $2, $3, $4, $5, $6,
         $7, $8, $9, $10, $11, $12, $11, $11,
         signet_now() + make_interval(secs => $13), signet_now() + make_interval(secs => $14)
    from users u, clients c
   where u.id = $15 and u.status = 'active'
     and c.id = $16 and c.status = 'active'
     and $12::bigint >= greatest(u.cut, c.cut, global_cut())
     and ($17::timestamptz is null
          or exists (select from passwords p
                      where p.user_id = u.id and date_trunc('milliseconds', p.set_at) = $17))
  returning user_id, client_id, least(idle_expires_at, expires_at) as expires_at
), recorded as (
  insert into events (id, occurred_at, kind, outcome, actor_id, subject_id, client_id, reference, details, origin)
  select $18, $11, $19, $20, user_id, user_id, client_id, $21,
         $22::text::json, $23
    from started
)
select expires_at as "expires_at!",
       revocation_position() as "position!",
       role_names_of(user_id) as "role_names!",
       (select scopes from clients where id = client_id) as "scopes!"
  from started`,
  params: ['id', 'installationId', 'deviceModel', 'deviceOs', 'deviceApp', 'ipAddress', 'country', 'userAgent', 'amr', 'acr', 'authTime', 'rev', 'idleLifetimeSeconds', 'lifetimeSeconds', 'userId', 'clientId', 'passwordSetAt', 'eventId', 'eventKind', 'eventOutcome', 'eventReference', 'eventDetails', 'eventOrigin'],
  columns: ['expiresAt', 'position', 'roleNames', 'scopes'],
})
