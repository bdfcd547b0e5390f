/** The package as `npm pack` makes it, installed in an empty project: what a resource server really gets. */

import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../../../..')
const verifier = join(root, 'packages/verifier')

export interface Project {
  directory: string
  /** What the archive holds, by path. */
  files: string[]
  remove(): Promise<void>
}

/** Emits the JavaScript, packs it, and unpacks it as `node_modules/@signet/verifier` of a project that has nothing else. */
export async function installPacked(): Promise<Project> {
  const directory = await mkdtemp(join(tmpdir(), 'signet-verifier-'))
  const staged = join(directory, 'staged')
  const installed = join(directory, 'node_modules/@signet/verifier')
  await mkdir(installed, { recursive: true })
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const build = join(verifier, 'tsconfig.build.json')
  await run(process.execPath, [tsc, '-p', build, '--outDir', join(staged, 'dist')])
  for (const file of ['package.json', 'README.md']) {
    await cp(join(verifier, file), join(staged, file))
  }
  // The environment of `npm test` would tell npm that it runs within another package.
  const env = { PATH: process.env.PATH, HOME: directory }
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', directory]
  await run('npm', pack, { cwd: staged, env })
  const archive = (await readdir(directory)).find((name) => name.endsWith('.tgz')) ?? ''
  await run('tar', ['-xzf', join(directory, archive), '-C', installed, '--strip-components=1'])
  await rm(staged, { recursive: true })
  await writeFile(join(directory, 'package.json'), '{"type":"module","private":true}')
  const files = await readdir(installed, { recursive: true })
  return { directory, files, remove: () => rm(directory, { recursive: true, force: true }) }
}

/** What a program runs with that finds the Node of the machine: `npm test` puts the pinned one first in the path. */
export function oldNodeEnvironment(home: string): Record<string, string> {
  const folders = (process.env.PATH ?? '').split(':')
  return { PATH: folders.filter((each) => !each.includes('node_modules')).join(':'), HOME: home }
}

/** Runs a script on the Node of the machine until it ends; what it wrote. Rejects where it has not ended in a minute. */
export async function runOnOldNode(script: string, directory: string): Promise<string> {
  const env = oldNodeEnvironment(directory)
  const { stdout } = await run('node', [script], { cwd: directory, env, timeout: 60_000 })
  return stdout
}
