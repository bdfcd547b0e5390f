/** What the catalog knows about columns and types, beyond what Describe tells: read once for all queries. */

import type pg from 'pg'
import { columnTypes } from '../../packages/server/src/db/column-types.ts'

export interface ColumnFacts {
  notNull: boolean
  /** The values that a check constraint allows, where it is a list of texts. */
  values: string[] | undefined
}

export interface CatalogFacts {
  /** Of a table column; undefined for one that the catalog does not list. */
  column(tableOid: number, columnNumber: number): ColumnFacts | undefined
  /** The name of a table without its schema. */
  tableName(oid: number): string
  /** The TypeScript type of a value, or an explanation why it has none. */
  typescript(typeOid: number): { type: string; array: boolean; name: string } | { refused: string }
}

const factsQuery = `
  select c.oid::int8::text as table_oid, c.relname::text as table_name, a.attnum::int4 as column_number, a.attnotnull as not_null,
         (select array_agg(pg_get_constraintdef(k.oid))
            from pg_constraint k
           where k.conrelid = c.oid and k.contype = 'c' and k.conkey = array[a.attnum]) as checks
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid
   where n.nspname in ('public', 'pg_catalog') and c.relkind in ('r', 'p', 'v', 'm') and a.attnum > 0 and not a.attisdropped`

const typesQuery = 'select oid::int8::text as oid, format_type(oid, null) as name from pg_type'

/** Reads all facts in two queries. */
export async function readCatalogFacts(client: pg.Client): Promise<CatalogFacts> {
  const columns = new Map<string, ColumnFacts>()
  const tableNames = new Map<number, string>()
  for (const row of (await client.query(factsQuery)).rows) {
    tableNames.set(Number(row.table_oid), row.table_name)
    const values = (row.checks as string[] | null)
      ?.map(allowedValues)
      .find((list) => list !== undefined)
    columns.set(`${row.table_oid}.${row.column_number}`, { notNull: row.not_null, values })
  }
  const typeNames = new Map<number, string>()
  for (const row of (await client.query(typesQuery)).rows) typeNames.set(Number(row.oid), row.name)
  return {
    column: (tableOid, columnNumber) => columns.get(`${tableOid}.${columnNumber}`),
    tableName: (oid) => tableNames.get(oid) ?? '',
    typescript: (oid) => typescriptOf(oid, typeNames.get(oid) ?? `type ${oid}`),
  }
}

/** The list of `CHECK ((status = ANY (ARRAY['active'::text, 'suspended'::text])))`; undefined for any other check. */
export function allowedValues(definition: string): string[] | undefined {
  const list = /^CHECK \(\((?:\w+|"[^"]+") = ANY \(ARRAY\[(.*)\]\)\)\)$/.exec(definition)?.[1]
  if (list === undefined) return undefined
  const literal = /'((?:[^']|'')*)'::text(?:, |$)/gy
  const values: string[] = []
  for (const match of list.matchAll(literal))
    values.push((match[1] as string).replaceAll("''", "'"))
  const rebuilt = values.map((value) => `'${value.replaceAll("'", "''")}'::text`).join(', ')
  return rebuilt === list ? values : undefined
}

function typescriptOf(oid: number, name: string): ReturnType<CatalogFacts['typescript']> {
  for (const [typeName, type] of Object.entries(columnTypes)) {
    if (type.oid === oid) return { type: type.typescript, array: false, name: typeName }
    if (type.arrayOid === oid) return { type: type.typescript, array: true, name: typeName }
  }
  return {
    refused: `values of type ${name} have no TypeScript type (db/column-types.ts lists those that do); cast it, for example to text`,
  }
}
