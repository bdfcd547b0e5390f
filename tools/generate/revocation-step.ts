/**
 * docs/reference/revocation.md: what ends what. It is written from the completeness matrix, whose cells are tests.
 *
 * Nothing is written while something can end, or be held, that the matrix does not speak of:
 * 1. Each reason of the revocation log is claimed by a cause, and each kind of event by a cause or by the list of those that
 *    end nothing.
 * 2. A query that writes to the log names its reason, or takes it as a parameter; whoever calls such a query has it typed as
 *    one of the closed list.
 * 3. Each column in which something is kept that is presented, and each prefix of such a thing, is claimed by an artefact.
 */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { eventKinds } from '../../packages/server/src/events/event-kinds.ts'
import {
  type ArtefactDescription,
  artefactsToCome,
  notHeld,
  type SessionArtefact,
  type SingleArtefact,
  sessionArtefacts,
  singleArtefacts,
} from '../../packages/server/src/revocation/matrix/artefacts.ts'
import {
  type Cause,
  causes,
  causesToCome,
} from '../../packages/server/src/revocation/matrix/causes.ts'
import type { Cell } from '../../packages/server/src/revocation/matrix/cells.ts'
import { endsNothing } from '../../packages/server/src/revocation/matrix/ends-nothing.ts'
import { revocationReasons } from '../../packages/server/src/revocation/revocation-reasons.ts'
import { listFiles, repositoryRoot, SourceDefects, syncFiles } from './generated-file.ts'
import { generatedNote, markdownTable } from './markdown.ts'

const pagePath = 'docs/reference/revocation.md'
const server = 'packages/server/src'
const everyCause = Object.values<Cause>(causes)

export interface SourceFile {
  path: string
  text: string
}

/** Makes the page current. Throws where the sources hold something that the matrix does not. */
export async function generateRevocationPage({ check }: { check: boolean }): Promise<string[]> {
  const paths = (await listFiles(repositoryRoot, server)).filter(isSource)
  const sources = await Promise.all(
    paths.map(async (path) => ({
      path,
      text: await readFile(join(repositoryRoot, path), 'utf8'),
    })),
  )
  const defects = matrixDefects(sources)
  if (defects.length > 0) throw new SourceDefects(defects.join('\n'))
  return syncFiles(new Map([[pagePath, revocationPage()]]), { check })
}

