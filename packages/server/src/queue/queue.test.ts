import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { getConstructionPlans, PgBoss } from 'pg-boss'
import { driverAddress } from '../db/address.ts'
import type { ObservedJob } from '../operations/job-metrics.ts'
import { createLogger } from '../operations/log.ts'
import { createTestDatabase, type TestDatabase } from '../testing/database.ts'
import { runSql } from '../testing/statement.ts'
import { enqueue } from './enqueue.ts'
import { type Job, JobRefused } from './job.ts'
import { type JobKind, jobPolicies, schedules } from './job-kinds.ts'
import { cancelJob, listJobs, retryJob } from './queue.sql.ts'
import { readQueueState } from './queue-state.ts'
import { type JobHandlers, openWorker, type Worker } from './worker.ts'

let test: TestDatabase
let workers: Worker[]
let observed: ObservedJob[]

before(async () => {
  test = await createTestDatabase()
})
after(() => test.drop())
beforeEach(async () => {
  workers = []
  observed = []
  await runSql(test.db, 'delete from jobs.job')
})
afterEach(async () => {
  for (const worker of workers) await worker.stop(5_000)
})

const log = createLogger({ level: 'silent', format: 'json' })

/** A worker whose clean-up jobs do this. Nothing comes round by itself unless it is said: it would be counted with the rest. */
function startWorker(
  run: (job: Job<'clean_up'>) => Promise<void>,
  {
    database = test,
    recurring = [],
  }: { database?: TestDatabase; recurring?: typeof schedules } = {},
): Worker {
  const handlers: JobHandlers = {
    clean_up: run,
    send_mail: async () => undefined,
    write_to_address: async () => undefined,
    backchannel_logout: async () => undefined,
    render_avatar: async () => undefined,
    fetch_client_logo: async () => undefined,
    write_to_number: async () => undefined,
    send_sms: async () => undefined,
    write_to_new_address: async () => undefined,
    write_invitation: async () => undefined,
    refresh_upstream_tokens: async () => undefined,
  }
  const worker = openWorker({
    address: database.address,
    log,
    handlers,
    observe: (job) => observed.push(job),
    superviseSeconds: 1,
    recurring,
  })
  workers.push(worker)
  worker.start()
  return worker
}

async function until(what: string, holds: () => unknown, seconds = 60): Promise<void> {
  const deadline = performance.now() + seconds * 1000
  while (!(await holds())) {
    assert.ok(performance.now() < deadline, `never: ${what}`)
    await wait(20)
  }
}

async function states(): Promise<Record<string, number>> {
  const text = `select state::text, count(*)::integer from jobs.job where name !~ '^__' group by 1`
  return Object.fromEntries((await runSql(test.db, text)) as [string, number][])
}

const queue = (id?: string) =>
  test.db.transaction((tx) => enqueue(tx, 'clean_up', {}, id === undefined ? {} : { id }))

/** As if so many seconds had passed for the jobs that are there. */
const pass = (seconds: number) =>
  runSql(
    test.db,
    `update jobs.job set start_after = start_after - make_interval(secs => $1),
                         heartbeat_on = heartbeat_on - make_interval(secs => $1),
                         started_on = started_on - make_interval(secs => $1)`,
    [seconds],
  )

