// Generated from live-log.sql by tools/sql. Do not edit.
import { exec, many, one } from '../db/query.ts'

/** The live entries after a position, in order, and where the log stands, in one snapshot. One row without an entry where there is none. `is_here` is false where this server is not the one that wrote the last position. */
export const readLog = many<
  {
    after: bigint
    limit: number
  },
  {
    logId: string
    head: bigint
    isHere: boolean
    position: bigint | null
    kind: 'ended' | 'stale' | null
    scope: 'jti' | 'gid' | 'sid' | 'sub' | 'client' | 'all' | null
    value: string | null
    exceptSid: string | null
    awaited: boolean | null
    expiresAt: number | null
    remainingSeconds: number | null
  }
>({
  name: 'revocation.live-log.readLog',
  text: `select h.log_id, h.position as head,
       (h.system_identifier, h.timeline) = (current_system_identifier(), current_timeline()) as "is_here!",
       l.position as "position?", l.kind as "kind?", l.scope as "scope?", l.value as "value?", l.except_sid as "except_sid?",
       l.awaited as "awaited?", extract(epoch from l.expires_at)::double precision as "expires_at?",
       extract(epoch from l.expires_at - signet_now())::double precision as "remaining_seconds?"
  from revocation_head h
  left join lateral (
    select r.position, r.kind, r.scope, r.value, r.except_sid, r.awaited, r.expires_at
      from revocation_log r
     where r.position > $1 and r.expires_at > signet_now()
     order by r.position
     limit $2::integer
  ) l on true
 order by l.position`,
  params: ['after', 'limit'],
  columns: ['logId', 'head', 'isHere', 'position', 'kind', 'scope', 'value', 'exceptSid', 'awaited', 'expiresAt', 'remainingSeconds'],
})

/** Goes on under another id, 2^32 positions further, where this server is not the one that wrote the last position. */
export const continueLog = exec<void>({
  name: 'revocation.live-log.continueLog',
  text: `update revocation_head
   set log_id = gen_random_uuid(), position = position + 4294967296,
       system_identifier = current_system_identifier(), timeline = current_timeline()
 where (system_identifier, timeline) is distinct from (current_system_identifier(), current_timeline())`,
  params: [],
  columns: [],
})

/** Goes on under another id, 2^32 positions further than anybody has seen, where this log stands before a position that was read from it: its disk was set back to an earlier time, which the server does not know. */
export const replaceLog = exec<{ seen: bigint; logId: string }>({
  name: 'revocation.live-log.replaceLog',
  text: `update revocation_head
   set log_id = gen_random_uuid(), position = $1::bigint + 4294967296
 where log_id = $2 and position < $1::bigint`,
  params: ['seen', 'logId'],
  columns: [],
})

/** Goes on under another id, 2^32 positions further, whatever this server says about itself. */
export const renewLog = exec<void>({
  name: 'revocation.live-log.renewLog',
  text: `update revocation_head
   set log_id = gen_random_uuid(), position = position + 4294967296,
       system_identifier = current_system_identifier(), timeline = current_timeline()`,
  params: [],
  columns: [],
})

/** Ends everything that there is. */
export const logGlobalCut = one<{ reason: string }, { entryId: bigint }>({
  name: 'revocation.live-log.logGlobalCut',
  text: `select log_revocation('all', '', $1) as "entry_id!"`,
  params: ['reason'],
  columns: ['entryId'],
})

/** How many sessions are alive, counted up to a bound where one is given. */
export const countLiveSessions = one<{ bound: bigint | null }, { count: number }>({
  name: 'revocation.live-log.countLiveSessions',
  text: `select count(*)::integer as "count!"
  from (select
          from sessions s
          join users u on u.id = s.user_id
          join clients c on c.id = s.client_id
         where s.ended_at is null and least(s.idle_expires_at, s.expires_at) > signet_now()
           and u.status = 'active' and c.status = 'active'
           and s.rev >= greatest(u.cut, c.cut, global_cut())
         limit $1::bigint) live`,
  params: ['bound'],
  columns: ['count'],
})

/** Says how long access tokens of this instance live, before it issues any. A longer one counts at once; a shorter one once nobody has declared the longer one for a day and every token of it has expired. */
export const declareTokenLifetime = exec<{ lifetimeSeconds: number }>({
  name: 'revocation.live-log.declareTokenLifetime',
  text: `update revocation_head
   set token_lifetime_seconds = $1,
       token_lifetime_until = signet_now() + interval '1 day' + make_interval(secs => $1)
 where token_lifetime_seconds <= $1 or token_lifetime_until < signet_now()`,
  params: ['lifetimeSeconds'],
  columns: [],
})

/** Forgets entries that cannot kill a token any more. The last one is always kept: it says where the log stands. An array, because Postgres may run a subquery once for each row, which would forget more than the limit. */
export const sweepLog = exec<{ limit: number }>({
  name: 'revocation.live-log.sweepLog',
  text: `delete from revocation_log
 where id = any (array(select id from revocation_log
                        where expires_at < signet_now() and position < (select max(position) from revocation_log)
                        order by position
                        limit $1::integer
                          for update skip locked))`,
  params: ['limit'],
  columns: [],
})

/** Wakes every instance. It carries nothing: what there is stands in the log. */
export const notifyRevocations = exec<void>({
  name: 'revocation.live-log.notifyRevocations',
  text: `select pg_notify('signet_revocations', '')`,
  params: [],
  columns: [],
})
