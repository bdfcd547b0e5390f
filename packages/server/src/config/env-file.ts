/**
 * Reads an env file: one `NAME=value` per line, with the line number of each, so that a message can name it.
 *
 * Blank lines and lines that begin with `#` say nothing. A value may stand in single quotes (taken as it is) or in
 * double quotes (`\n`, `\"` and `\\` are read); unquoted, it ends at ` #`. Names that are not Signet's are left out.
 */

import type { Problem } from './config-error.ts'

/** One line of an env file that sets a variable of ours. */
export interface EnvFileEntry {
  name: string
  value: string
  line: number
}

/** How many lines that set nothing are told one by one: beyond, it is another kind of file. */
const straysMax = 10

const assignment = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/u

/** The variables that the text sets, and what is wrong with it. Never shows a value: a broken line may hold a secret. */
export function parseEnvFile(
  path: string,
  text: string,
): { entries: EnvFileEntry[]; problems: Problem[] } {
  const entries = new Map<string, EnvFileEntry>()
  const problems: Problem[] = []
  let strays = 0
  for (const [index, raw] of text
    .replace(/^\uFEFF/u, '')
    .split(/\r?\n/u)
    .entries()) {
    const line = index + 1
    const trimmed = raw.trim()
    if (trimmed === '' || trimmed.startsWith('#')) continue
    const [, name, rest] = assignment.exec(trimmed) ?? []
    const value = rest === undefined ? undefined : unquote(rest)
    const report = (message: string, fix: string) =>
      problems.push({ variable: name ?? path, origin: `from ${path} line ${line}`, message, fix })
    if (name === undefined) {
      strays += 1
      if (strays <= straysMax) report('is not an assignment', 'write NAME=value, or begin with #')
    } else if (!/^signet_/iu.test(name)) continue
    else if (value === undefined) report('has a quote that does not end', 'close the quote')
    else if (entries.has(name))
      report(`is also set in line ${entries.get(name)?.line}`, 'delete one of the two lines')
    else entries.set(name, { name, value, line })
  }
  if (strays > straysMax) {
    const message = `has ${strays - straysMax} more lines that are not assignments`
    problems.push({ variable: path, message, fix: 'name an env file, or correct these lines' })
  }
  return { entries: [...entries.values()], problems }
}

/** The value that the text after `=` stands for, or undefined where a quote does not end. */
function unquote(text: string): string | undefined {
  const single = /^'([^']*)'\s*(?:#.*)?$/u.exec(text)
  if (single !== null) return single[1]
  const double = /^"((?:[^"\\]|\\.)*)"\s*(?:#.*)?$/u.exec(text)
  if (double !== null) {
    return (double[1] ?? '').replace(/\\(.)/gu, (_, escaped) => (escaped === 'n' ? '\n' : escaped))
  }
  if (/^['"]/u.test(text)) return undefined
  return text.replace(/(?:^|\s+)#.*$/u, '').trim()
}
