/**
 * `npm run bench:race`: each single-use thing, used 50 times at once, over two instances and two wires, many rounds.
 *
 *     npm run bench:race -- [--only NAME]... [--rounds N] [--seed N] [--json] [--write]
 *
 * `--write` puts what is printed into docs/reference/reliability.md.
 *
 * Exit code 1 says that something did not hold, 2 that the arguments were not understood.
 */

import { parseArgs } from 'node:util'
import { describeMachine } from '../machine.ts'
import { measuredAt, printed, writeBlock } from '../page.ts'
import { anySeed } from '../random.ts'
import { wholeNumber } from '../whole-number.ts'
import { type Race, type RaceResult, runRace } from './race.ts'
import { races } from './races.ts'
import { openWorld, users } from './world.ts'

interface Options {
  chosen: readonly Race[]
  rounds: number | undefined
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
  const { chosen, rounds, seed, json, write } = options
  const machine = describeMachine()
  const where = measuredAt(machine, new Date())
  const results: RaceResult[] = []
  const world = await openWorld()
  try {
    for (const race of chosen) {
      process.stderr.write(`${race.name}: ${race.about}\n`)
      const progress = (message: string) => process.stderr.write(`  ${message}\n`)
      results.push(await runRace(world, race, { rounds, seed, progress }))
    }
  } finally {
    await world.stop()
  }
  const holds = results.every(({ violations }) => violations.length === 0)
  const lines = [
    where,
    `${users} at once over two instances and two wires (REST, gRPC); seed ${seed}`,
    '',
    ...results.flatMap(linesOf),
  ]
  if (write) await writeBlock('reliability', 'race', printed(lines))
  process.stdout.write(
    `${json ? JSON.stringify({ machine, seed, usersAtOnce: users, results, holds }) : lines.join('\n')}\n`,
  )
  return holds ? 0 : 1
}

function linesOf(result: RaceResult): string[] {
  const { name, rounds, seconds, retried, counts, violations } = result
  const counted = Object.entries(counts).map(([what, count]) => `${what} ${count}`)
  const verdict = violations.length === 0 ? 'holds' : 'DOES NOT HOLD'
  return [
    `${name.padEnd(20)}  ${String(rounds).padStart(5)} rounds  ${verdict}  ${counted.join(', ')}; repeated for want of an answer ${retried}; ${seconds.toFixed(0)} s`,
    ...violations.map((sentence) => `    ${sentence}`),
  ]
}

/** The options, or a sentence about what is wrong with them. */
function readOptions(): Options | string {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string', multiple: true },
        rounds: { type: 'string' },
        seed: { type: 'string' },
        json: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
      },
    })
    const names = races.map(({ name }) => name)
    const unknown = values.only?.find((name) => !names.includes(name))
    if (unknown !== undefined) return `There is no "${unknown}". There are: ${names.join(', ')}.`
    return {
      chosen: races.filter(({ name }) => values.only?.includes(name) ?? true),
      rounds: wholeNumber('--rounds', values.rounds, { least: 1, most: 1_000_000 }),
      seed: wholeNumber('--seed', values.seed, { least: 0, most: 2 ** 31 - 1 }) ?? anySeed(),
      json: values.json,
      write: values.write,
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
