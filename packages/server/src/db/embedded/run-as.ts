/**
 * As whom PostgreSQL runs, and that it ends when we die.
 *
 * PostgreSQL refuses to run as root. In this order we try: as an ordinary user, ourselves; as root, the owner of
 * the data where that is somebody else, then root's own files seen from a user namespace in which we are not root (no
 * user is needed, and folders of mode 700 stay reachable), then the owners of the folders on the way, then a system user.
 * A way counts when the programs really start by it and our folder can really be written.
 *
 * `setpriv --pdeathsig` makes the kernel signal PostgreSQL when the thread that spawned it ends, so this runs on the
 * main thread. Where it is missing (macOS) an orphan lives on and is stopped at the next start.
 *
 * Errors: BINARIES_MISSING, DIRECTORY_NOT_WRITABLE, ROOT_NOT_POSSIBLE.
 */

import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { lchown, lstat, readdir } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { type Binaries, binariesMissing } from './binaries.ts'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import type { Layout } from './layout.ts'

interface Owner {
  uid: number
  gid: number
}

/** One way to start a program. */
export interface RunAs {
  /** For a person: "user 1000", "root in a user namespace". */
  name: string
  /** The words before the program, given the signal that it gets when we die. */
  prefix(deathSignal: 'INT' | 'KILL'): string[]
  /** The user to become before the prefix runs. */
  user?: Owner
  /** Whose the files must be; absent when they are ours anyway. */
  fileOwner?: Owner
  /** Where the loader finds the shared libraries. */
  libraries: string
}

interface SpawnOptions {
  deathSignal: 'INT' | 'KILL'
  stdio: StdioOptions
}

/** How a program ended, and everything that it wrote. */
export interface Ended {
  succeeded: boolean
  output: string
}

/** Starts a program in a session of its own, so that Ctrl-C in the terminal reaches us alone. */
export function spawnAs(runAs: RunAs, command: string[], options: SpawnOptions): ChildProcess {
  const [program = '', ...args] = [...runAs.prefix(options.deathSignal), ...command]
  return spawn(program, args, {
    detached: true,
    stdio: options.stdio,
    env: environment(runAs.libraries),
    ...(runAs.user && { uid: runAs.user.uid, gid: runAs.user.gid }),
  })
}

/** Runs a short program to its end with `input` on its standard input. It dies with us. */
export function runAsToEnd(runAs: RunAs, command: string[], input = ''): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawnAs(runAs, command, { deathSignal: 'KILL', stdio: 'pipe' })
    let output = ''
    const collect = (chunk: Buffer) => {
      output += chunk.toString()
    }
    child.stdout?.on('data', collect)
    child.stderr?.on('data', collect)
    // A program that ends without reading its input closes the pipe under us.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
    child.on('error', (error) => resolve({ succeeded: false, output: error.message }))
    child.on('close', (code) => resolve({ succeeded: code === 0, output }))
  })
}

/** Chooses the first way that works, and gives our folders to its user. */
export async function chooseRunAs(layout: Layout, binaries: Binaries): Promise<RunAs> {
  const failures: string[] = []
  for (const way of ways(layout)) {
    const runAs = { ...way, libraries: layout.libraries }
    const failure = await tryWay(runAs, layout, binaries)
    if (failure === undefined) return runAs
    failures.push(`as ${runAs.name}: ${failure}`)
  }
  const detail = failures.join('\n')
  if (!(await startsAtAll(layout, binaries))) {
    throw binariesMissing('its programs do not start', { detail })
  }
  throw noWay(layout, detail)
}

type Way = Omit<RunAs, 'libraries'>

function ways(layout: Layout): Way[] {
  if (process.geteuid?.() !== 0) return asOurselves()
  const dataOwner = ownerOf(layout.cluster)
  const root = { uid: 0, gid: process.getegid?.() ?? 0 }
  const others = [
    ownerOf(layout.dataDir),
    ownerOf(dirname(layout.dataDir)),
    systemUser('postgres'),
    systemUser('nobody'),
  ]
  return [
    ...asUser(dataOwner),
    { name: 'root in a user namespace', prefix: inUserNamespace, fileOwner: root },
    ...others.flatMap(asUser),
  ]
}

function asOurselves(): Way[] {
  return [
    ...(isNamed() ? [] : [{ name: 'this user in a user namespace', prefix: inUserNamespace }]),
    { name: 'this user', prefix: withDeathSignal },
    { name: 'this user without setpriv', prefix: () => [] },
  ]
}

