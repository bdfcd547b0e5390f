-- Jobs, in the tables of pg-boss. Its library fetches and settles them; here is what must go with a transaction of ours,
-- and what an operator asks.

-- name: insertJob :maybe
-- Queues a job, as the library's own `send` does, and wakes the workers once this transaction has committed. Nothing
-- where a job with this id was queued before.
with queued as (
  insert into jobs.job (id, name, data, start_after, created_on, keep_until, expire_seconds, deletion_seconds, retry_limit,
                        retry_delay, retry_backoff, retry_delay_max, policy, heartbeat_seconds)
  select coalesce(:id?::uuid, gen_random_uuid()), q.name, :payload::jsonb,
         jobs.job_now() + make_interval(secs => :delaySeconds::integer), jobs.job_now(),
         jobs.job_now() + make_interval(secs => :delaySeconds) + make_interval(secs => q.retention_seconds),
         :runSeconds, :keptSeconds, :retriesMax, :firstDelaySeconds, true, :longestDelaySeconds, q.policy, :heartbeatSeconds
    from jobs.queue q
   where q.name = :kind
  on conflict do nothing
  returning id, name
)
select id as "id!", pg_notify('pgboss_' || left(encode(sha224('jobs'), 'hex'), 24), name) is null as "notified!" from queued;

-- name: listJobs :many
-- Jobs, the latest first; payloads stay where they are.
select j.id as "id!", j.name as "kind!", j.state::text as "state!", j.retry_count as "tries!", j.created_on as "created_at!",
       j.start_after as "due_at!", j.completed_on as completed_at,
       coalesce(j.output ->> 'message', j.output -> 'value' ->> 'message') as "failure?"
  from jobs.job j
 where (:kind?::text is null or j.name = :kind?) and (:state?::text is null or j.state = :state?::jobs.job_state)
   and j.name !~ '^__'
 order by j.created_on desc, j.id
 limit :limit::integer;

-- name: retryJob :maybe
-- Runs a job now that failed for good, or that waits for its next attempt.
update jobs.job
   set state = 'retry', start_after = jobs.job_now(), completed_on = null, retry_limit = greatest(retry_limit, retry_count + 1),
       keep_until = jobs.job_now() + interval '14 days'
 where id = :id and state in ('failed', 'cancelled', 'retry', 'created')
returning name as "kind!", pg_notify('pgboss_' || left(encode(sha224('jobs'), 'hex'), 24), name) is null as "notified!";

-- name: cancelJob :maybe
-- Takes a job back that waits. One that is being worked on is not stopped, but not tried again either.
update jobs.job
   set state = 'cancelled', completed_on = jobs.job_now()
 where id = :id and state in ('created', 'retry', 'active')
returning name as "kind!";

-- name: findJob :maybe
-- The kind and state of a job.
select name as "kind!", state::text as "state!" from jobs.job where id = :id;

-- name: countJobs :many
-- What there is of each kind, and the age of the oldest that is due.
select j.name as "kind!",
       count(*) filter (where j.state in ('created', 'retry'))::integer as "waiting!",
       count(*) filter (where j.state = 'active')::integer as "running!",
       count(*) filter (where j.state = 'failed')::integer as "failed!",
       coalesce(extract(epoch from jobs.job_now()
         - min(j.start_after) filter (where j.state in ('created', 'retry') and j.start_after <= jobs.job_now())), 0)::double precision
         as "oldest_due_seconds!"
  from jobs.job j
 where j.state in ('created', 'retry', 'active', 'failed') and j.name !~ '^__'
 group by j.name;

-- name: deleteDoneJobs :exec
-- Jobs that were done a while ago, and what they carried.
delete from jobs.job
 where id in (select id from jobs.job
               where state = 'completed' and completed_on < jobs.job_now() - make_interval(secs => :seconds::integer)
               limit :limit::integer
                 for update skip locked);
