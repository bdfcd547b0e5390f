/**
 * `npm run bench:crash`: people use the service while it and its Postgres are killed at random moments; then everything
 * is held against what they were told.
 *
 *     npm run bench:crash -- [--rotations N] [--kills N] [--postgres-kills N] [--people N] [--seed N] [--json] [--write]
 *
 * `--write` puts what is printed into docs/reference/reliability.md.
 *
 * Exit code 1 says that something was lost, doubled or revived, or that somebody was stuck; 2 that the arguments were
 * not understood.
 */

import { parseArgs } from 'node:util'
import { describeMachine } from '../machine.ts'
import { measuredAt, printed, writeBlock } from '../page.ts'
import { anySeed } from '../random.ts'
import { wholeNumber } from '../whole-number.ts'
import { type CrashOptions, type CrashResult, runCrash } from './crash.ts'

/** Longer than anything that a request may wait for within the service, and as short as that allows. */
const windowSeconds = 6
const sentencesMax = 20

type Options = Omit<CrashOptions, 'progress'> & { json: boolean; write: boolean }

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
  const result = await runCrash({ ...parameters, progress })
  const holds = result.sentences.length === 0
  const lines = [
    where,
    `${parameters.people} people, a window of ${windowSeconds} s; seed ${parameters.seed}`,
    '',
    ...linesOf(result),
  ]
  if (write) await writeBlock('reliability', 'crash', printed(lines))
  process.stdout.write(
    `${json ? JSON.stringify({ machine, parameters, ...result, holds }) : lines.join('\n')}\n`,
  )
  return holds ? 0 : 1
}

function linesOf({ counts, totals, sentences, seconds, longestOutage }: CrashResult): string[] {
  const more = sentences.length - sentencesMax
  return [
    `${counts.rotations} rotations in ${counts.refreshes} refreshes, ${counts.twoTabs} of them in two tabs at once, ${counts.late} answered after the window`,
    `${counts.signUps} sign-ups, ${counts.signIns} sign-ins, ${counts.signOuts} sign-outs, ${counts.passwordChanges} password changes; ${counts.events} events, ${counts.sessions} sessions`,
    `${counts.kills} kills of the service, ${counts.postgresKills} of Postgres, the longest outage ${longestOutage.toFixed(1)} s; ${counts.unanswered} calls without an answer, repeated`,
    `lost ${totals.lost}, doubled ${totals.doubled}, revived ${totals.revived}, stuck ${totals.stuck}; ${seconds.toFixed(0)} s`,
    ...sentences.slice(0, sentencesMax).map((sentence) => `    ${sentence}`),
    ...(more > 0 ? [`    and ${more} more`] : []),
  ]
}

/** The options, or a sentence about what is wrong with them. */
function readOptions(): Options | string {
  try {
    const { values } = parseArgs({
      options: {
        rotations: { type: 'string', default: '5000' },
        kills: { type: 'string', default: '25' },
        'postgres-kills': { type: 'string', default: '5' },
        people: { type: 'string', default: '240' },
        seed: { type: 'string' },
        json: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
      },
    })
    const number = (option: 'rotations' | 'kills' | 'postgres-kills' | 'people', least: number) =>
      wholeNumber(`--${option}`, values[option], { least, most: 1_000_000 }) ?? least
    return {
      rotations: number('rotations', 1),
      kills: number('kills', 0),
      postgresKills: number('postgres-kills', 0),
      people: number('people', 1),
      seed: wholeNumber('--seed', values.seed, { least: 0, most: 2 ** 31 - 1 }) ?? anySeed(),
      windowSeconds,
      json: values.json,
      write: values.write,
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
