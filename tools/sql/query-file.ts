/**
 * Reads a `*.sql` file: its queries, their kinds, comments and parameters.
 *
 * A query begins with `-- name: findUserById :maybe`. Comment lines that follow are its documentation. Parameters are
 * written `:name`, or `:name?` where null is meant to be given; both become `$n`.
 */

import type { Problem } from './problem.ts'
import { isCode, lineAt, type Token, tokenize } from './tokens.ts'

export type QueryKind = 'one' | 'maybe' | 'many' | 'exec'

export interface Parameter {
  name: string
  nullable: boolean
}

export interface SourceQuery {
  /** Unique in the product; also the name of the prepared statement. */
  statementName: string
  name: string
  kind: QueryKind
  documentation: string
  /** What Postgres gets: parameters as `$n`, no comments. */
  text: string
  parameters: Parameter[]
  /** The code of the query, for what Postgres does not tell. */
  tokens: Token[]
  /** Line of the header. */
  line: number
  /** The line in the file of an offset in `text`. */
  lineOf(offset: number): number
}

export interface QueryFile {
  /** Relative to the folder of all sources, with forward slashes. */
  path: string
  queries: SourceQuery[]
  problems: Problem[]
}

// Longer names would be cut by Postgres, and two of them could become one.
const statementNameBytesMax = 63

const header = /^-- name:/
const wellFormedHeader = /^-- name: ([a-z][A-Za-z0-9]*) :(one|maybe|many|exec)\s*$/

/** The queries of a file, and everything that is wrong with its form. */
export function parseQueryFile(path: string, source: string): QueryFile {
  const problems: Problem[] = []
  const queries: SourceQuery[] = []
  const tokens = tokenize(source)
  const starts = tokens.flatMap((token, i) =>
    token.kind === 'comment' && header.test(token.text) ? [i] : [],
  )
  const stray = tokens.slice(0, starts[0] ?? tokens.length).find(isCode)
  if (stray !== undefined) {
    const message = 'this stands before the first `-- name: … :kind` line and belongs to no query'
    problems.push({ file: path, line: lineAt(source, stray.offset), query: '', message })
  }
  for (const [i, start] of starts.entries()) {
    const part = tokens.slice(start, starts[i + 1])
    queries.push(...parseQuery({ path, source, part, problems }))
  }
  return { path, queries, problems }
}

/** `users/users.sql` and `findUser` make `users.findUser`; `db/catalog.sql` makes `db.catalog.…`. */
function statementNameOf(path: string, name: string): string {
  const folders = path.replace(/\.sql$/, '').split('/')
  if (folders.at(-1) === folders.at(-2)) folders.pop()
  return [...folders, name].join('.')
}

interface QueryPart {
  path: string
  source: string
  part: Token[]
  problems: Problem[]
}

function parseQuery({ path, source, part, problems }: QueryPart): SourceQuery[] {
  const [head, ...body] = part
  if (head === undefined) return []
  const line = lineAt(source, head.offset)
  const match = wellFormedHeader.exec(head.text)
  if (match === null) {
    const message = `\`${head.text.trim()}\` is not of the form \`-- name: findUserById :one|:maybe|:many|:exec\``
    problems.push({ file: path, line, query: '', message })
    return []
  }
  const name = match[1] as string
  const report = (message: string, offset?: number): void => {
    const at = offset === undefined ? line : lineAt(source, offset)
    problems.push({ file: path, line: at, query: name, message })
  }
  const statementName = statementNameOf(path, name)
  if (Buffer.byteLength(statementName) > statementNameBytesMax)
    report(`the statement name ${statementName} is longer than ${statementNameBytesMax} bytes`)
  const firstCode = body.findIndex(isCode)
  if (firstCode === -1) {
    report('there is no SQL under this name')
    return []
  }
  const tokens = withoutTerminator(body.slice(firstCode), report)
  const parameters = parametersOf(tokens, report)
  const { text, lineOf } = statementText(source, tokens, parameters)
  return [
    {
      statementName,
      name,
      kind: match[2] as QueryKind,
      documentation: documentationOf(body.slice(0, firstCode)),
      text,
      parameters,
      tokens: tokens.filter(isCode),
      line,
      lineOf,
    },
  ]
}

function documentationOf(tokens: Token[]): string {
  return tokens
    .filter(({ kind }) => kind === 'comment')
    .map(({ text }) => text.replace(/^--\s?|^\/\*|\*\/$/g, '').trim())
    .join(' ')
    .trim()
}

type Report = (message: string, offset?: number) => void

function withoutTerminator(tokens: Token[], report: Report): Token[] {
  const end = tokens.findIndex(({ text, kind }) => kind === 'symbol' && text === ';')
  // The body of a function written in SQL has semicolons of its own, but queries create no functions.
  const after = end === -1 ? undefined : tokens.slice(end + 1).find(isCode)
  if (after !== undefined)
    report('one name, one statement: this follows the semicolon', after.offset)
  return end === -1 ? tokens : tokens.slice(0, end)
}

function parametersOf(tokens: Token[], report: Report): Parameter[] {
  const parameters = new Map<string, boolean>()
  for (const { kind, text, offset } of tokens) {
    if (kind === 'foreign')
      report(`${text} is not a parameter here; parameters are written :name or :name?`, offset)
    if (kind !== 'parameter') continue
    const nullable = text.endsWith('?')
    const name = text.slice(1, nullable ? -1 : undefined)
    if (!/^[a-z][A-Za-z0-9]*$/.test(name))
      report(`:${name} is not in camelCase, as parameters are`, offset)
    const before = parameters.get(name)
    if (before !== undefined && before !== nullable)
      report(`:${name} is nullable in one place and not in another; write :${name}? in all`, offset)
    parameters.set(name, nullable || before === true)
  }
  return [...parameters].map(([name, nullable]) => ({ name, nullable }))
}

/** The text for Postgres, and where each of its lines comes from. */
function statementText(source: string, tokens: Token[], parameters: Parameter[]) {
  const numbers = new Map(parameters.map(({ name }, i) => [name, `$${i + 1}`]))
  const pieces: { at: number; offset: number }[] = []
  let text = ''
  for (const token of tokens) {
    let piece = token.text
    // A comment separates words, as a space does; the line break after it stays.
    if (token.kind === 'comment') piece = ' '
    if (token.kind === 'parameter') piece = numbers.get(piece.replace(/^:|\?$/g, '')) ?? piece
    if (token.kind === 'space' && piece.includes('\n')) {
      text = text.trimEnd()
      piece = piece.replace(/^[\s\S]*\n/, '\n')
    }
    pieces.push({ at: text.length, offset: token.offset })
    text += piece
  }
  const lineOf = (offset: number): number => {
    const piece = pieces.findLast(({ at }) => at <= offset)
    return lineAt(source, (piece?.offset ?? 0) + (offset - (piece?.at ?? 0)))
  }
  return { text: text.trimEnd(), lineOf }
}
