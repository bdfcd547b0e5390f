/**
 * `npm run bench:mail`: mails that are queued while the mail server is away must arrive, through kills of the worker.
 *
 *     npm run bench:mail -- [--mails N] [--kills N] [--seed N] [--json] [--write]
 *
 * `--write` puts what is printed into docs/reference/reliability.md.
 *
 * Exit code 1 says that a mail was lost, late, or came twice without reason; 2 that the arguments were not understood.
 */

import { parseArgs } from 'node:util'
import { describeMachine } from '../machine.ts'
import { measuredAt, printed, writeBlock } from '../page.ts'
import { anySeed } from '../random.ts'
import { wholeNumber } from '../whole-number.ts'
import { type MailCrashOptions, runMailCrash } from './mail-crash.ts'

type Options = Omit<MailCrashOptions, 'progress'> & { json: boolean; write: boolean }

process.exitCode = await main()

async function main(): Promise<number> {
  const options = readOptions()
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n`)
    return 2
  }
  const { json, write, ...parameters } = options
  const machine = describeMachine()
  const where = measuredAt(machine, new Date())
  const progress = (message: string) => process.stderr.write(`  ${message}\n`)
  const result = await runMailCrash({ ...parameters, progress })
  const holds = result.sentences.length === 0
  const { arrived, copies, inFlight, lastAfterSeconds, seconds, sentences } = result
  const lines = [
    where,
    `${arrived} of ${parameters.mails} mails arrived through ${parameters.kills} kills; seed ${parameters.seed}`,
    `the last one ${lastAfterSeconds.toFixed(1)} s after the later of the mail server's return and 40 s after the last kill (60 are promised)`,
    `${copies} copies; ${inFlight} mails were at work when a worker was killed; ${seconds.toFixed(0)} s`,
    ...sentences.map((sentence) => `    ${sentence}`),
  ]
  if (write) await writeBlock('reliability', 'mail', printed(lines))
  process.stdout.write(
    `${json ? JSON.stringify({ machine, parameters, ...result, holds }) : lines.join('\n')}\n`,
  )
  return holds ? 0 : 1
}

/** The options, or a sentence about what is wrong with them. */
function readOptions(): Options | string {
  try {
    const { values } = parseArgs({
      options: {
        mails: { type: 'string', default: '1000' },
        kills: { type: 'string', default: '20' },
        seed: { type: 'string' },
        json: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
      },
    })
    const mails = wholeNumber('--mails', values.mails, { least: 1, most: 100_000 }) ?? 1
    const kills = wholeNumber('--kills', values.kills, { least: 0, most: 1_000 }) ?? 0
    const seed = wholeNumber('--seed', values.seed, { least: 0, most: 2 ** 31 - 1 }) ?? anySeed()
    return {
      mails,
      kills,
      killsWhileAway: kills >> 1,
      seed,
      json: values.json,
      write: values.write,
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