function asUser(user: Owner | undefined): Way[] {
  if (user === undefined) return []
  const name = `user ${user.uid}`
  const become = { user, fileOwner: user }
  const isNamedUser = systemUsers().some(({ uid }) => uid === user.uid)
  return [
    ...(isNamedUser
      ? []
      : [{ name: `${name} in a user namespace`, prefix: inUserNamespace, ...become }]),
    { name, prefix: withDeathSignal, ...become },
    { name: `${name} without setpriv`, prefix: () => [], ...become },
  ]
}

function withDeathSignal(signal: string): string[] {
  return ['setpriv', `--pdeathsig=${signal}`]
}

/**
 * The same user under another number. initdb insists on a user with a name, so the number is one that has a name here,
 * and not the one by which the kernel shows everybody from outside the namespace.
 */
function inUserNamespace(signal: string): string[] {
  const overflowId = 65_534
  const named = systemUsers().filter(({ uid }) => uid !== 0)
  const { uid } = named.find((user) => user.uid !== overflowId) ?? named[0] ?? { uid: 1_000 }
  return ['unshare', '-U', `--map-user=${uid}`, `--map-group=${uid}`, ...withDeathSignal(signal)]
}

/** Whether our own number has a name; a container may be started with any number. */
function isNamed(): boolean {
  try {
    userInfo()
    return true
  } catch {
    return false
  }
}

/** Undefined when the way works, else what stood in it. */
async function tryWay(
  runAs: RunAs,
  layout: Layout,
  binaries: Binaries,
): Promise<string | undefined> {
  try {
    if (runAs.fileOwner) {
      await giveTo(runAs.fileOwner, layout.folder)
      await giveTo(runAs.fileOwner, layout.runtime)
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  const script = 'test -w "$0" || { echo "$0 cannot be written"; exit 1; }; exec "$1" --version'
  const command = ['/bin/sh', '-c', script, layout.folder, binaries.postgres]
  const { succeeded, output } = await runAsToEnd(runAs, command)
  return succeeded ? undefined : output.trim()
}

/** Says its version to anybody, root included, unless it is made for another machine. */
async function startsAtAll(layout: Layout, binaries: Binaries): Promise<boolean> {
  const ourselves = { name: 'this user', prefix: () => [], libraries: layout.libraries }
  return (await runAsToEnd(ourselves, [binaries.postgres, '--version'])).succeeded
}

function noWay(layout: Layout, detail: string): EmbeddedPostgresError {
  if (process.geteuid?.() === 0) {
    return new EmbeddedPostgresError('ROOT_NOT_POSSIBLE', {
      sentence: `PostgreSQL does not run as root, and no other user can reach both ${layout.folder} and Signet's own files.`,
      remedy: 'Start Signet as an ordinary user that owns both, or set SIGNET_DATABASE_URL.',
      detail,
    })
  }
  return new EmbeddedPostgresError('DIRECTORY_NOT_WRITABLE', {
    sentence: `The data directory cannot be written: ${layout.folder}.`,
    remedy: 'Give it to the user that runs Signet, or choose another one with SIGNET_DATA_DIR.',
    detail,
  })
}

/** Only what the programs need: the caller's PGDATA, PGOPTIONS or LC_ALL would change what they do. */
function environment(libraries: string): NodeJS.ProcessEnv {
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    LC_ALL: 'C',
    TZ: 'UTC',
    [process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH']: libraries,
  }
}

/**
 * Root only: a folder and all that is in it become that user's. Links are not followed. The cluster is large and changes
 * hands last of all it holds, so one that is theirs already is not entered.
 */
async function giveTo(owner: Owner, path: string): Promise<void> {
  const stat = await lstat(path)
  const isTheirs = stat.uid === owner.uid
  if (stat.isDirectory() && !(isTheirs && basename(path) === 'cluster')) {
    for (const entry of await readdir(path)) await giveTo(owner, join(path, entry))
  }
  if (!isTheirs) await lchown(path, owner.uid, owner.gid)
}

/** The owner of a path, unless that is root or there is no such path. */
function ownerOf(path: string): Owner | undefined {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat === undefined || stat.uid === 0 ? undefined : { uid: stat.uid, gid: stat.gid }
}

function systemUser(name: string): Owner | undefined {
  return systemUsers().find((user) => user.name === name)
}

function systemUsers(): (Owner & { name: string })[] {
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length > 3)
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
}
