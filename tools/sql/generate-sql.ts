/**
 * Makes everything current that is generated from SQL: the typed functions beside each `*.sql` file, and `schema.sql`.
 *
 * 1. Migrate an empty database: in the server that SIGNET_TEST_POSTGRES names, else in an embedded one that is thrown
 *    away.
 * 2. Compile all queries against it.
 * 3. Read its schema back from the catalog.
 *
 * Errors: SqlProblems with every problem of every query.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { readSchema } from '../../packages/server/src/db/catalog.ts'
import { migrate } from '../../packages/server/src/db/migrate.ts'
import type { Db } from '../../packages/server/src/db/query.ts'
import { createTestDatabase } from '../../packages/server/src/testing/database.ts'
import { SourceDefects } from '../generate/generated-file.ts'
import { compileQueries } from './compile.ts'
import { describeProblem, type Problem } from './problem.ts'

/** The queries that do not compile, one line each. */
export class SqlProblems extends SourceDefects {
  override readonly name = 'SqlProblems'

  constructor(problems: readonly Problem[]) {
    super(problems.map((problem) => `${sources}/${describeProblem(problem)}`).join('\n'))
  }
}

const repository = join(import.meta.dirname, '../..')
const root = join(repository, 'packages/server/src')
const sources = relative(repository, root)

/** Writes what is not current and answers its paths. With `check` nothing is written. */
export async function generateSql({ check }: { check: boolean }): Promise<string[]> {
  const { address, db, drop } = await createTestDatabase({ empty: true })
  try {
    await migrate(address)
    const { problems, changed } = await compileQueries({ root, address, check })
    if (problems.length > 0) throw new SqlProblems(problems)
    const schema = (await syncSchema(db, check)) ? [] : ['db/schema.sql']
    return [...changed, ...schema].map((path) => `${sources}/${path}`)
  } finally {
    await drop()
  }
}

/** Whether `schema.sql` was what the migrations make. */
async function syncSchema(db: Db, check: boolean): Promise<boolean> {
  const path = join(root, 'db/schema.sql')
  const schema = await readSchema(db)
  if (readIfThere(path) === schema) return true
  if (!check) writeFileSync(path, schema)
  return false
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
