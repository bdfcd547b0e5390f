// Generated from liveness.sql by tools/sql. Do not edit.
import { maybe } from '../db/query.ts'

/** The session behind a grant of this user and client, only where both and everything above them is alive, with what the user may do. */
export const findLiveSession = maybe<
  {
    grantId: string
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
  text: `select s.auth_time, c.first_party, (select p from permissions_of(u.id) as p) as "permissions!"
  from grants g
  join sessions s on s.id = g.session_id
  join users u on u.id = g.user_id
  join clients c on c.id = g.client_id
 where g.id = $1 and g.session_id = $2 and g.user_id = $3 and g.client_id = $4
   and g.ended_at is null and g.expires_at > signet_now()
   and s.ended_at is null and s.idle_expires_at > signet_now() and s.expires_at > signet_now()
   and u.status = 'active' and c.status = 'active'
   and g.rev >= greatest(u.cut, c.cut, global_cut()) and s.rev >= greatest(u.cut, global_cut())`,
  params: ['grantId', 'sessionId', 'userId', 'clientId'],
  columns: ['authTime', 'firstParty', 'permissions'],
})
