/** What a generator step is, and the one way in which steps write: compare first, write only what differs. */

import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Makes some generated files current and answers those that were not. With `check` it writes nothing. */
export type GenerateStep = (options: { check: boolean }) => Promise<string[]>

/** What is wrong with the sources that a step reads, one finding a line. Thrown by steps, told by `run-steps.ts`. */
export class SourceDefects extends Error {}

/** The root of the repository. */
export const repositoryRoot = fileURLToPath(new URL('../../', import.meta.url))

interface SyncOptions {
  check: boolean
  /** The directory that the paths start from; the repository unless a test says otherwise. */
  root?: string
  /** A directory that holds nothing but these files: whatever else lies in it is stale. */
  owns?: string
}

/**
 * Brings `files` (path from the root to content) to disk and answers the paths that differed or were too many,
 * sorted. With `check` nothing is written.
 */
export async function syncFiles(
  files: ReadonlyMap<string, string>,
  { check, root = repositoryRoot, owns }: SyncOptions,
): Promise<string[]> {
  const stale: string[] = []
  for (const [path, content] of files) {
    if ((await readIfThere(join(root, path))) === content) continue
    stale.push(path)
    if (check) continue
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), content)
  }
  if (owns !== undefined) {
    for (const path of await listFiles(root, owns)) {
      if (files.has(path)) continue
      stale.push(path)
      if (!check) await rm(join(root, path))
    }
  }
  return stale.sort()
}

/** The files below `directory`, as paths from `root` with forward slashes; none where the directory is missing. */
export async function listFiles(root: string, directory: string): Promise<string[]> {
  const entries = await readdir(join(root, directory), { withFileTypes: true }).catch(absentAs([]))
  const found: string[] = []
  for (const entry of entries) {
    const path = `${directory}/${entry.name}`
    if (entry.isDirectory()) found.push(...(await listFiles(root, path)))
    else found.push(path)
  }
  return found.sort()
}

async function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(absentAs(undefined))
}

function absentAs<T>(value: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT') return value
    throw error
  }
}
