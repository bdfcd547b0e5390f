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
  /** Parameters of type json or jsonb: written as JSON text, because the driver takes an array for a Postgres array. */
  json?: readonly string[]
  /** Parameters of type json[] or jsonb[]: each element written as JSON text. */
  jsonArrays?: readonly string[]
}

type Args<P> = P extends void ? [] : [params: P]
type Result = Awaited<ReturnType<Db['query']>>
type Encode = (value: unknown) => unknown

const asGiven: Encode = (value) => value

// A null is the null of SQL. The null of JSON occurs only inside a value.
const asJson: Encode = (value) =>
  value === null || value === undefined ? null : JSON.stringify(value)

const asJsonArray: Encode = (value) => (Array.isArray(value) ? value.map(asJson) : null)

function encoderOf(query: Query, param: string): Encode {
  if (query.json?.includes(param)) return asJson
  return query.jsonArrays?.includes(param) ? asJsonArray : asGiven
}

function runner(query: Query): (db: Db, params: unknown) => Promise<Result> {
  const encoders = query.params.map((param) => ({ param, encode: encoderOf(query, param) }))
  return (db, params) => {
    const given = (params ?? {}) as Record<string, unknown>
    const values = encoders.map(({ param, encode }) => encode(given[param]))
    return db.query({ name: query.name, text: query.text, values, rowMode: 'array' })
  }
}

function named<R>(query: Query, row: unknown[]): R {
  const record: Record<string, unknown> = {}
  for (let i = 0; i < query.columns.length; i++) record[query.columns[i] as string] = row[i]
  return record as R
}

/** All rows. */
export function many<P, R>(query: Query): (db: Db, ...args: Args<P>) => Promise<R[]> {
  const run = runner(query)
  return async (db, ...[params]) => (await run(db, params)).rows.map((row) => named<R>(query, row))
}

/** The first row, or undefined where there is none. */
export function maybe<P, R>(query: Query): (db: Db, ...args: Args<P>) => Promise<R | undefined> {
  const run = runner(query)
  return async (db, ...[params]) => {
    const row = (await run(db, params)).rows[0]
    return row === undefined ? undefined : named<R>(query, row)
  }
}

/** The one row. Any other number of rows is a bug, and throws. */
export function one<P, R>(query: Query): (db: Db, ...args: Args<P>) => Promise<R> {
  const run = runner(query)
  return async (db, ...[params]) => {
    const { rows } = await run(db, params)
    const row = rows[0]
    if (row === undefined || rows.length !== 1)
      throw new Error(`${query.name}: ${rows.length} rows, expected one`)
    return named<R>(query, row)
  }
}

/** No rows wanted: the number of rows that were changed. */
export function exec<P>(query: Query): (db: Db, ...args: Args<P>) => Promise<number> {
  const run = runner(query)
  return async (db, ...[params]) => (await run(db, params)).rowCount ?? 0
}
