/**
 * A service that is killed and started again over the same data: at any moment, or between a commit and its answer. For that the
 * commit is made to wait for a standby that does not exist, the service is frozen meanwhile, and killed when the commit has gone
 * through.
 */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Database, openDatabase } from '../packages/server/src/db/database.ts'
import { findRunningEmbeddedPostgres } from '../packages/server/src/db/embedded/embedded-postgres.ts'
import { runSql } from '../packages/server/src/testing/statement.ts'
import { type OwnServer, startServer } from '../tools/demo/own-server.ts'
import { eventually } from './client.ts'

export interface KillableService {
  /** The one that runs; another one after each kill, on another port. */
  readonly server: OwnServer
  /** Runs something on the service's own Postgres, past the service. */
  onDatabase<T>(use: (db: Database) => Promise<T>): Promise<T>
  /** Kills it with what it is doing, and starts it again. */
  kill(): Promise<void>
  /** Makes a call and kills the service when what the call wrote has been committed; answers what the caller saw. */
  killAtCommit<T>(call: () => Promise<T>, written: Written): Promise<T>
  close(): Promise<void>
}

/** The table, and what its statement says where a call writes to a table more than once. */
export interface Written {
  table: string
  statement?: RegExp
}

/** Starts it. The port may change from start to start; the issuer of the tokens must not. */
export async function openKillableService(
  settings: Record<string, string> = {},
): Promise<KillableService> {
  const dataDir = await mkdtemp(join(tmpdir(), 'signet-kill-'))
  const start = () =>
    startServer({
      SIGNET_DATA_DIR: dataDir,
      SIGNET_ISSUER: 'http://localhost:8080',
      // What it warns of after it was killed must not stand before its addresses.
      SIGNET_LOG_FILE: join(dataDir, 'log'),
      ...settings,
    })
  let server = await start()

  async function onDatabase<T>(use: (db: Database) => Promise<T>): Promise<T> {
    const address = await findRunningEmbeddedPostgres(dataDir)
    assert.ok(address)
    const db = openDatabase({ address, poolSize: 1, prepared: false })
    try {
      return await use(db)
    } finally {
      await db.end()
    }
  }

  async function startAgain(): Promise<void> {
    if (server.child.signalCode === null) await once(server.child, 'exit')
    await eventually(
      'Postgres follows it',
      async () => (await findRunningEmbeddedPostgres(dataDir)) === undefined,
    )
    server = await start()
  }

  /** Tries it with a commit of its own, which is let go again: Postgres takes a new setting over when it likes. */
  async function commitsWait(db: Database): Promise<boolean> {
    let done = false
    const trying = onDatabase((own) => runSql(own, probe))
      .catch(() => undefined)
      .finally(() => {
        done = true
      })
    let waited = 0
    while (!done && waited === 0)
      waited = await letGo(db, (await waitingCommits(db)).filter(isProbe))
    await trying
    return waited > 0
  }

  return {
    get server() {
      return server
    },
    onDatabase,
    async kill() {
      server.child.kill('SIGKILL')
      await startAgain()
    },
    async killAtCommit(call, { table, statement = /^/u }) {
      const seen = await onDatabase(async (db) => {
        await eventually('the sealer has nothing to commit', async () => {
          const unsealed = 'select count(*)::integer from events where seq is null'
          const [[count] = []] = await runSql(db, unsealed)
          return count === 0
        })
        try {
          await waitForStandby(db, 'nobody')
          await eventually('commits wait', () => commitsWait(db))
          const answer = call()
          await eventually('the commit is on the disk', async () => {
            const waiting = await waitingCommits(db)
            const isIt = waiting.some(
              (each) => each.tables.includes(table) && statement.test(each.text),
            )
            if (!isIt) await letGo(db, waiting)
            return isIt
          })
          // Frozen, it hears nothing of the commit, which then goes through.
          server.child.kill('SIGSTOP')
          return { answer }
        } finally {
          await waitForStandby(db, '')
          await eventually('it is committed', async () => (await waitingCommits(db)).length === 0)
        }
      })
      server.child.kill('SIGKILL')
      await startAgain()
      return seen.answer
    },
    async close() {
      await server.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

async function waitForStandby(db: Database, standby: string): Promise<void> {
  await runSql(db, `alter system set synchronous_standby_names = '${standby}'`)
  await runSql(db, 'select pg_reload_conf()')
}

interface WaitingCommit {
  pid: number
  /** Those that its transaction has written to: their locks are held until the commit has gone through. */
  tables: string[]
  /** Of its last statement. */
  text: string
}

const probe = `select pg_logical_emit_message(true, 'probe', '')`
const isProbe = ({ text }: WaitingCommit) => text === probe

async function waitingCommits(db: Database): Promise<WaitingCommit[]> {
  const text = `select a.pid, a.query,
                       array(select l.relation::regclass::text from pg_locks l
                              where l.pid = a.pid and l.locktype = 'relation' and l.mode = 'RowExclusiveLock')
                  from pg_stat_activity a
                 where a.wait_event = 'SyncRep'`
  const rows = (await runSql(db, text)) as [number, string, string[]][]
  return rows.map(([pid, query, tables]) => ({ pid, tables, text: query }))
}

/** Such a commit stands, and goes on without the standby. Answers how many there were. */
async function letGo(db: Database, waiting: readonly WaitingCommit[]): Promise<number> {
  const text = `select pg_cancel_backend(pid) from pg_stat_activity
                 where wait_event = 'SyncRep' and pid = any($1::integer[])`
  return (await runSql(db, text, [waiting.map(({ pid }) => pid)])).length
}
