/**
 * Moves wrapped values of one table from a former master secret to the current one, a batch at a time.
 *
 * 1. A batch is locked, leaving out rows that somebody is at work on: this waits for nobody.
 * 2. Each value is opened and wrapped anew. What is inside does not change, so nothing that was derived from it does.
 * 3. The batch is written where it is still wrapped as it was read, and committed.
 *
 * A value that does not open stays as it is, and is named; the others go on.
 */

import { type MasterSecret, MasterSecretError } from '../crypto/master-secret.ts'
import type { Database } from './database.ts'
import type { Db } from './query.ts'

/** The rows of one table that hold a value wrapped under the master secret. */
export interface WrappedValues {
  /** Sorts before every id. */
  readonly beforeFirst: string
  purposeOf(id: string): string
  /** Locks rows that are wrapped under this key and that nobody else has locked, in the order of their ids. */
  lock(
    tx: Db,
    batch: { keyId: string; after: string; limit: number },
  ): Promise<{ id: string; wrapped: Buffer }[]>
  /** Answers how many rows it has written. */
  replace(
    tx: Db,
    batch: { ids: string[]; wrapped: Buffer[]; keyId: string; formerKeyId: string },
  ): Promise<number>
}

export interface Rewrapped {
  moved: number
  /** Ids of rows whose values do not open: they were changed, or exchanged. */
  unreadable: string[]
}

const batchSize = 100

/** Moves all rows that are wrapped under `formerKeyId`, until done or told to stop. */
export async function rewrapValues(
  { db, masterSecret }: { db: Pick<Database, 'transaction'>; masterSecret: MasterSecret },
  values: WrappedValues,
  { formerKeyId, signal }: { formerKeyId: string; signal: AbortSignal },
): Promise<Rewrapped> {
  const total: Rewrapped = { moved: 0, unreadable: [] }
  let after: string | undefined = values.beforeFirst
  while (after !== undefined && !signal.aborted) {
    const from: string = after
    after = await db.transaction(async (tx) => {
      const rows = await values.lock(tx, { keyId: formerKeyId, after: from, limit: batchSize })
      const { ids, wrapped, unreadable } = wrapAnew(masterSecret, values, { rows, formerKeyId })
      const { keyId } = masterSecret
      total.moved += await values.replace(tx, { ids, wrapped, keyId, formerKeyId })
      total.unreadable.push(...unreadable)
      return rows.length < batchSize ? undefined : rows.at(-1)?.id
    })
  }
  return total
}

function wrapAnew(
  masterSecret: MasterSecret,
  values: WrappedValues,
  { rows, formerKeyId }: { rows: { id: string; wrapped: Buffer }[]; formerKeyId: string },
) {
  const ids: string[] = []
  const wrapped: Buffer[] = []
  const unreadable: string[] = []
  for (const row of rows) {
    const purpose = values.purposeOf(row.id)
    try {
      const plain = masterSecret.unwrap(purpose, row.wrapped, formerKeyId)
      wrapped.push(masterSecret.wrap(purpose, plain).wrapped)
      ids.push(row.id)
    } catch (error) {
      if (!(error instanceof MasterSecretError)) throw error
      unreadable.push(row.id)
    }
  }
  return { ids, wrapped, unreadable }
}
