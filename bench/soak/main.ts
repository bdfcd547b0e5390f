/**
 * `npm run bench:soak`: a mixed load on the real service, every answer checked, and ten times what it takes.
 *
 *     npm run bench:soak -- [--minutes N] [--seed N] [--json] [--write]
 *
 * `--write` puts what is printed into docs/reference/reliability.md.
 *
 * Exit code 1 says that an answer was wrong or did not come, that the service took too much memory, or that it was not back to
 * normal in time; 2 that the arguments were not understood.
 */

import { parseArgs } from 'node:util'
import { describeMachine } from '../machine.ts'
import { measuredAt, printed, writeBlock } from '../page.ts'
import { anySeed } from '../random.ts'
import { percentile } from '../slices.ts'
import { wholeNumber } from '../whole-number.ts'
import { linesOf } from './report.ts'
import { type Phase, recovered, runSoak } from './soak.ts'

interface Options {
  minutes: number
  seed: number
  json: boolean
  write: boolean
}

process.exitCode = await main()

async function main(): Promise<number> {
  const options = readOptions()
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n`)
    return 2
  }
  const { minutes, seed, json, write } = options
  const machine = describeMachine()
  const where = measuredAt(machine, new Date())
  const result = await runSoak({
    steadySeconds: minutes * 60,
    overloadSeconds: 20,
    afterwardsSeconds: 20,
    accounts: 40,
    connectionsMax: 2_000,
    seed,
    progress: (message) => process.stderr.write(`  ${message}\n`),
  })
  const holds = result.sentences.length === 0 && recovered(result)
  const lines = [where, `${minutes} minutes; seed ${seed}`, '', ...linesOf(result)]
  if (write) await writeBlock('reliability', 'soak', printed(lines))
  process.stdout.write(
    `${
      json
        ? JSON.stringify({
            machine,
            minutes,
            seed,
            ...result,
            phases: result.phases.map(figures),
            holds,
          })
        : lines.join('\n')
    }\n`,
  )
  return holds ? 0 : 1
}

/** A phase without the single calls. */
function figures({ tally, samples, ...phase }: Phase) {
  const kinds = [...tally.kinds].map(([name, { verdicts, latenciesMs }]) => ({
    name,
    verdicts,
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
  }))
  return { ...phase, kinds, samples }
}

/** The options, or a sentence about what is wrong with them. */
function readOptions(): Options | string {
  try {
    const { values } = parseArgs({
      options: {
        minutes: { type: 'string', default: '5' },
        seed: { type: 'string' },
        json: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
      },
    })
    return {
      minutes: wholeNumber('--minutes', values.minutes, { least: 1, most: 10_000 }) ?? 1,
      seed: wholeNumber('--seed', values.seed, { least: 0, most: 2 ** 31 - 1 }) ?? anySeed(),
      json: values.json,
      write: values.write,
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
