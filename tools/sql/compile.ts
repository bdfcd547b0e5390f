/**
 * Compiles every `*.sql` file below a folder to the `*.sql.ts` beside it.
 *
 * 1. Read all files; the form of each query is checked.
 * 2. Ask Postgres about each query, on a database with the whole schema.
 * 3. Write what changed, or tell what is not current. A file with a problem keeps its module.
 */

import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import pg from 'pg'
import { type DatabaseAddress, driverAddress } from '../../packages/server/src/db/address.ts'
import { type CatalogFacts, readCatalogFacts } from './catalog-facts.ts'
import { type CompiledQuery, compileQuery } from './compile-query.ts'
import { generateModule } from './generated-module.ts'
import type { Problem } from './problem.ts'
import { parseQueryFile, type QueryFile } from './query-file.ts'

export interface CompileOptions {
  /** The folder of all sources; names of statements begin below it. */
  root: string
  /** A database with the whole schema. Nothing is written to it. */
  address: DatabaseAddress
  /** Only tell what is not current. */
  check: boolean
}

export interface CompileResult {
  problems: Problem[]
  /** Generated files that were written or removed or, with `check`, that should be; relative to the root. */
  changed: string[]
}

/** Compiles everything and reports all problems at once. */
export async function compileQueries(options: CompileOptions): Promise<CompileResult> {
  const files = sqlFiles(options.root).map((path) =>
    parseQueryFile(path, readFileSync(join(options.root, path), 'utf8')),
  )
  const problems = [...files.flatMap((file) => file.problems), ...duplicates(files)]
  const compiled = await compileFiles(options.address, files, problems)
  const changed = updateModules(options, compiled, new Set(problems.map(({ file }) => file)))
  return { problems, changed }
}

/** Migrations are no queries, and schema.sql is written, not read. */
function sqlFiles(root: string): string[] {
  return globSync('**/*.sql', { cwd: root })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => !path.startsWith('db/migrations/') && path !== 'db/schema.sql')
    .filter((path) => !path.includes('node_modules/'))
    .sort()
}

function duplicates(files: QueryFile[]): Problem[] {
  const first = new Map<string, string>()
  const problems: Problem[] = []
  for (const { path, queries } of files) {
    for (const { statementName, name, line } of queries) {
      const other = first.get(statementName)
      const message = `the name ${statementName} is taken by ${other}`
      if (other !== undefined) problems.push({ file: path, line, query: name, message })
      else first.set(statementName, `${path}:${line}`)
    }
  }
  return problems
}

async function compileFiles(
  address: DatabaseAddress,
  files: QueryFile[],
  problems: Problem[],
): Promise<Map<string, CompiledQuery[]>> {
  const client = new pg.Client({ ...driverAddress(address), application_name: 'signet sql' })
  await client.connect()
  try {
    const facts = await readCatalogFacts(client)
    const compiled = new Map<string, CompiledQuery[]>()
    for (const file of files)
      compiled.set(file.path, await compileFile({ client, facts, file, problems }))
    return compiled
  } finally {
    await client.end()
  }
}

interface FileToCompile {
  client: pg.Client
  facts: CatalogFacts
  file: QueryFile
  problems: Problem[]
}

async function compileFile(job: FileToCompile): Promise<CompiledQuery[]> {
  const compiled: CompiledQuery[] = []
  for (const query of job.file.queries) {
    const report = (message: string, line = query.line): void => {
      job.problems.push({ file: job.file.path, line, query: query.name, message })
    }
    const result = await compileQuery(job.client, job.facts, { query, report })
    if (result !== undefined) compiled.push(result)
  }
  return compiled
}

function updateModules(
  options: CompileOptions,
  compiled: Map<string, CompiledQuery[]>,
  broken: ReadonlySet<string>,
): string[] {
  const wanted = new Map<string, string>()
  for (const [path, queries] of compiled) wanted.set(`${path}.ts`, generateModule(path, queries))
  const present = globSync('**/*.sql.ts', { cwd: options.root }).map((path) =>
    path.split(sep).join('/'),
  )
  const orphans = present.filter((path) => !wanted.has(path) && !path.includes('node_modules/'))
  const stale = [...wanted].filter(([path, text]) => {
    if (broken.has(path.slice(0, -'.ts'.length))) return false
    return !present.includes(path) || readFileSync(join(options.root, path), 'utf8') !== text
  })
  if (!options.check) {
    for (const path of orphans) rmSync(join(options.root, path))
    for (const [path, text] of stale) writeFileSync(join(options.root, path), text)
  }
  return [...stale.map(([path]) => path), ...orphans].sort()
}
