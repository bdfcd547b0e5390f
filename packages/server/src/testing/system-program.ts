/**
 * What tests need and npm cannot give: a program from the PATH, installed with apt where this process may do so, else
 * refused with the one sentence that says what to do.
 */

import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface SystemProgram {
  /** What people call it. */
  name: string
  /** Its commands, the best first. */
  commands: readonly string[]
  /** Debian's package. */
  package: string
}

export const chromium: SystemProgram = {
  name: 'Chromium',
  commands: ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'],
  package: 'chromium',
}

export const redisServer: SystemProgram = {
  name: 'Redis',
  commands: ['redis-server', 'valkey-server'],
  package: 'redis-server',
}

/** The path of a program. Installs it where there is none and this process is root; throws otherwise. */
export async function findProgram(program: SystemProgram): Promise<string> {
  const present = await findOnPath(program.commands)
  if (present !== undefined) return present
  const advice = `These tests need ${program.name}: have root run \`apt-get install -y ${program.package}\`.`
  if (process.getuid?.() !== 0) throw new Error(advice)
  try {
    await apt('update')
    await apt('install', '-y', '--no-install-recommends', program.package)
  } catch (cause) {
    throw new Error(advice, { cause })
  }
  const installed = await findOnPath(program.commands)
  if (installed === undefined) throw new Error(advice)
  return installed
}

/** Waits for others who install something at the same time. */
function apt(...args: string[]) {
  return run('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=300', ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    maxBuffer: 64 * 1024 * 1024,
  })
}

async function findOnPath(names: readonly string[]): Promise<string | undefined> {
  const directories = (process.env.PATH ?? '').split(delimiter).filter((each) => each !== '')
  for (const name of names) {
    for (const directory of directories) {
      const path = join(directory, name)
      const executable = await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
      if (executable) return path
    }
  }
  return undefined
}
