/**
 * A disk of a few megabytes that really fills: a tmpfs behind mounts of its own, which end with the process that holds
 * them. It takes root, or a user who may make user namespaces.
 */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { TemporaryDirectory } from './temporary-directory.ts'

/** The disk as seen from inside, and from here. */
export interface SmallDisk {
  /** Its path for a process that runs behind the mounts. */
  path: string
  /** The same directory for this process. */
  pathFromHere: string
  /** The words that run a program behind the mounts. */
  prefix: string[]
}

/** Mounts it. `options` are those of mount, such as `size=64m` or `ro`. */
export async function mountSmallDisk(
  directory: TemporaryDirectory,
  options: string,
): Promise<SmallDisk> {
  const path = join(directory.path, 'disk')
  mkdirSync(path)
  const isRoot = process.geteuid?.() === 0
  const script = 'mount -t tmpfs -o "$1" none "$0" && echo mounted && exec cat'
  const holder = spawn('unshare', [isRoot ? '-m' : '-Urm', 'sh', '-c', script, path, options])
  const exited = once(holder, 'exit')
  directory.beforeRemoval(() => {
    holder.stdin.end()
    return exited
  })
  const said = await Promise.race([once(holder.stdout, 'data'), exited])
  assert.match(String(said[0]), /mounted/, 'this test must run as root, or with user namespaces')
  const target = ['-t', String(holder.pid)]
  return {
    path,
    pathFromHere: `/proc/${holder.pid}/root${path}`,
    prefix: ['nsenter', ...(isRoot ? [] : ['-U', '--preserve-credentials']), '-m', ...target],
  }
}
