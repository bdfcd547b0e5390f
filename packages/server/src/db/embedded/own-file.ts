/**
 * Opens the files that we keep, and nothing that was put in their place: no link is followed, no pipe is waited for, and
 * a file that has a second name elsewhere is not written.
 *
 * Errors: DIRECTORY_FOREIGN.
 */

import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { EmbeddedPostgresError, errorCode } from './embedded-postgres-error.ts'

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants

/** What open says of a link, of a pipe that nobody reads or a socket, and of a directory. */
const strangeCodes = new Set(['ELOOP', 'ENXIO', 'EISDIR'])

/** Opens a file of ours at its end, making it with mode 600; returns its descriptor. */
export function openForAppending(path: string): number {
  const flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK
  let descriptor: number
  try {
    descriptor = openSync(path, flags, 0o600)
  } catch (error) {
    throw strangeCodes.has(errorCode(error) ?? '') ? notOurs(path) : error
  }
  const stat = fstatSync(descriptor)
  const owner = process.geteuid?.() ?? stat.uid
  if (stat.isFile() && stat.nlink === 1 && stat.uid === owner) return descriptor
  closeSync(descriptor)
  throw notOurs(path)
}

/** The text of a regular file; undefined where there is none, or something else. */
export function readRegularFile(path: string): string | undefined {
  let descriptor: number | undefined
  try {
    descriptor = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    return fstatSync(descriptor).isFile() ? readFileSync(descriptor, 'utf8') : undefined
  } catch {
    return undefined
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

/** The refusal of something that stands where we keep something of ours. */
export function notOurs(path: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError('DIRECTORY_FOREIGN', {
    sentence: `Signet did not make what is at ${path}: it is a link, of another kind, or somebody else's.`,
    remedy: `Find out who put it into ${dirname(path)}, remove it and start again; it was not touched.`,
  })
}
