/**
 * The oldest Postgres that Signet runs on, for tests that nothing newer has slipped in.
 *
 * Its programs are taken from Debian's folder, else from the PATH, else installed with apt where we are root.
 */

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { DatabaseAddress } from '../db/address.ts'
import { administer, type TestPostgres } from './postgres.ts'

const debianPrograms = '/usr/lib/postgresql/15/bin'
const installCommand = 'apt-get install -y postgresql-15'
const user = 'signet'
const startTimeoutMs = 30_000

export interface Postgres15 extends TestPostgres {
  /** Ends it with SIGKILL, and waits until it is gone. */
  kill(): Promise<void>
}

/** Starts a PostgreSQL 15 on a Unix socket in an empty directory, with nothing in it. */
export async function startPostgres15(directory: string): Promise<Postgres15> {
  return start(directory, 'initdb', [
    ...['-U', user, '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
  ])
}

/** Starts a standby of it, likewise, that follows it without being waited for. It becomes a server of its own by `pg_promote`. */
export async function startStandby15(
  directory: string,
  { address }: TestPostgres,
): Promise<Postgres15> {
  return start(directory, 'pg_basebackup', [
    ...['-h', address.host, '-U', user, '--checkpoint=fast', '--write-recovery-conf', '--no-sync'],
  ])
}

/** Makes the data by one of the programs, and starts the server on them. */
async function start(directory: string, maker: string, args: string[]): Promise<Postgres15> {
  const programs = findPrograms() ?? install()
  const data = join(directory, 'data')
  mkdirSync(data, { mode: 0o700 })
  const run = runner(directory, data)
  run.sync(join(programs, maker), ['-D', data, ...args])
  const settings = ['listen_addresses=', 'fsync=off', 'full_page_writes=off', 'timezone=UTC']
  const server = run.start(join(programs, 'postgres'), [
    ...['-D', data, '-k', directory],
    ...settings.flatMap((setting) => ['-c', setting]),
  ])
  const address = { host: directory, port: 5432, user, database: 'postgres' }
  await ready(server, address)
  const end = async (signal: NodeJS.Signals) => {
    if (server.exitCode !== null || server.signalCode !== null) return
    const exited = once(server, 'exit')
    server.kill(signal)
    await exited
  }
  return { address, stop: () => end('SIGINT'), kill: () => end('SIGKILL') }
}

function findPrograms(): string | undefined {
  const asked = spawnSync('pg_config', ['--bindir'], { encoding: 'utf8' })
  const onPath = asked.status === 0 ? [asked.stdout.trim()] : []
  return [debianPrograms, ...onPath].find(isVersion15)
}

function isVersion15(programs: string): boolean {
  const postgres = join(programs, 'postgres')
  if (!existsSync(postgres)) return false
  const { stdout } = spawnSync(postgres, ['--version'], { encoding: 'utf8' })
  return /\(PostgreSQL\) 15\./.test(stdout)
}

function install(): string {
  if (process.getuid?.() !== 0) {
    throw new Error(
      `These tests need PostgreSQL 15, which is not here: have root run \`${installCommand}\`.`,
    )
  }
  const [program = '', ...args] = installCommand.split(' ')
  execFileSync(program, args, {
    stdio: 'inherit',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
  return debianPrograms
}

/** Postgres refuses to run as root, so root runs it as the user that Debian's package makes. */
function runner(directory: string, data: string) {
  if (process.getuid?.() !== 0) {
    return {
      sync: (program: string, args: string[]) => execFileSync(program, args),
      start: (program: string, args: string[]) => spawn(program, args, { stdio: 'ignore' }),
    }
  }
  const [uid, gid] = idsOf('postgres')
  for (const path of [directory, data]) chownSync(path, uid, gid)
  const identity = { uid, gid, cwd: directory }
  return {
    sync: (program: string, args: string[]) => execFileSync(program, args, identity),
    start: (program: string, args: string[]) =>
      spawn(program, args, { ...identity, stdio: 'ignore' }),
  }
}

function idsOf(name: string): [uid: number, gid: number] {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`))
  const [, , uid, gid] = line?.split(':') ?? []
  if (uid === undefined || gid === undefined)
    throw new Error(
      `There is no user ${name} to run PostgreSQL 15 as: have root run \`${installCommand}\`.`,
    )
  return [Number(uid), Number(gid)]
}

async function ready(server: ChildProcess, address: DatabaseAddress): Promise<void> {
  const deadline = performance.now() + startTimeoutMs
  for (;;) {
    try {
      await administer(address, 'select 1')
      return
    } catch (error) {
      if (server.exitCode !== null || performance.now() > deadline) throw error
      await pause(20)
    }
  }
}
