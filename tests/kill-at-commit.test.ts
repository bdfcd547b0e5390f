/**
 * kill -9 of the service between a commit and its answer, at that very moment: the commit is made to wait for a standby
 * that does not exist, the service is frozen meanwhile, and killed when the commit has gone through.
 */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { type Database, openDatabase } from '../packages/server/src/db/database.ts'
import { findRunningEmbeddedPostgres } from '../packages/server/src/db/embedded/embedded-postgres.ts'
import { runSql } from '../packages/server/src/testing/statement.ts'
import { type OwnServer, startServer } from '../tools/demo/own-server.ts'
import {
  type Answer,
  eventually,
  refresh,
  signIn,
  signOut,
  signUp,
  somebody,
  whoAmI,
} from './client.ts'

let dataDir: string
let server: OwnServer
let tokens: { accessToken: string; refreshToken: string }

before(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'signet-kill-'))
  server = await start()
})
after(async () => {
  await server.stop()
  await rm(dataDir, { recursive: true, force: true })
})
beforeEach(async () => {
  const person = somebody()
  await signUp(server.url, person)
  const signedIn = (await signIn(server.url, person)).body.tokens
  assert.ok(signedIn)
  tokens = signedIn
})

// The port may change from start to start; the issuer of the tokens must not.
const start = () =>
  startServer({
    SIGNET_DATA_DIR: dataDir,
    SIGNET_ISSUER: 'http://localhost:8080',
    // What it warns of after it was killed must not stand before its addresses.
    SIGNET_LOG_FILE: join(dataDir, 'log'),
  })

/** Runs something on the service's own Postgres, past the service. */
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

async function commitsWaitFor(db: Database, standby: string): Promise<void> {
  await runSql(db, `alter system set synchronous_standby_names = '${standby}'`)
  await runSql(db, 'select pg_reload_conf()')
}

/** Makes a call and kills the service when it has been committed; answers what the caller saw, and starts again. */
async function killedAtCommit(call: () => Promise<Answer>): Promise<Answer> {
  const seen = await onDatabase(async (db) => {
    await eventually('the sealer has nothing to commit', async () => {
      const [[count] = []] = await runSql(
        db,
        'select count(*)::integer from events where seq is null',
      )
      return count === 0
    })
    await commitsWaitFor(db, 'nobody')
    await eventually('commits wait', () => waitsForStandby(db))
    const answer = call()
    await eventually('the commit is on the disk', () => isWaiting(db))
    // Frozen, it hears nothing of the commit, which then goes through.
    server.child.kill('SIGSTOP')
    await commitsWaitFor(db, '')
    await eventually('it is committed', async () => !(await isWaiting(db)))
    server.child.kill('SIGKILL')
    return answer
  })
  if (server.child.signalCode === null) await once(server.child, 'exit')
  await eventually(
    'Postgres follows it',
    async () => (await findRunningEmbeddedPostgres(dataDir)) === undefined,
  )
  server = await start()
  return seen
}

/** Tries it with a commit of its own, which is let go again: the server takes a new setting over when it likes. */
async function waitsForStandby(db: Database): Promise<boolean> {
  const probe = `select pg_logical_emit_message(true, 'probe', '')`
  let done = false
  const trying = onDatabase((own) => runSql(own, probe))
    .catch(() => undefined)
    .finally(() => {
      done = true
    })
  const cancel = `select pg_cancel_backend(pid) from pg_stat_activity
                   where wait_event = 'SyncRep' and query like '%(true, ''probe''%'`
  let waited = 0
  while (!done && waited === 0) waited = (await runSql(db, cancel)).length
  await trying
  return waited > 0
}

/** By the beginning of the statement: one ends sessions, the other one decides on refreshes. */
async function isWaiting(db: Database): Promise<boolean> {
  const text = `select count(*)::integer from pg_stat_activity
                 where wait_event = 'SyncRep' and query ~ '^with (asked|presented) as'`
  return Number((await runSql(db, text))[0]?.[0]) > 0
}

test('a sign-out whose answer nobody got has ended the session', async () => {
  const { accessToken, refreshToken } = tokens
  assert.equal((await whoAmI(server.url, accessToken)).status, 200)
  const seen = await killedAtCommit(() => signOut(server.url, refreshToken))
  assert.equal(seen.status, 0)
  assert.equal((await whoAmI(server.url, accessToken)).status, 401)
  assert.equal((await refresh(server.url, refreshToken)).body.reason, 'INVALID_GRANT')
  assert.equal((await signOut(server.url, refreshToken)).status, 200, 'and may be repeated')
})

test('a rotation whose answer nobody got is answered at the retry, and loses nobody', async () => {
  const age = `update grants set rotated_at = rotated_at - interval '40 seconds',
                      window_opened_at = window_opened_at - interval '40 seconds'`
  await onDatabase((db) => runSql(db, age))
  const seen = await killedAtCommit(() => refresh(server.url, tokens.refreshToken))
  assert.equal(seen.status, 0)
  const generation = () => onDatabase((db) => runSql(db, 'select max(generation) from grants'))
  assert.deepEqual(await generation(), [[2]], 'it was committed')
  const [one, two] = await Promise.all([
    refresh(server.url, tokens.refreshToken),
    refresh(server.url, tokens.refreshToken),
  ])
  assert.deepEqual([one.status, two.status], [200, 200])
  assert.equal(one.body.tokens?.refreshToken, two.body.tokens?.refreshToken)
  assert.deepEqual(await generation(), [[2]])
  assert.equal((await whoAmI(server.url, one.body.tokens?.accessToken ?? '')).status, 200)
  assert.equal((await refresh(server.url, two.body.tokens?.refreshToken ?? '')).status, 200)
})
