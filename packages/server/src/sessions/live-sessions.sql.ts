// Generated from live-sessions.sql by tools/sql. Do not edit.
import { many, maybe } from '../db/query.ts'

/** The sessions of a user that are alive, the latest used first. */
export const listLiveSessions = many<
  {
    userId: string
    limit: number
  },
  {
    id: string
    clientId: string
    installationId: string | null
    deviceModel: string | null
    deviceOs: string | null
    deviceApp: string | null
    ipAddress: string | null
    country: string | null
    userAgent: string | null
    createdAt: Date
    lastActiveAt: Date
    expiresAt: Date
  }
>({
  name: 'sessions.live-sessions.listLiveSessions',
  text: `select s.id, s.client_id, s.installation_id, s.device_model, s.device_os, s.device_app, host(s.ip_address) as "ip_address?",
       s.country, s.user_agent, s.created_at, s.last_active_at, least(s.idle_expires_at, s.expires_at) as "expires_at!"
  from sessions s
  join users u on u.id = s.user_id
  join clients c on c.id = s.client_id
 where s.user_id = $1
   and s.ended_at is null and least(s.idle_expires_at, s.expires_at) > signet_now()
   and u.status = 'active' and c.status = 'active'
   and s.rev >= greatest(u.cut, c.cut, global_cut())
 order by s.last_active_at desc, s.id desc
 limit $2::integer`,
  params: ['userId', 'limit'],
  columns: ['id', 'clientId', 'installationId', 'deviceModel', 'deviceOs', 'deviceApp', 'ipAddress', 'country', 'userAgent', 'createdAt', 'lastActiveAt', 'expiresAt'],
})

/** Whose session it is, whether alive or not. */
export const findSessionUser = maybe<{ id: string }, { userId: string }>({
  name: 'sessions.live-sessions.findSessionUser',
  text: `select user_id from sessions where id = $1`,
  params: ['id'],
  columns: ['userId'],
})
