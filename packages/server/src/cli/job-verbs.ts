/** The verbs about queued work: `worker` and `job`. */

import { type Command, Option } from 'commander'
import type { CommonOptions, RunVerb } from './verb.ts'
import { type ChangeOptions, group, rehearse, uuidOf, verb, wholeNumber } from './verb.ts'

const states = ['created', 'retry', 'active', 'completed', 'cancelled', 'failed']

/** Adds them to the program. */
export function addJobVerbs(program: Command, run: RunVerb): void {
  verb(
    program,
    'worker',
    'Work on queued jobs, beside a server that is told not to (SIGNET_WORKER=off).',
  ).action((options: CommonOptions) =>
    run(options, async (context) => (await import('./worker.ts')).worker(context)),
  )
  const job = group(program, 'job', 'See what is queued, and help what has failed.')
  const load = () => import('./job.ts')
  const which = 'The job, by id.'
  verb(job, 'list', 'List jobs, the latest first.')
    .option('--kind <kind>', 'Only those of this kind, such as send_mail.')
    .addOption(new Option('--state <state>', 'Only those in this state.').choices(states))
    .option('--limit <number>', 'How many to show at the most.', wholeNumber(1, 1000), 50)
    .action((options: CommonOptions & { limit: number }) =>
      run(options, async (context) => (await load()).jobList(context, options)),
    )
  verb(
    job,
    'retry',
    'Run a job again now that failed, was cancelled, or waits for its next attempt.',
  )
    .argument('<job>', which, uuidOf('job'))
    .option(...rehearse)
    .action((id: string, options: CommonOptions & ChangeOptions) =>
      run(options, async (context) => (await load()).jobRetry(context, id, options)),
    )
  verb(
    job,
    'cancel',
    'Take a job back. One that is being worked on is not stopped, but not tried again.',
  )
    .argument('<job>', which, uuidOf('job'))
    .option(...rehearse)
    .action((id: string, options: CommonOptions & ChangeOptions) =>
      run(options, async (context) => (await load()).jobCancel(context, id, options)),
    )
}
