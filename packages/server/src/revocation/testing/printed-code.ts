/**
 * Code of a page of the documentation as it stands there, run by the language that it is written in. A block is indented by four, and its
 * first line names the language.
 */

import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { findProgram, type SystemProgram } from '../../testing/system-program.ts'

export interface Language {
  /** As the page heads its block. */
  heading: string
  program: SystemProgram
  file: string
  /** What leads the command to the file. */
  args: readonly string[]
}

export const python: Language = {
  heading: '# Python',
  program: { name: 'Python', commands: ['python3'], package: 'python3-minimal' },
  file: 'printed.py',
  args: [],
}

export const go: Language = {
  heading: '// Go',
  program: { name: 'Go', commands: ['go'], package: 'golang-go' },
  file: 'printed.go',
  args: ['run'],
}

export const php: Language = {
  heading: '// PHP',
  program: { name: 'PHP', commands: ['php'], package: 'php-cli' },
  file: 'printed.php',
  args: [],
}

const reference = new URL('../../../../../docs/reference/', import.meta.url)

/** The block of a page of the reference. Throws where there is none. */
export async function readBlock(page: string, { heading }: Language): Promise<string> {
  const text = await readFile(new URL(page, reference), 'utf8')
  const blocks = text.split(/\n(?= {4}(?:#|\/\/) \w+\n)/u)
  const block = blocks.find((each) => each.startsWith(`    ${heading}\n`))
  if (block === undefined) throw new Error(`${page} has no block ${heading}`)
  const lines = block.split('\n')
  const end = lines.findIndex((line) => line !== '' && !line.startsWith('    '))
  return lines
    .slice(0, end === -1 ? undefined : end)
    .map((line) => line.slice(4))
    .join('\n')
}

/** Runs a whole program with these arguments; answers the JSON that it says of the JSON that it is given. */
export async function runProgram(
  language: Language,
  source: string,
  { args = [], input }: { args?: readonly string[]; input: unknown },
): Promise<unknown> {
  const command = await findProgram(language.program)
  const directory = await mkdtemp(join(tmpdir(), 'signet-printed-'))
  try {
    const path = join(directory, language.file)
    await writeFile(path, source)
    const child = spawn(command, [...language.args, path, ...args], {
      env: { ...process.env, CGO_ENABLED: '0', GO111MODULE: 'off' },
    })
    child.stdin.end(JSON.stringify(input))
    const [said, complained] = await Promise.all([text(child.stdout), text(child.stderr)])
    if (said === '') throw new Error(`${language.heading} said nothing: ${complained}`)
    return JSON.parse(said)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
