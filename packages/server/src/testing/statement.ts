/** SQL that only a test runs, written where it is used. */

import type { Db } from '../db/query.ts'

/** Runs one statement, unnamed; values as the driver takes them. Returns rows as arrays. */
export async function runSql(db: Db, text: string, values: unknown[] = []): Promise<unknown[][]> {
  return (await db.query({ name: '', text, values, rowMode: 'array' })).rows
}
