/**
 * docs/reference/requirements.md: what the specifications ask, and the tests that show it. Nothing is written while a test that is
 * named is not there.
 */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Requirement } from '../../tests/requirements/requirement.ts'
import { requirements } from '../../tests/requirements/rows.ts'
import { repositoryRoot, SourceDefects, syncFiles } from './generated-file.ts'
import { generatedNote, markdownTable } from './markdown.ts'

const pagePath = 'docs/reference/requirements.md'

/** Makes the page current. Throws where a row names a test that there is not. */
export async function generateRequirements({ check }: { check: boolean }): Promise<string[]> {
  const defects = await requirementDefects(requirements)
  if (defects.length > 0) throw new SourceDefects(defects.join('\n'))
  return syncFiles(new Map([[pagePath, requirementsPage(requirements)]]), { check })
}

/** A sentence for each row that shows nothing, or names what is not there. */
export async function requirementDefects(rows: readonly Requirement[]): Promise<string[]> {
  const defects: string[] = []
  for (const { id, shownBy, open } of rows) {
    if (Object.keys(shownBy).length === 0 && open === undefined)
      defects.push(`${id} has neither a test nor a reason`)
    for (const [file, titles] of Object.entries(shownBy)) {
      const text = await readFile(join(repositoryRoot, file), 'utf8').catch(() => undefined)
      if (text === undefined) defects.push(`${id} names ${file}, which is not there`)
      const missing = titles.filter((title) => text !== undefined && !text.includes(title))
      defects.push(...missing.map((title) => `${id}: ${file} has no test "${title}"`))
    }
  }
  return defects
}

/** The page. */
export function requirementsPage(rows: readonly Requirement[]): string {
  const lines = rows.map(({ id, asks, shownBy, open }) => [id, asks, shownIn(shownBy), open ?? ''])
  return [
    generatedNote,
    '# What is asked, and what shows it',
    'Rows are named as in OWASP ASVS 5.0 (V…), RFC 9700 (BCP-…), OAuth 2.1 (O21-…), RFC 9068, RFC 8725, RFC 7009, RFC 7662, RFC 9457 and the OpenID Connect\nspecifications. Each test runs with `npm test`; `npm test -- FILE` runs one file.',
    markdownTable(['', 'asked', 'shown by', 'open'], lines),
    '',
  ].join('\n\n')
}

function shownIn(shownBy: Requirement['shownBy']): string {
  return Object.entries(shownBy)
    .map(([file, titles]) => {
      const named = titles.filter((title) => title !== '')
      return named.length === 0 ? `\`${file}\`` : `\`${file}\`: ${named.join('; ')}`
    })
    .join('<br>')
}
