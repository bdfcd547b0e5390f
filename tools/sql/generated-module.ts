/** Writes the TypeScript module of a compiled `*.sql` file. */

import { posix } from 'node:path'
import type { CompiledQuery } from './compile-query.ts'

const lineWidth = 100

/** The text of `x.sql.ts` for `x.sql`, at a path relative to the folder of all sources. */
export function generateModule(path: string, queries: readonly CompiledQuery[]): string {
  const body = queries.map(generateQuery)
  const names: string[] = [...new Set(queries.map(({ source }) => source.kind))].sort()
  if (body.some((text) => /\bJson\b/.test(text))) names.push('type Json')
  const fromHere = posix.relative(posix.dirname(path), 'db/query.ts')
  const module = fromHere.startsWith('.') ? fromHere : `./${fromHere}`
  const head = `// Generated from ${posix.basename(path)} by tools/sql. Do not edit.\n`
  if (queries.length === 0) return `${head}export {}\n`
  return `${head}import { ${names.join(', ')} } from '${module}'\n\n${body.join('\n')}`
}

function generateQuery(compiled: CompiledQuery): string {
  const { source, parameterTypes, columns, json, jsonArrays } = compiled
  const params = source.parameters.map(({ name }, i) => ({ name, type: parameterTypes[i] ?? '' }))
  const types = [shape(params), ...(source.kind === 'exec' ? [] : [shape(columns)])]
  const lines = [
    `  name: '${source.statementName}',`,
    `  text: \`${source.text.replaceAll(/[\\`]|\$\{/g, '\\$&')}\`,`,
    `  params: ${list(params.map(({ name }) => name))},`,
    `  columns: ${list(columns.map(({ name }) => name))},`,
  ]
  if (json.length > 0) lines.push(`  json: ${list(json)},`)
  if (jsonArrays.length > 0) lines.push(`  jsonArrays: ${list(jsonArrays)},`)
  const documentation = source.documentation.replaceAll('*/', '* /')
  const comment = documentation === '' ? '' : `/** ${documentation} */\n`
  const maker = `export const ${source.name} = ${source.kind}`
  return `${comment}${call(maker, types)}({\n${lines.join('\n')}\n})\n`
}

function shape(fields: { name: string; type: string }[]): string[] {
  return fields.map(({ name, type }) => `${name}: ${type}`)
}

/** `maybe<{ … }, { … }>` on one line where it fits, else one line for each field. */
function call(maker: string, types: string[][]): string {
  const short = types.map((fields) => (fields.length === 0 ? 'void' : `{ ${fields.join('; ')} }`))
  const oneLine = `${maker}<${short.join(', ')}>`
  if (oneLine.length <= lineWidth) return oneLine
  const long = types.map((fields) =>
    fields.length === 0 ? '  void' : `  {\n${fields.map((field) => `    ${field}\n`).join('')}  }`,
  )
  return `${maker}<\n${long.join(',\n')}\n>`
}

function list(names: string[]): string {
  return `[${names.map((name) => `'${name}'`).join(', ')}]`
}
