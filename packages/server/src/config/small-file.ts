/** Reads a small file that a variable names, and says precisely why where that fails. */

import { readFileSync, type Stats, statSync } from 'node:fs'
import { dirname, resolve, sep } from 'node:path'
import { isContent, type Parsed } from './kinds.ts'
import { printable } from './shown-value.ts'

/** Far above any secret or certificate chain, far below what would hurt. */
const bytesMax = 262_144

/** The text of the file, or why there is none. `path` is relative to `directory`. */
export function readSmallFile(path: string, directory: string): Parsed<string> {
  const bytes = readSmallBytes(path, directory)
  if (!('value' in bytes)) return bytes
  const text = bytes.value.toString('utf8')
  if (!text.includes('\uFFFD')) return { value: text }
  return shownOrNot(
    { wrong: 'names a file that is not UTF-8 text', fix: 'write it as text' },
    { path, directory },
  )
}

/** The bytes of the file, or why there are none. */
export function readSmallBytes(path: string, directory: string): Parsed<Buffer> {
  return shownOrNot(readBytes(path, directory), { path, directory })
}

/** A refusal without the path, where that could be the secret itself. */
function shownOrNot<T>(
  read: Parsed<T>,
  { path, directory }: { path: string; directory: string },
): Parsed<T> {
  if ('value' in read || isShowablePath(path, directory)) return read
  const reason = 'its value is not shown, in case it is the secret itself'
  return { wrong: `${read.wrong} (${reason})`, fix: 'give the path of a file, not what is in it' }
}

function readBytes(path: string, directory: string): Parsed<Buffer> {
  const file = resolve(directory, path)
  try {
    const stat = statSync(file)
    if (stat.isDirectory()) return { wrong: 'names a directory', fix: 'name the file in it' }
    if (!stat.isFile())
      return { wrong: 'names something that is not a file', fix: 'name a regular file' }
    if (stat.size > bytesMax)
      return { wrong: `names a file of more than ${bytesMax} bytes`, fix: 'name the right file' }
  } catch (error) {
    return unreachable(error)
  }
  try {
    return { value: readFileSync(file) }
  } catch (error) {
    return unreadable(error, file, path)
  }
}

type Refused = Exclude<Parsed<never>, { value: never }>

function unreachable(error: unknown): Refused {
  const { code = 'unknown error' } = error as NodeJS.ErrnoException
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return { wrong: 'names a file that does not exist', fix: 'make the file, or correct the path' }
  if (code === 'EACCES') {
    const wrong = `names a file in a directory that uid ${uid()} may not enter`
    return { wrong, fix: 'chmod o+x that directory, or move the file' }
  }
  return { wrong: `names a file that cannot be read (${code})`, fix: 'name a readable file' }
}

function unreadable(error: unknown, file: string, path: string): Refused {
  const { code = 'unknown error' } = error as NodeJS.ErrnoException
  const stat = code === 'EACCES' ? statSync(file, { throwIfNoEntry: false }) : undefined
  if (stat === undefined)
    return { wrong: `names a file that cannot be read (${code})`, fix: 'name a readable file' }
  const mode = (stat.mode & 0o777).toString(8).padStart(3, '0')
  const wrong = `names a file that exists but is not readable by uid ${uid()} (mode ${mode}, owner ${stat.uid})`
  return { wrong, fix: `chown ${uid()} ${printable(path)}, and chmod 400` }
}

/** Who we are to the file system; on Windows there are no such numbers. */
function uid(): number | string {
  return process.geteuid?.() ?? 'of this process'
}

/**
 * Whether a path may be shown. People put the secret itself where its file should be named; so a path is shown only
 * where it exists, or has a folder, below the root, that does.
 */
export function isShowablePath(path: string, directory: string): boolean {
  if (isContent(path)) return false
  const file = resolve(directory, path)
  const folder = dirname(file)
  if (!path.includes(sep) || folder === dirname(folder)) return lookAt(file) !== undefined
  return lookAt(folder)?.isDirectory() === true
}

/** A path as far as it may be shown. */
export function shownPath(path: string, directory: string): string {
  return isShowablePath(path, directory) ? printable(path) : '[redacted]'
}

/** What is at a path; undefined where there is nothing, or nothing that we may see. */
export function lookAt(file: string): Stats | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}