describe('the tables of the queue', () => {
  it('are what the library would make', async () => {
    const file = join(import.meta.dirname, '../db/migrations/0013-job-queue.sql')
    const words = (text: string) =>
      text
        .replace(/^--.*$/gmu, '')
        .replace(/\s+/gu, ' ')
        .replace(/\s*;(?:\s*;)*/gu, ';')
        .trim()
    const plan = getConstructionPlans('jobs')
      .replace(/^\s*BEGIN;[\s\S]*?CREATE SCHEMA/u, 'CREATE SCHEMA')
      .replace(/\s*COMMIT;\s*$/u, '')
    const same = words(readFileSync(file, 'utf8')) === words(plan)
    assert.ok(same, 'the plan of the library is another one: put what is new into a migration')
  })

  it('have a queue for each kind', async () => {
    const text = 'select name from jobs.queue order by name'
    const names = (await runSql(test.db, text)).map(([name]) => name as string)
    assert.deepEqual(
      names.filter((name) => !name.startsWith('__')),
      Object.keys(jobPolicies).sort(),
    )
  })

  it('hold a job of ours as the library itself would have queued it', async () => {
    await queue()
    const { host = '', port = 0, user = '', database = '' } = driverAddress(test.address)
    const boss = new PgBoss({
      host,
      port,
      user,
      database,
      schema: 'jobs',
      supervise: false,
      schedule: false,
    })
    boss.on('error', () => undefined)
    await boss.start()
    const { retriesMax, firstDelaySeconds, longestDelaySeconds, runSeconds } = jobPolicies.clean_up
    await boss.send(
      'clean_up',
      {},
      {
        retryLimit: retriesMax,
        retryDelay: firstDelaySeconds,
        retryBackoff: true,
        retryDelayMax: longestDelaySeconds,
        expireInSeconds: runSeconds,
        deleteAfterSeconds: 30 * 86_400,
        heartbeatSeconds: 10,
      },
    )
    await boss.stop({ graceful: false })
    const text = `select to_jsonb(j) - 'id' - 'created_on' - 'start_after' - 'keep_until'
                         || jsonb_build_object('kept', round(extract(epoch from j.keep_until - j.start_after)),
                                               'delay', round(extract(epoch from j.start_after - j.created_on)))
                    from jobs.job j order by created_on`
    const [ours, theirs] = await runSql(test.db, text)
    assert.deepEqual(ours, theirs)
  })
})

describe('enqueue', () => {
  it('queues nothing where the transaction is rolled back, and nothing is seen before it commits', async () => {
    const ran: string[] = []
    startWorker(async ({ id }) => void ran.push(id))
    await queue()
    await until('the worker is up', () => ran.length === 1)
    await assert.rejects(
      test.db.transaction(async (tx) => {
        await enqueue(tx, 'clean_up', {})
        throw new Error('rolled back')
      }),
      /rolled back/,
    )
    await until('the first one is noted as done', async () => (await states()).active === undefined)
    assert.deepEqual(await states(), { completed: 1 })
  })

  it('queues a job of the same id once', async () => {
    const id = '019a0000-0000-7000-8000-000000000001'
    await Promise.all(Array.from({ length: 10 }, () => queue(id)))
    assert.deepEqual(await states(), { created: 1 })
  })
})

