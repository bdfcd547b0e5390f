/**
 * Works on what is queued, in this process: in the server unless it is switched off there, or alone as `signet worker`.
 *
 * Any number of workers share one queue. A job belongs to one of them while it shows signs of life; one that is silent
 * for ten seconds loses its jobs, and they run again. What throws is tried again later, with growing waits; what throws
 * `JobRefused`, or has used up its attempts, stays as failed: it is listed, counted, and can be retried by hand.
 *
 * The library is loaded when a worker starts, which is after the port is open. While the database is away it polls, and
 * goes on by itself.
 */

import { setTimeout } from 'node:timers/promises'
import type { JobResult, JobWithMetadata, PerJobWorkWithMetadataHandler, PgBoss } from 'pg-boss'
import type { Logger } from 'pino'
import { type DatabaseAddress, driverAddress } from '../db/address.ts'
import type { ObservedJob } from '../operations/job-metrics.ts'
import { type Job, JobRefused } from './job.ts'
import {
  heartbeatSeconds,
  type JobKind,
  type JobPayloads,
  jobPolicies,
  keptSeconds,
  schedules,
} from './job-kinds.ts'

/** What does the work of each kind. It may be called again for a job that was done, and must then do no harm. */
export type JobHandlers = { readonly [K in JobKind]: (job: Job<K>) => Promise<void> }

export interface Worker {
  /** Begins. Returns at once; a database that is away is waited for. */
  start(): void
  /** Lets running jobs finish for as long as `graceMs`; the others are given back. */
  stop(graceMs: number): Promise<void>
}

export interface WorkerOptions {
  /** A direct address: notifications do not come through a transaction pooler. */
  address: DatabaseAddress
  log: Logger
  observe(job: ObservedJob): void
  handlers: JobHandlers
  /** How often jobs of silent workers are looked for. */
  superviseSeconds?: number
  /** What comes round by itself. */
  recurring?: typeof schedules
}

const retryStartMs = 1_000
const connectTimeoutMs = 2_000
const statementTimeoutMs = 60_000
const connectionsMax = 4
/** How often a waiting retry is looked for; new jobs are told by notification. */
const pollSeconds = 2
const superviseSecondsDefault = 5
const complainEveryMs = 60_000
const messageLengthMax = 300

/** A worker that has not started. */
export function openWorker(options: WorkerOptions): Worker {
  const { log } = options
  const stopping = new AbortController()
  let boss: PgBoss | undefined
  let starting: Promise<void> | undefined
  let complainedAtMs = Number.NEGATIVE_INFINITY

  function complain(error: unknown): void {
    if (performance.now() - complainedAtMs < complainEveryMs) return
    complainedAtMs = performance.now()
    log.warn({ err: error }, 'the job worker has trouble; it goes on by itself')
  }

  async function keepStarting(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        boss = await startLibrary(options, complain)
        return
      } catch (error) {
        complain(error)
        await setTimeout(retryStartMs, undefined, { signal: stopping.signal }).catch(
          () => undefined,
        )
      }
    }
  }

  return {
    start() {
      starting ??= keepStarting()
    },
    async stop(graceMs) {
      stopping.abort()
      await starting
      await boss?.stop({ graceful: true, timeout: graceMs })
    },
  }
}

async function startLibrary(
  options: WorkerOptions,
  complain: (error: unknown) => void,
): Promise<PgBoss> {
  const { PgBoss: Library } = await import('pg-boss')
  const { superviseSeconds = superviseSecondsDefault, recurring = schedules } = options
  const boss = new Library({
    ...connectionOf(options.address),
    schema: 'jobs',
    // The migrations have made its tables. Those of a later version, made while this one still runs, are fine too.
    migrate: true,
    createSchema: false,
    useListenNotify: true,
    superviseIntervalSeconds: superviseSeconds,
    monitorIntervalSeconds: superviseSeconds,
    queueCacheIntervalSeconds: 60,
  })
  boss.on('error', complain)
  try {
    await boss.start()
    for (const kind of Object.keys(jobPolicies) as JobKind[]) await workOn(boss, kind, options)
    for (const { kind, cron } of recurring) await boss.schedule(kind, cron, {}, sendOptions(kind))
    return boss
  } catch (error) {
    await boss.stop({ graceful: false }).catch(() => undefined)
    throw error
  }
}

/** The library's own pool. It takes a password as text or function, as the driver does. */
function connectionOf(address: DatabaseAddress) {
  const { host, port, user, database, password, ssl } = driverAddress(address)
  return {
    host: host ?? '',
    port: port ?? 0,
    user: user ?? '',
    database: database ?? '',
    password: password as () => string,
    ssl,
    max: connectionsMax,
    application_name: 'signet worker',
    connectionTimeoutMillis: connectTimeoutMs,
    options: `-c search_path=pg_catalog,pg_temp -c statement_timeout=${statementTimeoutMs} -c client_connection_check_interval=500`,
  }
}

function sendOptions(kind: JobKind) {
  const policy = jobPolicies[kind]
  return {
    retryLimit: policy.retriesMax,
    retryDelay: policy.firstDelaySeconds,
    retryBackoff: true,
    retryDelayMax: policy.longestDelaySeconds,
    expireInSeconds: policy.runSeconds,
    deleteAfterSeconds: keptSeconds.failed,
    heartbeatSeconds,
  }
}

async function workOn<K extends JobKind>(
  boss: PgBoss,
  kind: K,
  { handlers, observe, log }: WorkerOptions,
): Promise<void> {
  const run = handlers[kind] as (job: Job<K>) => Promise<void>
  const settle = async (job: JobWithMetadata<JobPayloads[K]>): Promise<JobResult> => {
    const startedAt = performance.now()
    const ended = (outcome: ObservedJob['outcome']) =>
      observe({ kind, outcome, seconds: (performance.now() - startedAt) / 1000 })
    try {
      await run({ id: job.id, payload: job.data, signal: job.signal })
      ended('done')
      return { id: job.id, status: 'completed' }
    } catch (error) {
      const isLast = error instanceof JobRefused || job.retryCount >= job.retryLimit
      ended(isLast ? 'dead' : 'failed')
      const level = isLast ? 'error' : 'warn'
      log[level]({ err: error, kind, jobId: job.id, attempt: job.retryCount + 1 }, 'a job failed')
      const status = error instanceof JobRefused ? 'deadletter' : 'failed'
      return { id: job.id, status, output: { message: sentenceOf(error) } }
    }
  }
  const options = {
    batchSize: jobPolicies[kind].concurrency,
    burstWhenBatchFull: true,
    perJobResults: true,
    includeMetadata: true,
    pollingIntervalSeconds: pollSeconds,
    notifyPollingIntervalSeconds: pollSeconds,
  } as const
  const settleAll: PerJobWorkWithMetadataHandler<JobPayloads[K]> = (jobs) =>
    Promise.all(jobs.map(settle))
  await boss.work(kind, options, settleAll)
}

function sentenceOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, messageLengthMax)
}
