/**
 * `node tools/sql/main.ts`: compiles the queries of the server against a database with the whole schema.
 *
 * With `--check` nothing is written: exit 1 names what is not current. Uses the server in SIGNET_TEST_POSTGRES, else
 * starts an embedded one that is thrown away.
 */

import { join } from 'node:path'
import { migrate } from '../../packages/server/src/db/migrate.ts'
import { createTestDatabase } from '../../packages/server/src/testing/database.ts'
import { compileQueries } from './compile.ts'
import { describeProblem } from './problem.ts'

const root = join(import.meta.dirname, '../../packages/server/src')

process.exitCode = await main(process.argv.includes('--check'))

async function main(check: boolean): Promise<number> {
  const { address, drop } = await createTestDatabase({ empty: true })
  try {
    await migrate(address)
    const { problems, changed, queries } = await compileQueries({ root, address, check })
    for (const problem of problems) say(`packages/server/src/${describeProblem(problem)}`)
    for (const path of changed)
      say(`${check ? 'not current' : 'written'}: packages/server/src/${path}`)
    if (problems.length > 0) return 1
    if (check && changed.length > 0) {
      say('Run `node tools/sql/main.ts` and commit what it writes.')
      return 1
    }
    say(`${queries} queries are in order`)
    return 0
  } finally {
    await drop()
  }
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}
