/**
 * Where the program is that was built from the sources as they are: in a folder named after their fingerprint. Whoever changes
 * a source asks for another folder, so nothing old is ever run, and a program that is running keeps its files.
 *
 * Plain JavaScript that Node 18 reads: the bootstrap asks too.
 */

import { createHash } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ownPackages = join(dirname(fileURLToPath(import.meta.url)), '../..')
const roots = ['contract/src', 'server/src', 'verifier/src']
const others = ['../package-lock.json', '../tools/build/build.ts', 'server/package.json']

/**
 * The folder and the program for the sources at this moment; undefined where the sources cannot be told, because some are not
 * there or change just now. Sizes and times tell sources apart: reading them all would take longer than what is
 * gained.
 *
 * @param {string} [packages] The folder that holds the packages.
 * @returns {{ folder: string, program: string } | undefined}
 */
export function builtFrom(packages = ownPackages) {
  try {
    return builtProgramOf(packages)
  } catch {
    return undefined
  }
}

function builtProgramOf(packages) {
  const fingerprint = createHash('sha256')
  for (const path of others) note(fingerprint, packages, path)
  for (const root of roots) noteFolder(fingerprint, packages, root)
  const folder = join(packages, 'server/dist', fingerprint.digest('hex').slice(0, 16))
  return { folder, program: join(folder, 'main.js') }
}

function noteFolder(fingerprint, packages, folder) {
  const entries = readdirSync(join(packages, folder), { withFileTypes: true })
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = `${folder}/${entry.name}`
    if (entry.name.startsWith('.')) continue
    if (entry.isDirectory() && entry.name !== 'testing') noteFolder(fingerprint, packages, path)
    else if (entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
      note(fingerprint, packages, path)
  }
}

function note(fingerprint, packages, path) {
  const { size, mtimeMs } = statSync(join(packages, path))
  fingerprint.update(`${path} ${size} ${mtimeMs}\n`)
}
