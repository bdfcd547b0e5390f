/** Reads a small file that a variable names, and says precisely why where that fails. */

import { accessSync, constants, readFileSync, statSync } from 'node:fs'
import { dirname, resolve, sep } from 'node:path'
import type { Parsed } from './kinds.ts'

/** Far above any secret or certificate chain, far below what would hurt. */
const bytesMax = 262_144

/** The text of the file, or why there is none. `path` is relative to `directory`. */
export function readSmallFile(path: string, directory: string): Parsed<string> {
  try {
    return read(resolve(directory, path), path)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'
    return { wrong: `names a file that cannot be read (${code})`, fix: 'name a readable file' }
  }
}

function read(file: string, path: string): Parsed<string> {
  const stat = statSync(file, { throwIfNoEntry: false })
  if (stat === undefined)
    return { wrong: 'names a file that does not exist', fix: 'make the file, or correct the path' }
  if (stat.isDirectory()) return { wrong: 'names a directory', fix: 'name the file in it' }
  if (!stat.isFile())
    return { wrong: 'names something that is not a file', fix: 'name a regular file' }
  if (stat.size > bytesMax)
    return { wrong: `names a file of more than ${bytesMax} bytes`, fix: 'name the right file' }
  if (!isReadable(file)) {
    const mode = (stat.mode & 0o777).toString(8).padStart(3, '0')
    const uid = process.geteuid?.() ?? 0
    const wrong = `names a file that exists but is not readable by uid ${uid} (mode ${mode}, owner ${stat.uid})`
    return { wrong, fix: `chown ${uid} ${path}, and chmod 400` }
  }
  const text = readFileSync(file, 'utf8')
  if (text.includes('\uFFFD'))
    return { wrong: 'names a file that is not UTF-8 text', fix: 'write it as text' }
  return { value: text }
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK)
    return true
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'EACCES' || code === 'EPERM') return false
    throw error
  }
}

/**
 * Whether a path may be shown. People put the secret itself where its file should be named; so a path is shown only
 * where it has a folder, below the root, that exists.
 */
export function isShowablePath(path: string, directory: string): boolean {
  if (path.includes('\0')) return false
  const folder = dirname(resolve(directory, path))
  if (!path.includes(sep) || folder === dirname(folder)) return exists(resolve(directory, path))
  return exists(folder)
}

function exists(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false }) !== undefined
  } catch {
    return false
  }
}
