/** The clock of the database, as one part of a test sees it: nobody waits for a window to close. */

import type { TestContext } from 'node:test'
import { openDatabase } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { type TestDeps, withParts } from './deps.ts'

/** The same parts over one connection whose clock is so many seconds ahead. Everybody else's clock stays. */
export async function secondsAhead(
  { deps, address }: Pick<TestDeps, 'deps' | 'address'>,
  t: Pick<TestContext, 'after'>,
  seconds: number,
): Promise<Deps> {
  const db = openDatabase({ address, poolSize: 1, prepared: true })
  t.after(() => db.end())
  const text = `select set_config('signet.clock_offset', $1, false)`
  await db.query({ name: '', text, values: [`${seconds} seconds`], rowMode: 'array' })
  return withParts(deps, { db })
}
