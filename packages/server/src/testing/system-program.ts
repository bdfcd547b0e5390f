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
  /** What comes with it, and must be there, too. */
  file?: string
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

/** Apache with the module that makes it a relying party of OpenID Connect. */
export const apache: SystemProgram = {
  name: 'Apache with mod_auth_openidc',
  commands: ['apache2'],
  package: 'libapache2-mod-auth-openidc',
  file: '/usr/lib/apache2/modules/mod_auth_openidc.so',
}

/** The path of a program. Installs it where there is none and this process is root; throws otherwise. */
export async function findProgram(program: SystemProgram): Promise<string> {
  const present = await findPresent(program)
  if (present !== undefined) return present
  const advice = `These tests need ${program.name}: have root run \`apt-get install -y ${program.package}\`.`
  if (process.getuid?.() !== 0) throw new Error(advice)
  try {
    await apt('update')
    await apt('install', '-y', '--no-install-recommends', program.package)
  } catch (cause) {
    throw new Error(advice, { cause })
  }
  const installed = await findPresent(program)
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

async function findPresent({ commands, file }: SystemProgram): Promise<string | undefined> {
  const isThere =
    file === undefined ||
    (await access(file).then(
      () => true,
      () => false,
    ))
  return isThere ? findOnPath(commands) : undefined
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
