/**
 * The revocation feed of two processes over one Postgres, with watchers at both: stopped, killed, cut off from the
 * database. Nothing that was acknowledged is missed, nobody goes back, and a view that is old says so.
 */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { runSignet } from '../packages/server/src/cli/testing/spawn-signet.ts'
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../packages/server/src/db/embedded/embedded-postgres.ts'
import { type OwnServer, startServer } from '../tools/demo/own-server.ts'
import { databaseEnvironment, eventually, type Person, signIn, signUp, somebody } from './client.ts'
import { caughtUp, type FeedWatcher, watchFeed } from './feed-watcher.ts'

const issuer = 'http://localhost:8080'
const budgetMs = 2_000
let directory: string
let postgres: EmbeddedPostgres
let servers: [OwnServer, OwnServer]
let environment: Record<string, string>
const administrator = somebody()
const person = somebody()

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signet-feed-'))
  postgres = await startEmbeddedPostgres({ dataDir: directory })
  environment = {
    ...databaseEnvironment(postgres.address),
    SIGNET_ISSUER: issuer,
    SIGNET_REVOCATION_HEARTBEAT_MS: '100',
    SIGNET_REVOCATION_BUDGET_SECONDS: String(budgetMs / 1000),
  }
  servers = await Promise.all([startServer(environment), startServer(environment)])
  const made = await runSignet(
    ['admin', 'create', '--email', administrator.email, '--password-stdin'],
    {
      environment,
      input: administrator.password,
    },
  )
  assert.equal(made.exitCode, 0, made.stderr)
  assert.equal((await signUp(servers[0].url, person)).status, 200)
})
after(async () => {
  await Promise.all(servers.map((server) => server.stop()))
  await postgres.stop()
  await rm(directory, { recursive: true, force: true })
})

interface Session {
  token: string
  sessionId: string
}

async function enter(who: Person, server: OwnServer): Promise<Session> {
  const { status, body } = await signIn(server.url, who)
  assert.equal(status, 200)
  const token = body.tokens?.accessToken ?? ''
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  return { token, sessionId: claims.sid }
}

interface Receipt {
  applied: { name: string }[]
  pending: { name: string; refuses: boolean }[]
}

/** Signs out, and answers when that was acknowledged. */
async function leave(
  session: Session,
  server: OwnServer,
  waitMs = 0,
): Promise<{ receipt: Receipt }> {
  const answer = await fetch(`${server.url}/api/v1/auth/sign-out`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify({ token: session.token, waitMs }),
  })
  assert.equal(answer.status, 200)
  return (await answer.json()) as { receipt: Receipt }
}

async function watchAt(server: OwnServer, from?: FeedWatcher['state']): Promise<FeedWatcher> {
  const { token } = await enter(administrator, server)
  const watcher = watchFeed(server.url, issuer, { token, ...(from && { from }) })
  await caughtUp(watcher)
  return watcher
}

const learns = (watcher: FeedWatcher, { sessionId }: Session) =>
  eventually('it learns of the end', async () => watcher.knows(sessionId))

test('a sign-out at either instance reaches the watchers of both', async () => {
  const watchers = await Promise.all(servers.map((server) => watchAt(server)))
  for (const server of servers) {
    const session = await enter(person, server)
    await leave(session, server)
    await Promise.all(watchers.map((watcher) => learns(watcher, session)))
  }
  for (const watcher of watchers) watcher.leave()
})

test('the stream of a dead session ends, and says why', async () => {
  const [here, there] = servers
  const session = await enter(administrator, here)
  const watcher = watchFeed(there.url, issuer, { token: session.token })
  await caughtUp(watcher)
  await leave(session, here)
  await eventually('the stream has ended', async () => watcher.ended() !== undefined)
  assert.match(watcher.ended() ?? '', /^error .*UNAUTHENTICATED/)
})

