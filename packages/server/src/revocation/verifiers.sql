-- name: enterVerifier :maybe
-- Notes that a verifier watches here from now on, and what it has applied; no row where there are too many.
insert into revocation_verifiers as v
  (owner, verifier_id, client_id, name, staleness_budget_seconds, instance_id, stream_id, seen_at, log_id, position)
select :owner, :verifierId, :clientId?, :name, :stalenessBudgetSeconds, :instanceId, :streamId, signet_now(), :logId, :position
 where (select count(*) from revocation_verifiers) < :verifiersMax::integer
    or exists (select from revocation_verifiers where owner = :owner and verifier_id = :verifierId)
on conflict (owner, verifier_id) do update
   set client_id = excluded.client_id, name = excluded.name,
       staleness_budget_seconds = excluded.staleness_budget_seconds,
       instance_id = excluded.instance_id, stream_id = excluded.stream_id, left_at = null,
       seen_at = excluded.seen_at, log_id = excluded.log_id, position = excluded.position
returning v.verifier_id;

-- name: leaveVerifiers :exec
-- Notes that streams of verifiers have ended, but for those who watch by another one by now.
update revocation_verifiers set left_at = signet_now() where stream_id = any(:streamIds::uuid[]) and left_at is null;

-- name: returnVerifiers :exec
-- Takes back that these streams have ended: their instance was only silent for a while.
update revocation_verifiers set left_at = null where stream_id = any(:streamIds::uuid[]) and left_at is not null;

-- name: reportPositions :many
-- Notes what verifiers have applied; the greatest position of a log counts. Locked in one order, because a verifier
-- may report at any instance.
with reports as materialized (
  select r.*
    from jsonb_to_recordset(:reports) as r (owner text, verifier_id text, log_id text, position bigint)
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
returning v.owner, v.verifier_id;

-- name: listVerifiers :many
-- Every verifier, whether it watches, and when it last could hear anything. One that watches at an instance which has
-- not been seen for a while does not: that instance has crashed.
select v.owner, v.verifier_id, v.client_id as "client_id?", v.name, v.staleness_budget_seconds, v.seen_at, v.log_id, v.position,
       coalesce(v.left_at is null and i.seen_at > signet_now() - :silence::interval, false) as "connected!",
       extract(epoch from signet_now() - coalesce(v.left_at, i.seen_at, v.seen_at))::double precision as "silent_seconds!"
  from revocation_verifiers v
  left join revocation_instances i on i.id = v.instance_id
 order by v.name, v.owner, v.verifier_id
 limit :limit::integer;

-- name: seeInstance :one
-- Notes that an instance is alive; answers whether others may have taken it for dead.
with before as (
  select i.seen_at > signet_now() - :silence::interval as was_alive from revocation_instances i where i.id = :id
), seen as (
  insert into revocation_instances (id, seen_at) values (:id, signet_now())
  on conflict (id) do update set seen_at = excluded.seen_at
)
select not coalesce((select was_alive from before), false) as "was_silent!";

-- name: closeInstance :exec
-- An instance that stops takes nobody's place.
delete from revocation_instances where id = :id;

-- name: leaveCrashedInstances :exec
-- Whoever watched at an instance that has crashed has left it when it was last seen.
update revocation_verifiers v
   set left_at = coalesce((select i.seen_at from revocation_instances i where i.id = v.instance_id), v.seen_at)
 where v.left_at is null
   and not exists (select from revocation_instances i
                    where i.id = v.instance_id and i.seen_at > signet_now() - :silence::interval);

-- name: sweepVerifiers :exec
-- Forgets verifiers that have been away for so long that they accept nothing, and instances that have crashed.
with instances as (
  delete from revocation_instances where seen_at < signet_now() - interval '1 hour'
)
delete from revocation_verifiers
 where left_at < signet_now() - greatest(interval '10 minutes', make_interval(secs => staleness_budget_seconds));

-- name: findReceiptVerifiers :many
-- The verifiers that may still accept something, with the log and the longest token's life. One row without a verifier
-- where there is none. Who left longer ago than its budget refuses everything; who declared none, when tokens have expired.
select h.log_id as "head_log_id!", h.token_lifetime_seconds as "token_lifetime_seconds!",
       v.owner as "owner?", v.verifier_id as "verifier_id?", v.client_id as "client_id?", v.name as "name?",
       v.staleness_budget_seconds as "staleness_budget_seconds?", v.log_id as "log_id?", v.position as "position?"
  from revocation_head h
  left join lateral (
    select r.*
      from revocation_verifiers r
     where r.left_at is null
        or r.left_at + make_interval(secs => coalesce(nullif(r.staleness_budget_seconds, 0), h.token_lifetime_seconds)) > signet_now()
     order by r.owner, r.verifier_id
     limit :limit::integer
  ) v on true;
