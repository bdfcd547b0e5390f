/** Pages of the documentation in which a command writes its own figures, so that nobody copies them by hand. */

import { readFile, writeFile } from 'node:fs/promises'
import type { Machine } from './machine.ts'

type Page = 'performance' | 'reliability'

/** Replaces what stands between `<!-- name -->` and `<!-- /name -->` of a page. Throws where the page has no such place. */
export async function writeBlock(
  page: Page,
  name: string,
  lines: readonly string[],
): Promise<void> {
  const file = new URL(`../docs/reference/${page}.md`, import.meta.url)
  await writeFile(file, replaceBlock(await readFile(file, 'utf8'), name, lines))
}

export function replaceBlock(text: string, name: string, lines: readonly string[]): string {
  const [begin, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`]
  const from = text.indexOf(begin)
  const to = text.indexOf(end, from)
  if (from === -1 || to === -1) throw new Error(`the page has no place for ${name}`)
  return `${text.slice(0, from)}${begin}\n${lines.join('\n')}\n\n${text.slice(to)}`
}

/** Lines as they were printed. */
export function printed(lines: readonly string[]): string[] {
  return ['```text', ...lines, '```']
}

/** When and where something was measured. */
export function measuredAt(machine: Machine, at: Date): string {
  const { processor, cores, memoryGb, loadAverage, node, openssl } = machine
  const day = at.toISOString().slice(0, 10)
  return `${day} · ${processor}, ${cores} cores, ${memoryGb} GB, load ${loadAverage} before · Node ${node}, OpenSSL ${openssl}`
}
