import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { DatabaseAddress } from '../../packages/server/src/db/address.ts'
import { readSchema } from '../../packages/server/src/db/catalog.ts'
import { openDatabase } from '../../packages/server/src/db/database.ts'
import { migrate } from '../../packages/server/src/db/migrate.ts'
import { createTestDatabase } from '../../packages/server/src/testing/database.ts'
import type { TestPostgres } from '../../packages/server/src/testing/postgres.ts'
import { startPostgres15 } from '../../packages/server/src/testing/postgres-15.ts'
import { runSql } from '../../packages/server/src/testing/statement.ts'
import { compileQueries } from './compile.ts'
import { describeProblem } from './problem.ts'

const root = join(import.meta.dirname, '../../packages/server/src')

describe('the SQL of this repository', () => {
  let directory: string
  let oldest: TestPostgres

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'signet-15-'))
    oldest = await startPostgres15(directory)
    await migrate(oldest.address)
  })
  after(async () => {
    await oldest.stop()
    rmSync(directory, { recursive: true, force: true })
  })

  async function judge(address: DatabaseAddress) {
    const db = openDatabase({ address, poolSize: 1, prepared: true })
    try {
      const [[version] = []] = await runSql(db, 'show server_version_num')
      const { problems, changed } = await compileQueries({ root, address, check: true })
      return {
        version: Math.floor(Number(version) / 10_000),
        problems: problems.map(describeProblem),
        changed,
        schema: await readSchema(db),
      }
    } finally {
      await db.end()
    }
  }

  const committed = () => readFileSync(join(root, 'db/schema.sql'), 'utf8')

  it('compiles on PostgreSQL 15 to what is committed, and makes the same schema', async () => {
    const judged = await judge(oldest.address)
    assert.deepEqual(judged, { version: 15, problems: [], changed: [], schema: committed() })
  })

  it('compiles on the embedded PostgreSQL to what is committed, and makes the same schema', async () => {
    const test = await createTestDatabase({ empty: true })
    try {
      await migrate(test.address)
      const { version, ...judged } = await judge(test.address)
      assert.ok(version >= 15)
      assert.deepEqual(judged, { problems: [], changed: [], schema: committed() })
    } finally {
      await test.drop()
    }
  })
})
