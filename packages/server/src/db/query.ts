/**
 * What a generated query function is made of: run one statement, name its columns, count its rows.
 *
 * The functions in `*.sql.ts` are compiled from the `*.sql` file beside them; nobody calls these makers by hand.
 */

/** A JSON value, as a `jsonb` column holds it. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** Anything that can run a statement: the pool, or the one connection of a transaction. */
export interface Db {
  query(statement: Statement): Promise<{ rows: unknown[][]; rowCount: number | null }>
}

/** One statement, ready for the driver: `name` makes it a prepared one, rows come as arrays. */
export interface Statement {
  name: string
  text: string
  values: unknown[]
  rowMode: 'array'
}

/** A compiled query: its name, SQL text, parameter names in order of `$n`, and column names in order. */
export interface Query {
  name: string
  text: string
  params: readonly string[]
  columns: readonly string[]
}

type Args<P> = P extends void ? [] : [params: P]

async function run(
  db: Db,
  query: Query,
  params: unknown,
): Promise<{ rows: unknown[][]; rowCount: number | null }> {
  const given = (params ?? {}) as Record<string, unknown>
  const values = query.params.map((name) => given[name])
  return db.query({ name: query.name, text: query.text, values, rowMode: 'array' })
}

function named<R>(query: Query, row: unknown[]): R {
  const record: Record<string, unknown> = {}
  for (const [i, column] of query.columns.entries()) record[column] = row[i]
  return record as R
}

/** All rows. */
export function many<P, R>(query: Query): (db: Db, ...args: Args<P>) => Promise<R[]> {
  return async (db, ...[params]) =>
    (await run(db, query, params)).rows.map((row) => named<R>(query, row))
}

/** The first row, or undefined where there is none. */
export function maybe<P, R>(query: Query): (db: Db, ...args: Args<P>) => Promise<R | undefined> {
  return async (db, ...[params]) => {
    const row = (await run(db, query, params)).rows[0]
    return row === undefined ? undefined : named<R>(query, row)
  }
}

/** The one row. Any other number of rows is a bug, and throws. */
export function one<P, R>(query: Query): (db: Db, ...args: Args<P>) => Promise<R> {
  return async (db, ...[params]) => {
    const { rows } = await run(db, query, params)
    const row = rows[0]
    if (row === undefined || rows.length !== 1)
      throw new Error(`${query.name}: ${rows.length} rows, expected one`)
    return named<R>(query, row)
  }
}

/** No rows wanted: the number of rows that were changed. */
export function exec<P>(query: Query): (db: Db, ...args: Args<P>) => Promise<number> {
  return async (db, ...[params]) => (await run(db, query, params)).rowCount ?? 0
}
