// Generated from queue.sql by tools/sql. Do not edit.
import { exec, many, maybe, type Json } from '../db/query.ts'

/** Queues a job, as the library's own `send` does, and wakes the workers once this transaction has committed. Nothing where a job with this id was queued before. */
export const insertJob = maybe<
  {
    id: string | null
    payload: NonNullable<Json>
    delaySeconds: number
    runSeconds: number
    keptSeconds: number
    retriesMax: number
    firstDelaySeconds: number
    longestDelaySeconds: number
    heartbeatSeconds: number
    kind: string
  },
  {
    id: string
    notified: boolean
  }
>({
  name: 'queue.insertJob',
  text: `with queued as (
  insert into jobs.job (id, name, data, start_after, created_on, keep_until, expire_seconds, deletion_seconds, retry_limit,
                        retry_delay, retry_backoff, retry_delay_max, policy, heartbeat_seconds)
  select coalesce($1::uuid, gen_random_uuid()), q.name, $2::jsonb,
         jobs.job_now() + make_interval(secs => $3::integer), jobs.job_now(),
         jobs.job_now() + make_interval(secs => $3) + make_interval(secs => q.retention_seconds),
         $4, $5, $6, $7, true, $8, q.policy, $9
    from jobs.queue q
   where q.name = $10
  on conflict do nothing
  returning id, name
)
select id as "id!", pg_notify('pgboss_' || left(encode(sha224('jobs'), 'hex'), 24), name) is null as "notified!" from queued`,
  params: ['id', 'payload', 'delaySeconds', 'runSeconds', 'keptSeconds', 'retriesMax', 'firstDelaySeconds', 'longestDelaySeconds', 'heartbeatSeconds', 'kind'],
  columns: ['id', 'notified'],
  json: ['payload'],
})

/** Jobs, the latest first; payloads stay where they are. */
export const listJobs = many<
  {
    kind: string | null
    state: string | null
    limit: number
  },
  {
    id: string
    kind: string
    state: string
    tries: number
    createdAt: Date
    dueAt: Date
    completedAt: Date | null
    failure: string | null
  }
>({
  name: 'queue.listJobs',
  text: `select j.id as "id!", j.name as "kind!", j.state::text as "state!", j.retry_count as "tries!", j.created_on as "created_at!",
       j.start_after as "due_at!", j.completed_on as completed_at,
       coalesce(j.output ->> 'message', j.output -> 'value' ->> 'message') as "failure?"
  from jobs.job j
 where ($1::text is null or j.name = $1) and ($2::text is null or j.state = $2::jobs.job_state)
   and j.name !~ '^__'
 order by j.created_on desc, j.id
 limit $3::integer`,
  params: ['kind', 'state', 'limit'],
  columns: ['id', 'kind', 'state', 'tries', 'createdAt', 'dueAt', 'completedAt', 'failure'],
})

/** Runs a job now that failed for good, or that waits for its next attempt. */
export const retryJob = maybe<{ id: string }, { kind: string; notified: boolean }>({
  name: 'queue.retryJob',
  text: `update jobs.job
   set state = 'retry', start_after = jobs.job_now(), completed_on = null, retry_limit = greatest(retry_limit, retry_count + 1),
       keep_until = jobs.job_now() + interval '14 days'
 where id = $1 and state in ('failed', 'cancelled', 'retry', 'created')
returning name as "kind!", pg_notify('pgboss_' || left(encode(sha224('jobs'), 'hex'), 24), name) is null as "notified!"`,
  params: ['id'],
  columns: ['kind', 'notified'],
})

/** Takes a job back that waits. One that is being worked on is not stopped, but not tried again either. */
export const cancelJob = maybe<{ id: string }, { kind: string }>({
  name: 'queue.cancelJob',
  text: `update jobs.job
   set state = 'cancelled', completed_on = jobs.job_now()
 where id = $1 and state in ('created', 'retry', 'active')
returning name as "kind!"`,
  params: ['id'],
  columns: ['kind'],
})

/** The kind and state of a job. */
export const findJob = maybe<{ id: string }, { kind: string; state: string }>({
  name: 'queue.findJob',
  text: `select name as "kind!", state::text as "state!" from jobs.job where id = $1`,
  params: ['id'],
  columns: ['kind', 'state'],
})

/** What there is of each kind, and the age of the oldest that is due. */
export const countJobs = many<
  void,
  {
    kind: string
    waiting: number
    running: number
    failed: number
    oldestDueSeconds: number
  }
>({
  name: 'queue.countJobs',
  text: `select j.name as "kind!",
       count(*) filter (where j.state in ('created', 'retry'))::integer as "waiting!",
       count(*) filter (where j.state = 'active')::integer as "running!",
       count(*) filter (where j.state = 'failed')::integer as "failed!",
       coalesce(extract(epoch from jobs.job_now()
         - min(j.start_after) filter (where j.state in ('created', 'retry') and j.start_after <= jobs.job_now())), 0)::double precision
         as "oldest_due_seconds!"
  from jobs.job j
 where j.state in ('created', 'retry', 'active', 'failed') and j.name !~ '^__'
 group by j.name`,
  params: [],
  columns: ['kind', 'waiting', 'running', 'failed', 'oldestDueSeconds'],
})

/** Jobs that were done a while ago, and what they carried. */
export const deleteDoneJobs = exec<{ seconds: number; limit: number }>({
  name: 'queue.deleteDoneJobs',
  text: `delete from jobs.job
 where id in (select id from jobs.job
               where state = 'completed' and completed_on < jobs.job_now() - make_interval(secs => $1::integer)
               limit $2::integer
                 for update skip locked)`,
  params: ['seconds', 'limit'],
  columns: [],
})
