// Generated from verifiers.sql by tools/sql. Do not edit.
import { exec, many, maybe, one, type Json } from '../db/query.ts'

/** Notes that a verifier watches here from now on, and what it has applied; no row where there are too many. */
export const enterVerifier = maybe<
  {
    owner: string
    verifierId: string
    clientId: string | null
    name: string
    stalenessBudgetSeconds: number
    instanceId: string
    streamId: string
    logId: string
    position: bigint
    verifiersMax: number
  },
  {
    verifierId: string
  }
>({
  name: 'revocation.verifiers.enterVerifier',
  text: `insert into revocation_verifiers as v
  (owner, verifier_id, client_id, name, staleness_budget_seconds, instance_id, stream_id, seen_at, log_id, position)
select $1, $2, $3, $4, $5, $6, $7, signet_now(), $8, $9
 where (select count(*) from revocation_verifiers) < $10::integer
    or exists (select from revocation_verifiers where owner = $1 and verifier_id = $2)
on conflict (owner, verifier_id) do update
   set client_id = excluded.client_id, name = excluded.name,
       staleness_budget_seconds = excluded.staleness_budget_seconds,
       instance_id = excluded.instance_id, stream_id = excluded.stream_id, left_at = null,
       seen_at = excluded.seen_at, log_id = excluded.log_id, position = excluded.position
returning v.verifier_id`,
  params: ['owner', 'verifierId', 'clientId', 'name', 'stalenessBudgetSeconds', 'instanceId', 'streamId', 'logId', 'position', 'verifiersMax'],
  columns: ['verifierId'],
})

/** Notes that streams of verifiers have ended, but for those who watch by another one by now. */
export const leaveVerifiers = exec<{ streamIds: readonly string[] }>({
  name: 'revocation.verifiers.leaveVerifiers',
  text: `update revocation_verifiers set left_at = signet_now() where stream_id = any($1::uuid[]) and left_at is null`,
  params: ['streamIds'],
  columns: [],
})

/** Takes back that these streams have ended: their instance was only silent for a while. */
export const returnVerifiers = exec<{ streamIds: readonly string[] }>({
  name: 'revocation.verifiers.returnVerifiers',
  text: `update revocation_verifiers set left_at = null where stream_id = any($1::uuid[]) and left_at is not null`,
  params: ['streamIds'],
  columns: [],
})

/** Notes what verifiers have applied; the greatest position of a log counts. Locked in one order, because a verifier may report at any instance. */
export const reportPositions = many<
  {
    reports: NonNullable<Json>
  },
  {
    owner: string
    verifierId: string
  }
>({
  name: 'revocation.verifiers.reportPositions',
  text: `with reports as materialized (
  select r.*
    from jsonb_to_recordset($1) as r (owner text, verifier_id text, log_id text, position bigint)
), held as materialized (
  select v.owner, v.verifier_id
    from revocation_verifiers v
    join reports r on r.owner = v.owner and r.verifier_id = v.verifier_id
   order by v.owner, v.verifier_id
     for no key update of v
)
update revocation_verifiers v
   set seen_at = signet_now(), log_id = r.log_id,
       position = case when v.log_id = r.log_id then greatest(v.position, r.position) else r.position end
  from held h
  join reports r on r.owner = h.owner and r.verifier_id = h.verifier_id
 where v.owner = h.owner and v.verifier_id = h.verifier_id
returning v.owner, v.verifier_id`,
  params: ['reports'],
  columns: ['owner', 'verifierId'],
  json: ['reports'],
})

/** Every verifier, whether it watches, and when it last could hear anything. One that watches at an instance which has not been seen for a while does not: that instance has crashed. */
export const listVerifiers = many<
  {
    silence: string
    limit: number
  },
  {
    owner: string
    verifierId: string
    clientId: string | null
    name: string
    stalenessBudgetSeconds: number
    seenAt: Date
    logId: string
    position: bigint
    connected: boolean
    silentSeconds: number
  }
