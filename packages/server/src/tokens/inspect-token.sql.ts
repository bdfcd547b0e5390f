// Generated from inspect-token.sql by tools/sql. Do not edit.
import { one } from '../db/query.ts'

/** What became of everything that an access token speaks of. */
export const findTokenState = one<
  {
    jti: string
    grantId: string
    userId: string
    clientId: string
  },
  {
    grantFound: boolean
    grantEndedAt: Date | null
    grantExpiresAt: Date | null
    sessionEndedAt: Date | null
    sessionExpiresAt: Date | null
    userStatus: 'active' | 'suspended' | 'deleted' | null
    clientStatus: 'active' | 'disabled' | null
    cut: boolean | null
    revoked: boolean
    now: Date
  }
>({
  name: 'tokens.inspect-token.findTokenState',
  text: `select g.id is not null as "grant_found!", g.ended_at as "grant_ended_at?", g.expires_at as "grant_expires_at?",
       s.ended_at as "session_ended_at?", least(s.idle_expires_at, s.expires_at) as "session_expires_at?",
       u.status as "user_status?", c.status as "client_status?",
       g.rev < greatest(u.cut, c.cut, global_cut()) or coalesce(s.rev, g.rev) < greatest(u.cut, global_cut()) as "cut?",
       exists (select from revocation_log l where l.scope = 'jti' and l.value = $1) as "revoked!",
       signet_now() as "now!"
  from (select) one
  left join grants g on g.id = $2::uuid and g.user_id = $3::uuid and g.client_id = $4
  left join sessions s on s.id = g.session_id
  left join users u on u.id = g.user_id
  left join clients c on c.id = g.client_id`,
  params: ['jti', 'grantId', 'userId', 'clientId'],
  columns: ['grantFound', 'grantEndedAt', 'grantExpiresAt', 'sessionEndedAt', 'sessionExpiresAt', 'userStatus', 'clientStatus', 'cut', 'revoked', 'now'],
})
