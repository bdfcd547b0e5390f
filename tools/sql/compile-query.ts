/**
 * Compiles one query: what Postgres says about it, joined with what its text says, checked against its kind.
 *
 * A column is never null where it comes straight from a not-null column and no outer join can have emptied it, or where
 * the query says so (`as "total!"`). When unsure, it is nullable.
 */

import pg from 'pg'
import type { CatalogFacts } from './catalog-facts.ts'
import { type DescribedColumn, type Description, describe } from './describe.ts'
import { type NullableTables, nullableTables } from './outer-joins.ts'
import type { SourceQuery } from './query-file.ts'
import { type Group, nest, wordOf } from './token-tree.ts'

export interface CompiledQuery {
  source: SourceQuery
  /** TypeScript types in order of `$n`. */
  parameterTypes: string[]
  columns: { name: string; type: string }[]
  /** Names of parameters to be written as JSON text, whole or by element. */
  json: string[]
  jsonArrays: string[]
}

type Report = (message: string, line?: number) => void

/** Compiles a query, or reports everything that is wrong with it. */
export async function compileQuery(
  client: pg.Client,
  facts: CatalogFacts,
  { query, report }: { query: SourceQuery; report: Report },
): Promise<CompiledQuery | undefined> {
  let description: Description
  try {
    description = await describe(client, query.text)
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error
    report(...explain(error, query))
    return undefined
  }
  checkShape(query, description, report)
  const compiled: CompiledQuery = {
    source: query,
    parameterTypes: [],
    columns: columnsOf(query, description.columns, { facts, report }),
    json: [],
    jsonArrays: [],
  }
  for (const [i, { name, nullable }] of query.parameters.entries()) {
    const found = facts.typescript(description.parameterOids[i] ?? 0)
    if ('refused' in found) {
      report(`parameter :${name}: ${found.refused}`)
      continue
    }
    // A null is the null of SQL, so the null of JSON is not given as a whole value.
    const element = found.type === 'Json' && !found.array ? 'NonNullable<Json>' : found.type
    compiled.parameterTypes.push(typeText({ element, array: found.array, nullable }, 'readonly '))
    if (found.type === 'Json') (found.array ? compiled.jsonArrays : compiled.json).push(name)
  }
  return compiled
}

function explain(error: pg.DatabaseError, query: SourceQuery): [string, number] {
  const parameter = /could not determine data type of parameter \$(\d+)/.exec(error.message)?.[1]
  const name = parameter === undefined ? undefined : query.parameters[Number(parameter) - 1]?.name
  const remedy = name === undefined ? '' : ` (:${name}; write its type, for example :${name}::text)`
  const hint = error.hint === undefined ? '' : `. ${error.hint}`
  const position = error.position === undefined ? undefined : Number(error.position)
  // Postgres counts characters from 1, JavaScript counts UTF-16 units.
  const offset = position === undefined ? 0 : [...query.text].slice(0, position - 1).join('').length
  return [`${error.message}${remedy}${hint}`, query.lineOf(offset)]
}

function checkShape(query: SourceQuery, { columns }: Description, report: Report): void {
  // A function that returns nothing still makes a column.
  const voidOid = 2278
  const rows = columns.some(({ typeOid }) => typeOid !== voidOid)
  if (query.kind === 'exec' && rows)
    report('yields rows, which :exec drops; say :one, :maybe or :many, or return nothing')
  if (query.kind !== 'exec' && columns.length === 0)
    report(`yields no columns, so it cannot be :${query.kind}; say :exec, or return something`)
  if (selectsStar(nest(query.tokens)))
    report('lists its columns with *; name them, because a later version may add some')
  const seen = new Set<string>()
  for (const { name } of columns.map(nameOf)) {
    if (seen.has(name)) report(`has two columns named ${name}`)
    seen.add(name)
  }
}

/** Whether `*` stands for columns in what the statement itself yields. Its inner queries may use it. */
function selectsStar({ nodes }: Group): boolean {
  let listing = false
  for (const [i, node] of nodes.entries()) {
    const word = wordOf(node)
    if (word === 'select' || word === 'returning') listing = true
    else if (word === 'from' && wordOf(nodes[i - 1]) !== 'distinct') listing = false
    else if (listing && node.kind === 'symbol' && node.text === '*') {
      const before = nodes[i - 1]
      const startsItem =
        ['select', 'returning', 'all', 'distinct'].includes(wordOf(before)) ||
        (before?.kind === 'symbol' && (before.text === ',' || before.text === '.'))
      if (startsItem) return true
    }
  }
  return false
}

interface Column {
  name: string
  /** What `as "name!"` or `as "name?"` says. */
  override: '!' | '?' | undefined
}

function nameOf({ name }: { name: string }): Column {
  const override = name.endsWith('!') ? '!' : name.endsWith('?') ? '?' : undefined
  const plain = override === undefined ? name : name.slice(0, -1)
  return {
    name: plain.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
    override,
  }
}

function columnsOf(
  query: SourceQuery,
  columns: DescribedColumn[],
  { facts, report }: { facts: CatalogFacts; report: Report },
): CompiledQuery['columns'] {
  if (query.kind === 'exec') return []
  const nullable = nullableTables(query.tokens)
  return columns.map((column, i) => {
    const { name, override } = nameOf(column)
    if (column.name === '?column?') report(`column ${i + 1} has no name; give it one with \`as\``)
    else if (!/^[a-z][A-Za-z0-9]*$/.test(name)) report(`${column.name} is no name for a column`)
    const found = facts.typescript(column.typeOid)
    if ('refused' in found) {
      report(`column ${column.name}: ${found.refused}`)
      return { name, type: 'never' }
    }
    const origin = facts.column(column.tableOid, column.columnNumber)
    const certain =
      origin?.notNull === true && !isEmptied(facts.tableName(column.tableOid), nullable)
    const union = origin?.values?.map((value) => `'${value.replaceAll(/['\\]/g, '\\$&')}'`)
    const element = union === undefined || found.array ? found.type : union.join(' | ')
    const canBeNull = override === undefined ? !certain : override === '?'
    return { name, type: typeText({ element, array: found.array, nullable: canBeNull }) }
  })
}

function isEmptied(table: string, nullable: NullableTables): boolean {
  return nullable === 'everything' || nullable.has(table)
}

interface TypeParts {
  element: string
  array: boolean
  nullable: boolean
}

function typeText({ element, array, nullable }: TypeParts, arrayPrefix = ''): string {
  const type = array ? `${arrayPrefix}${element}[]` : element
  return nullable ? `${type} | null` : type
}
