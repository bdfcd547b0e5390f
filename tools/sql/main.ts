/**
 * `node tools/sql/main.ts`: compiles every query of the server and writes the schema that the migrations make.
 *
 * With `--check` nothing is written: exit 1 names what is not current.
 */

import { generateSql, SqlProblems } from './generate-sql.ts'

process.exitCode = await main(process.argv.includes('--check'))

async function main(check: boolean): Promise<number> {
  try {
    const changed = await generateSql({ check })
    for (const path of changed) say(`${check ? 'not current' : 'written'}: ${path}`)
    if (!check || changed.length === 0) return 0
    say('Run `node tools/sql/main.ts` and commit what it writes.')
  } catch (error) {
    if (!(error instanceof SqlProblems)) throw error
    say(error.message)
  }
  return 1
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}