>({
  name: 'revocation.verifiers.listVerifiers',
  text: `select v.owner, v.verifier_id, v.client_id as "client_id?", v.name, v.staleness_budget_seconds, v.seen_at, v.log_id, v.position,
       coalesce(v.left_at is null and i.seen_at > signet_now() - $1::interval, false) as "connected!",
       extract(epoch from signet_now() - coalesce(v.left_at, i.seen_at, v.seen_at))::double precision as "silent_seconds!"
  from revocation_verifiers v
  left join revocation_instances i on i.id = v.instance_id
 order by v.name, v.owner, v.verifier_id
 limit $2::integer`,
  params: ['silence', 'limit'],
  columns: ['owner', 'verifierId', 'clientId', 'name', 'stalenessBudgetSeconds', 'seenAt', 'logId', 'position', 'connected', 'silentSeconds'],
})

/** Notes that an instance is alive; answers whether others may have taken it for dead. */
export const seeInstance = one<{ silence: string; id: string }, { wasSilent: boolean }>({
  name: 'revocation.verifiers.seeInstance',
  text: `with before as (
  select i.seen_at > signet_now() - $1::interval as was_alive from revocation_instances i where i.id = $2
), seen as (
  insert into revocation_instances (id, seen_at) values ($2, signet_now())
  on conflict (id) do update set seen_at = excluded.seen_at
)
select not coalesce((select was_alive from before), false) as "was_silent!"`,
  params: ['silence', 'id'],
  columns: ['wasSilent'],
})

/** An instance that stops takes nobody's place. */
export const closeInstance = exec<{ id: string }>({
  name: 'revocation.verifiers.closeInstance',
  text: `delete from revocation_instances where id = $1`,
  params: ['id'],
  columns: [],
})

/** Whoever watched at an instance that has crashed has left it when it was last seen. */
export const leaveCrashedInstances = exec<{ silence: string }>({
  name: 'revocation.verifiers.leaveCrashedInstances',
  text: `update revocation_verifiers v
   set left_at = coalesce((select i.seen_at from revocation_instances i where i.id = v.instance_id), v.seen_at)
 where v.left_at is null
   and not exists (select from revocation_instances i
                    where i.id = v.instance_id and i.seen_at > signet_now() - $1::interval)`,
  params: ['silence'],
  columns: [],
})

/** Forgets verifiers that have been away for so long that they accept nothing, and instances that have crashed. */
export const sweepVerifiers = exec<void>({
  name: 'revocation.verifiers.sweepVerifiers',
  text: `with instances as (
  delete from revocation_instances where seen_at < signet_now() - interval '1 hour'
)
delete from revocation_verifiers
 where left_at < signet_now() - greatest(interval '10 minutes', make_interval(secs => staleness_budget_seconds))`,
  params: [],
  columns: [],
})

/** The verifiers that may still accept something, with the log and the longest token's life. One row without a verifier where there is none. Who left longer ago than its budget refuses everything; who declared none, when tokens have expired. */
export const findReceiptVerifiers = many<
  {
    limit: number
  },
  {
    headLogId: string
    tokenLifetimeSeconds: number
    owner: string | null
    verifierId: string | null
    clientId: string | null
    name: string | null
    stalenessBudgetSeconds: number | null
    logId: string | null
    position: bigint | null
  }
>({
  name: 'revocation.verifiers.findReceiptVerifiers',
  text: `select h.log_id as "head_log_id!", h.token_lifetime_seconds as "token_lifetime_seconds!",
       v.owner as "owner?", v.verifier_id as "verifier_id?", v.client_id as "client_id?", v.name as "name?",
       v.staleness_budget_seconds as "staleness_budget_seconds?", v.log_id as "log_id?", v.position as "position?"
  from revocation_head h
  left join lateral (
    select r.*
      from revocation_verifiers r
     where r.left_at is null
        or r.left_at + make_interval(secs => coalesce(nullif(r.staleness_budget_seconds, 0), h.token_lifetime_seconds)) > signet_now()
     order by r.owner, r.verifier_id
     limit $1::integer
  ) v on true`,
  params: ['limit'],
  columns: ['headLogId', 'tokenLifetimeSeconds', 'owner', 'verifierId', 'clientId', 'name', 'stalenessBudgetSeconds', 'logId', 'position'],
})
