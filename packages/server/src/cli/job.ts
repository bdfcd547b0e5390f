/** `signet job`: what is queued, what has failed for good, and what to do about it. */

import type { Db } from '../db/query.ts'
import { cancelJob, findJob, listJobs, retryJob } from '../queue/queue.sql.ts'
import { CommandError, noSuch } from './command-error.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { withDatabase } from './open-database.ts'
import { rehearsal } from './operator.ts'
import { table } from './table.ts'
import type { ChangeOptions, CommandContext } from './verb.ts'

export interface JobListOptions {
  kind?: string
  state?: string
  limit: number
}

/** `job list`: jobs and how they are doing; what they carry is not shown. */
export async function jobList(
  context: CommandContext,
  { kind, state, limit }: JobListOptions,
): Promise<ExitCode> {
  const { io } = context
  const jobs = await withDatabase(context, ({ db }) =>
    listJobs(db, { kind: kind ?? null, state: state ?? null, limit }),
  )
  const rows = jobs.map((job) => [
    job.id,
    job.kind,
    job.state,
    String(job.tries),
    seconds(job.createdAt),
    seconds(job.completedAt ?? job.dueAt),
    job.failure ?? '',
  ])
  const heads = ['id', 'kind', 'state', 'retries', 'queued', 'due or done', 'failure']
  const [head = '', ...lines] = table(heads, rows)
  io.result(
    { jobs },
    jobs.length === 0 ? 'There are none.' : [io.heading(head), ...lines].join('\n'),
  )
  return exitCodes.ok
}

/** `job retry`: runs it now. */
export async function jobRetry(
  context: CommandContext,
  id: string,
  options: ChangeOptions,
): Promise<ExitCode> {
  return change(context, id, options, {
    run: retryJob,
    done: 'runs again now',
    refused: 'cannot be run again',
  })
}

/** `job cancel`: takes it back. */
export async function jobCancel(
  context: CommandContext,
  id: string,
  options: ChangeOptions,
): Promise<ExitCode> {
  return change(context, id, options, {
    run: cancelJob,
    done: 'is cancelled',
    refused: 'cannot be cancelled',
  })
}

interface Change {
  run(db: Db, params: { id: string }): Promise<{ kind: string } | undefined>
  done: string
  refused: string
}

async function change(
  context: CommandContext,
  id: string,
  { dryRun = false }: ChangeOptions,
  { run, done, refused }: Change,
): Promise<ExitCode> {
  return withDatabase(context, async ({ db }) => {
    const scope = dryRun ? rehearsal(db) : db
    const changed = await scope.transaction((tx) => run(tx, { id }))
    if (changed === undefined) throw await whyNot(db, id, refused)
    const text = dryRun ? `Job ${id} could be changed. Nothing was changed.` : `Job ${id} ${done}.`
    context.io.result({ jobId: id, kind: changed.kind, changed: !dryRun, dryRun }, text)
    return exitCodes.ok
  })
}

async function whyNot(db: Db, id: string, refused: string): Promise<CommandError> {
  const found = await findJob(db, { id })
  const fix = 'signet job list shows which jobs there are, and how they are doing.'
  return found === undefined
    ? noSuch('job', id, fix)
    : new CommandError(`Job ${id} is ${found.state} and ${refused}.`, { code: 'WRONG_STATE', fix })
}

function seconds(at: Date): string {
  return at.toISOString().slice(0, 19).replace('T', ' ')
}