describe('a worker', () => {
  it('is woken by a job, and does not wait for its next look', async () => {
    let ran = 0
    startWorker(async () => void ran++)
    await queue()
    await until('the first job', () => ran === 1)
    const waits: number[] = []
    for (let round = 2; round < 12; round += 1) {
      const queuedAt = performance.now()
      await queue()
      await until('the job', () => ran === round)
      waits.push(performance.now() - queuedAt)
    }
    const median = waits.sort((a, b) => a - b)[5] ?? 0
    // It looks every two seconds: by looking alone the median would be a second.
    assert.ok(median < 700, `${median} ms`)
  })

  it('tries what throws again, later and later, and leaves what is refused', async () => {
    let attempts = 0
    startWorker(async () => {
      attempts += 1
      throw attempts < 3 ? new Error('not yet') : new JobRefused('never')
    })
    await queue()
    await until('the first attempt', async () => (await states()).retry === 1)
    const due = await runSql(
      test.db,
      'select extract(epoch from start_after - now())::float8 from jobs.job',
    )
    assert.ok(Number(due[0]?.[0]) > 5, String(due))
    await pass(60)
    await until('the second attempt', () => attempts === 2)
    await until('its failure', async () => (await states()).retry === 1)
    await pass(60)
    await until('the refusal', async () => (await states()).failed === 1)
    assert.deepEqual(
      observed.map(({ outcome }) => outcome),
      ['failed', 'failed', 'dead'],
    )
    const [job] = await listJobs(test.db, { kind: 'clean_up', state: 'failed', limit: 1 })
    assert.equal(job?.failure, 'never')
    const state = (await readQueueState(test.db)).find(({ kind }) => kind === 'clean_up')
    assert.deepEqual([state?.failed, state?.waiting, state?.running], [1, 0, 0])
  })

  it('stops trying after the last attempt, and a retry by hand runs it again', async () => {
    let fails = true
    startWorker(async () => {
      if (fails) throw new Error('still broken')
    })
    await queue()
    for (let attempt = 0; attempt <= jobPolicies.clean_up.retriesMax; attempt += 1) {
      await until(`attempt ${attempt}`, () => observed.length === attempt + 1)
      await until('it was noted', async () => (await states()).active === undefined)
      await pass(3_600)
    }
    assert.deepEqual(await states(), { failed: 1 })
    assert.equal(observed.at(-1)?.outcome, 'dead')
    fails = false
    const [job] = await listJobs(test.db, { kind: null, state: 'failed', limit: 1 })
    assert.ok(job)
    await retryJob(test.db, { id: job.id })
    await until('it is done', async () => (await states()).completed === 1)
  })

  it('does not run what was cancelled', async () => {
    await queue()
    const [job] = await listJobs(test.db, { kind: null, state: null, limit: 1 })
    assert.ok(job)
    assert.equal((await cancelJob(test.db, { id: job.id }))?.kind, 'clean_up')
    assert.equal(await cancelJob(test.db, { id: job.id }), undefined)
    startWorker(async () => undefined)
    await queue()
    await until('the other one', async () => (await states()).completed === 1)
    assert.deepEqual(await states(), { cancelled: 1, completed: 1 })
  })

  it('shares the queue with another one: each job runs once', async () => {
    const ran = new Map<string, number>()
    const count = async ({ id }: { id: string }) => void ran.set(id, (ran.get(id) ?? 0) + 1)
    startWorker(count)
    startWorker(count)
    for (let n = 0; n < 40; n += 1) await queue()
    await until('all of them', async () => (await states()).completed === 40)
    assert.deepEqual([ran.size, Math.max(...ran.values())], [40, 1])
  })

  it('gives back what it cannot finish while it stops', async () => {
    const begun = Promise.withResolvers<void>()
    const worker = startWorker(({ signal }) => {
      begun.resolve()
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
    })
    await queue()
    await begun.promise
    await worker.stop(1)
    assert.deepEqual(await states(), { retry: 1 })
  })

  it('goes on when the database has cut its connections', async () => {
    let ran = 0
    startWorker(async () => void ran++)
    await queue()
    await until('the first', () => ran === 1)
    await runSql(
      test.db,
      `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name = 'signet worker'`,
    )
    await queue()
    await until('the second', () => ran === 2)
  })
})

describe('a worker that is killed', () => {
  let child: ChildProcess
  after(() => child.kill('SIGKILL'))

  it('in a job loses it to another one within ten seconds of silence', async () => {
    const script = `
      import { openWorker } from '${import.meta.dirname}/worker.ts'
      import { createLogger } from '${import.meta.dirname}/../operations/log.ts'
      const stuck = () => { process.send('begun'); return new Promise(() => {}) }
      openWorker({
        address: ${JSON.stringify(test.address)}, log: createLogger({ level: 'silent', format: 'json' }),
        observe() {}, recurring: [], handlers: { clean_up: stuck, send_mail: stuck, write_to_address: stuck, render_avatar: stuck },
      }).start()`
    child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    await queue()
    await once(child, 'message')
    child.kill('SIGKILL')
    await once(child, 'exit')
    assert.deepEqual(await states(), { active: 1 })
    let ran = 0
    startWorker(async () => void ran++)
    await pass(9)
    await wait(0)
    assert.equal(ran, 0)
    await pass(10)
    await until('it was taken from the dead', async () => (await states()).active === undefined)
    await pass(60)
    await until('it runs again', () => ran === 1)
    await until('it was noted', async () => (await states()).active === undefined)
    assert.deepEqual(await states(), { completed: 1 })
  })
})

it('every kind that comes round by itself is queued once, however many workers there are', async () => {
  const database = await createTestDatabase()
  const own: Worker[] = []
  try {
    for (let n = 0; n < 2; n += 1)
      own.push(startWorker(async () => undefined, { database, recurring: schedules }))
    const stored = () => runSql(database.db, 'select name, cron from jobs.schedule order by name')
    await until('the schedule', async () => (await stored()).length === 2)
    assert.deepEqual(await stored(), [
      ['clean_up' satisfies JobKind, '*/10 * * * *'],
      ['refresh_upstream_tokens' satisfies JobKind, '*/5 * * * *'],
    ])
  } finally {
    for (const worker of own) await worker.stop(5_000)
    workers = workers.filter((worker) => !own.includes(worker))
    await database.drop()
  }
})
