// Generated from liveness.sql by tools/sql. Do not edit.
import { maybe } from '../db/query.ts'

/** The session of this user and client, only where it and everything above it is alive, with what the user may do. */
export const findLiveSession = maybe<
  {
    sessionId: string
    userId: string
    clientId: string
  },
  {
    authTime: Date
    firstParty: boolean
    permissions: string[]
  }
>({
  name: 'tokens.liveness.findLiveSession',
  text: `select s.auth_time, c.first_party, permissions_of(u.id) as "permissions!"
  from sessions s
  join users u on u.id = s.user_id
  join clients c on c.id = s.client_id
 where s.id = $1 and s.user_id = $2 and s.client_id = $3
   and s.ended_at is null and s.idle_expires_at > signet_now() and s.expires_at > signet_now()
   and u.status = 'active' and c.status = 'active'
   and s.rev >= greatest(u.cut, c.cut, global_cut())`,
  params: ['sessionId', 'userId', 'clientId'],
  columns: ['authTime', 'firstParty', 'permissions'],
})
