/**
 * Reads the schema of a database back from its catalog, as text that is the same on every version of Postgres that
 * Signet runs on: what `schema.sql` holds, and what a database is compared with.
 *
 * Errors: Error where the schema holds something that this reader would leave out.
 */

import {
  listColumns,
  listConstraints,
  listFunctions,
  listIndexes,
  listSequences,
  listTables,
  listTriggers,
  listUnreadable,
} from './catalog.sql.ts'
import type { Db } from './query.ts'

type Row<Query extends (db: Db) => Promise<unknown[]>> = Awaited<ReturnType<Query>>[number]

const head = `-- The schema after all migrations, read back from the catalog of Postgres. Generated; do not edit.
-- Monthly partitions are left out.
`

/** The whole schema as SQL text: functions and sequences, then each table with all that belongs to it, by name. */
export async function readSchema(db: Db): Promise<string> {
  const unreadable = await listUnreadable(db)
  if (unreadable.length > 0) {
    const names = unreadable.map(({ kind, name }) => `${kind} ${name}`).join(', ')
    throw new Error(
      `The catalog reader does not know how to read: ${names}. Teach it in db/catalog.sql.`,
    )
  }
  const functions = (await listFunctions(db)).map(({ definition }) => functionText(definition))
  const sequences = (await listSequences(db)).map(sequenceText)
  const columns = byTable(await listColumns(db))
  const constraints = byTable(await listConstraints(db))
  const indexes = byTable(await listIndexes(db))
  const triggers = byTable(await listTriggers(db))
  const tables = (await listTables(db)).map((table) => {
    const parts = [
      ...of(columns, table).map(columnText),
      ...of(constraints, table).map(constraintText),
    ]
    const after = [...of(indexes, table), ...of(triggers, table).map(triggerText)]
    return [tableText(table, parts), ...after.map(({ definition }) => `${definition};\n`)].join('')
  })
  return [head, ...functions, ...sequences, ...tables].join('\n')
}

function byTable<R extends { tableName: string }>(rows: R[]): Map<string, R[]> {
  return Map.groupBy(rows, ({ tableName }) => tableName)
}

function of<R>(rows: Map<string, R[]>, { name }: { name: string }): R[] {
  return rows.get(name) ?? []
}

function tableText(table: Row<typeof listTables>, parts: string[]): string {
  const create = table.unlogged ? 'CREATE UNLOGGED TABLE' : 'CREATE TABLE'
  const body = parts.length === 0 ? '' : ` (\n${parts.map((part) => `  ${part}`).join(',\n')}\n)`
  const ofParent = table.parent === null ? '' : ` PARTITION OF ${table.parent}`
  const bound = table.bound === null ? '' : ` ${table.bound}`
  const key = table.partitionKey === null ? '' : ` PARTITION BY ${table.partitionKey}`
  const options = table.options === null ? '' : ` WITH (${table.options})`
  const security = table.rowSecurity ? `ALTER TABLE ${table.name} ENABLE ROW LEVEL SECURITY;\n` : ''
  return `${create} ${table.name}${ofParent}${body}${bound}${key}${options};\n${security}`
}

function columnText(column: Row<typeof listColumns>): string {
  const words = [quoted(column.name), column.type]
  if (column.collation !== null) words.push(`COLLATE ${column.collation}`)
  if (column.identity !== '')
    words.push(`GENERATED ${column.identity === 'a' ? 'ALWAYS' : 'BY DEFAULT'} AS IDENTITY`)
  if (column.generated !== '') words.push(`GENERATED ALWAYS AS (${column.value}) STORED`)
  else if (column.value !== null) words.push(`DEFAULT ${column.value}`)
  if (column.notNull) words.push('NOT NULL')
  return words.join(' ')
}

function constraintText(constraint: Row<typeof listConstraints>): string {
  return `CONSTRAINT ${quoted(constraint.name)} ${constraint.definition}`
}

function triggerText(trigger: Row<typeof listTriggers>): { definition: string } {
  const { tableName, name, definition, enabled } = trigger
  if (enabled === 'O') return { definition }
  const state = enabled === 'D' ? 'DISABLE' : enabled === 'A' ? 'ENABLE ALWAYS' : 'ENABLE REPLICA'
  return { definition: `${definition};\nALTER TABLE ${tableName} ${state} TRIGGER ${quoted(name)}` }
}

function sequenceText(sequence: Row<typeof listSequences>): string {
  const { name, type, start, increment, min, max, cache, cycle } = sequence
  const range = `INCREMENT BY ${increment} MINVALUE ${min} MAXVALUE ${max} START WITH ${start}`
  return `CREATE SEQUENCE ${name} AS ${type} ${range} CACHE ${cache}${cycle ? ' CYCLE' : ''};\n`
}

function functionText(definition: string): string {
  return `${definition.trimEnd()};\n`
}

function quoted(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}