function isSource(path: string): boolean {
  if (path.endsWith('/db/schema.sql')) return true
  if (/\.test\.ts$|\.sql\.ts$|\/testing\/|\/gen\/|\/migrations\//.test(path)) return false
  return path.endsWith('.sql') || path.endsWith('.ts')
}

/** What can end or be held in these sources, or by these lists, and has no cells; a sentence each. */
export function matrixDefects(sources: readonly SourceFile[]): string[] {
  const reasons: ReadonlySet<string> = new Set(everyCause.flatMap((cause) => cause.reasons))
  const kinds: ReadonlySet<string> = new Set(everyCause.flatMap((cause) => cause.events))
  return [
    ...revocationReasons
      .filter((reason) => !reasons.has(reason))
      .map((reason) => `the reason ${reason} has no cause in the completeness matrix`),
    ...eventKinds
      .filter((kind) => kinds.has(kind) === endsNothing.includes(kind))
      .map(
        (kind) =>
          `the event ${kind} belongs to a cause of the completeness matrix, or to endsNothing`,
      ),
    ...reasonDefects(sources),
    ...artefactDefects(sources),
  ]
}

const query = /^-- name: (\w+)[^\n]*\n([\s\S]*?)(?=^-- name: |$(?![\s\S]))/gm
const writesLog = /log_revocation\(|insert into revocation_log/
const writtenReason = /log_revocation\([^;]*?,\s*'(\w+)'/

function reasonDefects(sources: readonly SourceFile[]): string[] {
  const known: ReadonlySet<string> = new Set(revocationReasons)
  const writers = new Set<string>()
  const defects: string[] = []
  for (const { path, text } of sources) {
    if (!path.endsWith('.sql') || path.endsWith('/schema.sql')) continue
    for (const [, name = '', body = ''] of text.matchAll(query)) {
      if (!writesLog.test(body)) continue
      const reason = body.match(writtenReason)?.[1]
      if (reason === undefined) writers.add(name)
      else if (!known.has(reason))
        defects.push(
          `${path}: ${name} writes the reason ${reason}, which is none of revocationReasons`,
        )
    }
  }
  for (const { path, text } of sources) {
    const called = [...writers].find((name) => new RegExp(`\\b${name}\\(`).test(text))
    if (path.endsWith('.ts') && called !== undefined && !/\bRevocationReason\b/.test(text))
      defects.push(`${path}: calls ${called}, whose reason must be a RevocationReason`)
  }
  return defects
}

const table = /^CREATE TABLE (\w+) \(\n([\s\S]*?)^\)/gm
const presentedColumn = /^ {2}(rev|\w+_hash|wrapped_\w+|\w*secret|\w*token) /gm
const madePrefix = /'(s[a-z]\d?_)'/g

function artefactDefects(sources: readonly SourceFile[]): string[] {
  const artefacts: readonly ArtefactDescription[] = [
    ...Object.values(sessionArtefacts),
    ...Object.values(singleArtefacts),
  ]
  const columns = new Set([
    ...artefacts.flatMap(({ storedIn = [] }) => storedIn),
    ...Object.keys(notHeld),
  ])
  const prefixes = new Set(artefacts.map(({ prefix }) => prefix))
  const defects: string[] = []
  for (const { path, text } of sources) {
    if (path.endsWith('/schema.sql'))
      for (const [, name = '', body = ''] of text.matchAll(table))
        for (const [, column] of body.matchAll(presentedColumn))
          if (!columns.has(`${name}.${column}`))
            defects.push(`${path}: no artefact of the completeness matrix claims ${name}.${column}`)
    if (path.endsWith('.ts'))
      for (const [, prefix] of text.matchAll(madePrefix))
        if (!prefixes.has(prefix))
          defects.push(`${path}: no artefact of the completeness matrix begins with ${prefix}`)
  }
  return defects
}

/** The page: one table over everything, then what each cause leaves alive, and why. */
export function revocationPage(): string {
  return `${generatedNote}

# What ends what

Each cause that ends something, against each thing that somebody may hold when it comes. Every cell is a test that runs
against real parts: Postgres, Redis, the service on a socket, and the verifier that reads its feed.

- **dies**: refused as soon as the end is acknowledged; at a verifier and via Redis as soon as the entry has come there.
- **dies later**: refused within the time that is named below the table.
- **lives**: it goes on by design, with the reason below the table.
- **–**: there is nothing to say, with the reason below the table.

Where what is held in the session at hand ends otherwise than what is held in another session of the same user, the cell names
both, in this order. Whatever has died stays dead, also when what ended it is undone.

${markdownTable(['Cause', ...titles()], everyCause.map(overviewRow))}

${everyCause.map(section).join('\n\n')}

## Not there yet

The matrix has no cells for what the product does not have. Each comes with its cells.

- Causes: ${causesToCome.join('; ')}.
- Artefacts: ${artefactsToCome.join('; ')}.
`
}

const sessionNames = Object.keys(sessionArtefacts) as SessionArtefact[]
const singleNames = Object.keys(singleArtefacts) as SingleArtefact[]

function titles(): string[] {
  return [
    ...sessionNames.map((name) => sessionArtefacts[name].title),
    ...singleNames.map((name) => singleArtefacts[name].title),
  ]
}

function overviewRow({ title, here, other, single }: Cause): string[] {
  return [
    title,
    ...sessionNames.map((name) => {
      const both = [word(here[name]), word(other[name])]
      return [...new Set(both)].join(' / ')
    }),
    ...singleNames.map((name) => word(single[name])),
  ]
}

function word(cell: Cell): string {
  if (cell.fate === 'none') return '–'
  return cell.fate === 'dies' && cell.later !== undefined ? 'dies later' : cell.fate
}

/** What a cause does not end at once, grouped by the reason. */
function section({ title, reasons, events, here, other, single }: Cause): string {
  const groups = new Map<string, string[]>()
  const add = (name: string, cell: Cell) => {
    const why = cell.fate === 'dies' ? cell.later : cell.because
    if (why === undefined) return
    const line = cell.fate === 'none' ? why : `${word(cell)}: ${why}`
    groups.set(line, [...(groups.get(line) ?? []), name])
  }
  for (const name of sessionNames)
    add(`${sessionArtefacts[name].title} of this session`, here[name])
  for (const name of sessionNames) add(`${sessionArtefacts[name].title} of another`, other[name])
  for (const name of singleNames) add(singleArtefacts[name].title, single[name])
  const lines = [...groups].map(([why, names]) => `- ${shorten(names)} – ${why}.`)
  const written = [
    ...reasons.map((reason) => `reason \`${reason}\``),
    ...events.map((kind) => `event \`${kind}\``),
  ]
  return `## ${title[0]?.toUpperCase()}${title.slice(1)}

${written.length === 0 ? 'Written down nowhere: the time passes.' : `Written down as ${written.join(', ')}.`}

${lines.join('\n')}`
}

/** All that a session yields is named by one word. */
function shorten(names: string[]): string {
  for (const whose of ['of this session', 'of another']) {
    const all = sessionNames.map((name) => `${sessionArtefacts[name].title} ${whose}`)
    if (!all.every((name) => names.includes(name))) continue
    const others = names.filter((name) => !all.includes(name))
    return shorten([
      `everything ${whose === 'of another' ? 'of another session' : whose}`,
      ...others,
    ])
  }
  return names.map((name) => name.replace(/ of another$/, ' of another session')).join(', ')
}
