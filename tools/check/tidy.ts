/** The rules of the house that no linter knows, one function each: what they say, and where they are broken. */

import { readFile } from 'node:fs/promises'
import { posix } from 'node:path'
import { refuseImport } from './layers.ts'
import { refuseWrite, tablesWritten } from './tables.ts'

export interface Source {
  /** Path from the repository's root, with forward slashes. */
  path: string
  text: string
}

const linesMax = 400
const vagueFolders = [
  'utils',
  'util',
  'common',
  'helpers',
  'core',
  'lib',
  'services',
  'managers',
  'types',
  'shared',
  'misc',
]
const server = 'packages/server/src/'

const isTest = (path: string) => path.endsWith('.test.ts') || path.includes('/testing/')
const isGenerated = (path: string) => path.includes('/gen/') || path.endsWith('.sql.ts')

/** Every broken rule in one file, a sentence each. */
export function tidyFile({ path, text }: Source): string[] {
  if (isGenerated(path)) return []
  const rules = path.endsWith('.sql') ? [tableOwners] : rulesOfCode
  return rules.flatMap((rule) => rule({ path, text })).map((sentence) => `${path}: ${sentence}`)
}

const rulesOfCode = [
  fileLength,
  opening,
  openWork,
  folderNames,
  sqlPlace,
  environmentPlace,
  layering,
]

function fileLength({ text }: Source): string[] {
  const lines = text.split('\n').length
  return lines > linesMax ? [`${lines} lines; split what it decides (at most ${linesMax})`] : []
}

function opening({ path, text }: Source): string[] {
  if (isTest(path) || !path.endsWith('.ts')) return []
  return /^(#!.*\n)?\/\*\*/.test(text)
    ? []
    : ['opens without saying what it decides (a /** … */ on the first line)']
}

function openWork({ path, text }: Source): string[] {
  if (path.startsWith('tools/check/')) return []
  return /\b(TODO|FIXME|XXX)\b/.test(text)
    ? ['leaves a note to do something; do it, or open an issue']
    : []
}

function folderNames({ path }: Source): string[] {
  const vague = path
    .split('/')
    .slice(0, -1)
    .find((folder) => vagueFolders.includes(folder))
  return vague === undefined
    ? []
    : [`the folder name "${vague}" says nothing; name what it decides`]
}

/** SQL is written in .sql files, where the compiler checks it against a real database. */
function sqlPlace({ path, text }: Source): string[] {
  if (!path.startsWith(server) || isTest(path) || path.startsWith(`${server}db/`)) return []
  const statement = /[`'"]\s*(select\s.+\sfrom|insert into|update\s+\w+\s+set|delete from)\s/i
  return statement.test(text)
    ? ['holds SQL; write it in a .sql file beside it and run npm run generate']
    : []
}

function environmentPlace({ path, text }: Source): string[] {
  if (!path.startsWith(server) || isTest(path)) return []
  if (path.startsWith(`${server}config/`) || path === `${server}cli/main.ts`) return []
  return /\bprocess\.env\b/.test(text) ? ['reads the environment; only config/ does, once'] : []
}

function layering({ path, text }: Source): string[] {
  if (!path.startsWith(server) || isTest(path)) return []
  const from = folderOf(path)
  return [...text.matchAll(/^(?:import|export)\s+(type\s)?[^;'"]*?from\s+'(\.[^']+)'/gm)].flatMap(
    (match) => {
      const target = posix.join(posix.dirname(path), match[2] ?? '')
      if (isTest(target)) return ['uses code that is made for tests']
      const onlyTypes = match[1] !== undefined
      return refuseImport(from, folderOf(target), onlyTypes) ?? foreignQueries(path, target) ?? []
    },
  )
}

/** A feature asks another feature, not its tables. */
function foreignQueries(path: string, target: string): string | undefined {
  if (!target.endsWith('.sql.ts') || posix.dirname(path) === posix.dirname(target)) return undefined
  if (folderOf(path) === 'cli') return undefined
  return `uses queries of ${folderOf(target)}/; call what that feature exports instead`
}

/** A feature writes its own tables. Migrations write what they must. */
function tableOwners({ path, text }: Source): string[] {
  if (!path.startsWith(server) || path.startsWith(`${server}db/`)) return []
  return tablesWritten(text).flatMap((table) => refuseWrite(folderOf(path), table) ?? [])
}

function folderOf(path: string): string {
  const inside = path.slice(server.length).split('/')
  if (inside.length > 1) return inside[0] ?? '.'
  return inside[0] === 'app.ts' || inside[0] === 'server.ts' ? 'app' : '.'
}

/** Every runtime dependency earns a line in docs/dependencies.md. */
export async function undocumentedDependencies(manifests: string[]): Promise<string[]> {
  const documented = await readFile('docs/dependencies.md', 'utf8')
  const sentences: string[] = []
  for (const manifest of manifests) {
    const { dependencies = {}, devDependencies = {} } = JSON.parse(
      await readFile(manifest, 'utf8'),
    ) as {
      dependencies?: Record<string, string>
      devDependencies?: Record<string, string>
    }
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      if (!/^\d/.test(version))
        sentences.push(`${manifest}: ${name} is not pinned to an exact version (${version})`)
      if (!name.startsWith('@signet/') && !documented.includes(`\`${name}\``)) {
        sentences.push(`${manifest}: ${name} has no line in docs/dependencies.md`)
      }
    }
  }
  return sentences
}