test('a receipt speaks of verifiers at both instances, wherever they report', async () => {
  const [here, there] = servers
  const { token } = await enter(administrator, here)
  const watch = (server: OwnServer, name: string) =>
    watchFeed(server.url, issuer, { token, verifierId: name, verifierName: name })
  const watchers = { one: watch(here, 'one'), two: watch(there, 'two'), mute: watch(there, 'mute') }
  await Promise.all(Object.values(watchers).map(caughtUp))
  // Each reports at the other instance.
  watchers.one.onReport(() => report(there, 'one'))
  watchers.two.onReport(() => report(here, 'two'))
  const report = (server: OwnServer, verifierId: 'one' | 'two') =>
    fetch(`${server.url}/api/v1/revocations/report-position`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({
        verifierId,
        logId: watchers[verifierId].state.logId,
        position: String(watchers[verifierId].state.position),
      }),
    })
  const { receipt } = await leave(await enter(person, here), here, 2_000)
  assert.deepEqual(receipt.applied.map(({ name }) => name).sort(), ['one', 'two'])
  assert.deepEqual(
    receipt.pending.map(({ name, refuses }) => [name, refuses]),
    [['mute', false]],
  )
  for (const watcher of Object.values(watchers)) watcher.leave()
})

test('an instance that is stopped is silent; going on, it misses nothing', async () => {
  const [here, there] = servers
  const watcher = await watchAt(here)
  const session = await enter(person, there)
  here.child.kill('SIGSTOP')
  try {
    await leave(session, there)
    const steps = watcher.steps()
    await new Promise((resolve) => setTimeout(resolve, 500))
    assert.ok(watcher.steps() - steps <= 3, 'what was on its way')
  } finally {
    here.child.kill('SIGCONT')
  }
  await learns(watcher, session)
  assert.equal(watcher.state.resets, 1)
  watcher.leave()
})

test('killed: its watchers go on at the other instance, from where they stood', async () => {
  const [here, there] = servers
  const watcher = await watchAt(there)
  const before = await enter(person, here)
  await leave(before, here)
  await learns(watcher, before)
  there.child.kill('SIGKILL')
  await once(there.child, 'exit')
  await eventually('the stream breaks', async () => watcher.ended() !== undefined)
  const meanwhile = await enter(person, here)
  await leave(meanwhile, here)

  const next = await watchAt(here, watcher.state)
  await learns(next, meanwhile)
  assert.deepEqual([next.state.resets, next.knows(before.sessionId)], [0, false])
  next.leave()
  servers = [here, await startServer(environment)]
})

/** The postmaster and every backend: a hung machine stops them all. */
function signalPostgres(signal: 'SIGSTOP' | 'SIGCONT'): void {
  const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(postgres.pid)], {
    encoding: 'utf8',
  })
  for (const pid of [postgres.pid, ...children.trim().split(/\s+/).map(Number)])
    process.kill(pid, signal)
}

test('cut off from the database: ages grow, nothing false is said, and new readers are sent away', async () => {
  const watchers = await Promise.all(servers.map((server) => watchAt(server)))
  const { token } = await enter(administrator, servers[0])
  const states = watchers.map(({ state }) => ({ ...state }))
  signalPostgres('SIGSTOP')
  try {
    await eventually('the ages are beyond the budget', async () =>
      watchers.every(({ state }) => state.ageMs > budgetMs + 500),
    )
    for (const [i, { state, ended }] of watchers.entries()) {
      assert.equal(ended(), undefined)
      assert.deepEqual([state.position, state.logId], [states[i]?.position, states[i]?.logId])
    }
    const refused = await fetch(`${servers[0].url}/api/v1/revocations/watch`, {
      headers: { authorization: `Bearer ${token}`, connection: 'close' },
    })
    assert.equal(refused.status, 503)
    assert.ok(Number(refused.headers.get('retry-after')) > 0)
  } finally {
    signalPostgres('SIGCONT')
  }
  await eventually('the ages are small again', async () =>
    watchers.every(({ state }) => state.ageMs < 1_500),
  )
  const session = await enter(person, servers[1])
  await leave(session, servers[1])
  await Promise.all(watchers.map((watcher) => learns(watcher, session)))
  for (const watcher of watchers) watcher.leave()
})

test('recovered after a restore: every watcher starts anew, and learns that everything has ended', async () => {
  const [here, there] = servers
  const watchers = await Promise.all(servers.map((server) => watchAt(server)))
  const logIds = new Set(watchers.map(({ state }) => state.logId))
  const recovered = await runSignet(['recover'], { environment })
  assert.equal(recovered.exitCode, 0, recovered.stderr)
  // Their own sessions have ended too: they are told so, and return with a new one.
  await eventually('the streams have ended', async () =>
    watchers.every((watcher) => watcher.ended() !== undefined),
  )
  const anew = [await watchAt(here, watchers[0]?.state), await watchAt(there, watchers[1]?.state)]
  for (const watcher of anew) {
    assert.ok(watcher.state.resets >= 1 || !logIds.has(watcher.state.logId))
    watcher.leave()
  }
})
