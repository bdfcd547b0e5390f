/**
 * As whom PostgreSQL runs, and that it ends when we die.
 *
 * PostgreSQL refuses to run as root. As an ordinary user it runs as ourselves, and as root where the data directory
 * belongs to somebody else, as them alone. As root with a directory of root we try in this order: the owner of the data,
 * then root's own files seen from a user namespace in which we are not root (no user is needed, and folders of mode 700
 * stay reachable), then the owner of the folder above, then a system user. A way counts when the programs really start
 * by it and our folder can really be reached. The files are given to its user only then.
 *
 * Whoever owns the folder of the shared libraries decides what the programs run: the search path is therefore set
 * behind the last helper program, which may run as root.
 *
 * `setpriv --pdeathsig` makes the kernel signal PostgreSQL when the thread that spawned it ends, so this runs on the
 * main thread. Where it is missing (macOS) an orphan lives on and is stopped at the next start.
 *
 * Errors: BINARIES_MISSING, DIRECTORY_NOT_WRITABLE, ROOT_NOT_POSSIBLE.
 */

import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { lchownSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { type Binaries, binariesMissing } from './binaries.ts'
import { foreignOwner, type Owner } from './data-owner.ts'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import type { Layout } from './layout.ts'
import { notOurs } from './own-file.ts'

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
  return spawnHelper(runAs, [...withLibraries(runAs), ...command], options)
}

/** Starts a program of the system, which finds its libraries where the system keeps them. */
function spawnHelper(runAs: RunAs, command: string[], options: SpawnOptions): ChildProcess {
  const [program = '', ...args] = [...runAs.prefix(options.deathSignal), ...command]
  return spawn(program, args, {
    detached: true,
    stdio: options.stdio,
    env: environment,
    ...(runAs.user && { uid: runAs.user.uid, gid: runAs.user.gid }),
  })
}

/** The words that set the loader's search path for the command behind them alone. */
function withLibraries({ libraries }: Pick<RunAs, 'libraries'>): string[] {
  const name = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH'
  return ['env', `${name}=${libraries}`]
}

/** Runs a short program to its end with `input` on its standard input. It dies with us. */
export function runAsToEnd(runAs: RunAs, command: string[], input = ''): Promise<Ended> {
  return untilEnd(spawnAs(runAs, command, { deathSignal: 'KILL', stdio: 'pipe' }), input)
}

function untilEnd(child: ChildProcess, input = ''): Promise<Ended> {
  return new Promise((resolve) => {
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
  const foreign = foreignOwner(layout)
  if (foreign !== undefined) return asUser(foreign)
  const root = { uid: 0, gid: process.getegid?.() ?? 0 }
  const others = [ownerOf(dirname(layout.dataDir)), systemUser('postgres'), systemUser('nobody')]
  return [
    ...asUser(ownerOf(layout.cluster)),
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
  const { fileOwner } = runAs
  const { folder, runtime, dataDir } = layout
  try {
    const { uid } = statSync(folder)
    if (fileOwner !== undefined && uid !== fileOwner.uid) {
      if (uid !== 0) return `${folder} belongs to user ${uid}`
      // Once given away it cannot be tried with another user, so the way there is tried before.
      const reach =
        'for path; do test -x "$path" || { echo "$path cannot be reached"; exit 1; }; done'
      const there = [dataDir, binaries.postgres, binaries.libraries]
      const reached = await runHelper(runAs, ['/bin/sh', '-c', reach, 'sh', ...there])
      if (!reached.succeeded) return reached.output.trim()
      giveTo(fileOwner, runtime)
      giveTo(fileOwner, folder)
    }
    const script = 'test -w "$0" || { echo "$0 cannot be written"; exit 1; }; exec "$@" --version'
    const version = [...withLibraries(runAs), binaries.postgres]
    const ended = await runHelper(runAs, ['/bin/sh', '-c', script, folder, ...version])
    return ended.succeeded ? undefined : ended.output.trim()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function runHelper(runAs: RunAs, command: string[]): Promise<Ended> {
  return untilEnd(spawnHelper(runAs, command, { deathSignal: 'KILL', stdio: 'pipe' }))
}

/** Says its version to anybody, root included, unless it is made for another machine. */
async function startsAtAll(layout: Layout, binaries: Binaries): Promise<boolean> {
  const user = foreignOwner(layout)
  const runAs = { name: 'as we are', prefix: () => [], libraries: layout.libraries }
  return (await runAsToEnd(user ? { ...runAs, user } : runAs, [binaries.postgres, '--version']))
    .succeeded
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
const environment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
}

/**
 * Root only: a folder of root and all that is in it become that user's. Nobody else could enter it so far, and each
 * folder changes hands last of all it holds, so nothing can be put in the place of what is given away. Links are not
 * followed, and a file that has a second name elsewhere is not given away.
 */
function giveTo(owner: Owner, path: string): void {
  const stat = lstatSync(path)
  const isTheirs = stat.uid === owner.uid
  if (isTheirs) return
  if (stat.isDirectory()) {
    for (const entry of readdirSync(path)) giveTo(owner, join(path, entry))
  } else if (stat.nlink > 1) {
    throw notOurs(path)
  }
  lchownSync(path, owner.uid, owner.gid)
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
