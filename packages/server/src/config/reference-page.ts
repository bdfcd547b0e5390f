/** Keeps a generated page of docs/reference current. */

import { readFile, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../../../..')

/** Writes the page where it differs, or with `check` only compares. Returns its path where it was stale. */
export async function syncReferencePage(
  path: string,
  text: string,
  { check }: { check: boolean },
): Promise<string[]> {
  const file = resolve(root, path)
  const written = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (written === text) return []
  if (!check) await writeFile(file, text)
  return [path]
}
