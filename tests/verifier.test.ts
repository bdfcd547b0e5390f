/**
 * The verifier against the real service: two processes over one Postgres, stopped, killed, cut off from the database. What
 * was signed out is refused, and what lives is not.
 */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, test } from 'node:test'
import { runSignet } from '../packages/server/src/cli/testing/spawn-signet.ts'
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../packages/server/src/db/embedded/embedded-postgres.ts'
import {
  createVerifier,
  type Freshness,
  VerificationError,
  type Verifier,
  type VerifierOptions,
} from '../packages/verifier/src/index.ts'
import { type OwnServer, startServer } from '../tools/demo/own-server.ts'
import { databaseEnvironment, eventually, signIn, signUp, somebody } from './client.ts'

const issuer = 'http://localhost:8080'
const audience = `${issuer}/api`
let directory: string
let postgres: EmbeddedPostgres
let servers: [OwnServer, OwnServer]
let environment: Record<string, string>
/** The instance that a verifier is led to. */
let entrance: OwnServer
let client: { id: string; secret: string }
const person = somebody()
const open: Verifier[] = []

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signet-verifier-'))
  postgres = await startEmbeddedPostgres({ dataDir: directory })
  environment = {
    ...databaseEnvironment(postgres.address),
    SIGNET_ISSUER: issuer,
    SIGNET_REVOCATION_HEARTBEAT_MS: '200',
  }
  servers = await Promise.all([startServer(environment), startServer(environment)])
  entrance = servers[0]
  const registered = await runSignet(
    'client create ledger --type confidential --permission revocations.read --json --resource'
      .split(' ')
      .concat(audience),
    { environment },
  )
  assert.equal(registered.exitCode, 0, registered.stderr)
  client = { id: 'ledger', secret: JSON.parse(registered.stdout).secret }
  assert.equal((await signUp(servers[0].url, person)).status, 200)
})
afterEach(() => {
  for (const verifier of open.splice(0)) verifier.close()
})
after(async () => {
  await Promise.all(servers.map((server) => server.stop()))
  await postgres.stop()
  await rm(directory, { recursive: true, force: true })
})

async function enter(): Promise<string> {
  const { status, body } = await signIn(servers[1].url, person)
  assert.equal(status, 200)
  return body.tokens?.accessToken ?? ''
}

interface Receipt {
  applied?: { name: string }[]
}

/** Signs out; the receipt, where one was waited for. */
async function leave(token: string, waitMs = 0): Promise<Receipt> {
  const answer = await fetch(`${servers[1].url}/api/v1/auth/sign-out`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify({ token, waitMs }),
  })
  assert.equal(answer.status, 200)
  return ((await answer.json()) as { receipt?: Receipt }).receipt ?? {}
}

/** A verifier that reads the feed at whichever instance is the entrance. */
async function openVerifier(options: Partial<VerifierOptions> = {}): Promise<Verifier> {
  const verifier = createVerifier({
    issuer,
    audience,
    client,
    name: 'ledger-api',
    fetch(input, init) {
      const { pathname, search } = new URL(String(input))
      return fetch(entrance.url + pathname + search, init)
    },
    ...options,
  })
  open.push(verifier)
  await verifier.ready()
  return verifier
}

/** Why it is refused; undefined where it passes. */
async function refusal(verifier: Verifier, token: string, freshness?: Freshness) {
  try {
    await verifier.verify(token, freshness && { freshness })
    return undefined
  } catch (error) {
    assert.ok(error instanceof VerificationError, String(error))
    return error.reason
  }
}

const isRefused = (verifier: Verifier, token: string) =>
  eventually('it is refused', async () => (await refusal(verifier, token)) === 'revoked')

test('signed out at either instance is refused at once, and no other session is', async (t) => {
  const verifier = await openVerifier()
  for (let turn = 0; turn < 5; turn++) {
    const [token, other] = [await enter(), await enter()]
    assert.equal((await verifier.verify(token)).claims.iss, issuer)
    await leave(token)
    const acknowledged = performance.now()
    await isRefused(verifier, token)
    t.diagnostic(`refused ${Math.round(performance.now() - acknowledged)} ms after the answer`)
    assert.equal(await refusal(verifier, other), undefined)
  }
})

test('the receipt of a sign-out names the verifier, which refuses by then', async () => {
  const verifier = await openVerifier()
  const token = await enter()
  assert.equal(await refusal(verifier, token), undefined)
  const { applied = [] } = await leave(token, 5_000)
  assert.equal(await refusal(verifier, token), 'revoked')
  assert.ok(
    applied.some(({ name }) => name === 'ledger-api'),
    JSON.stringify(applied),
  )
})

test('a token that was signed out before the verifier started is refused', async () => {
  const token = await enter()
  await leave(token)
  assert.equal(await refusal(await openVerifier(), token), 'revoked')
})

test('half-open: an instance that is stopped is left, and nothing is missed', async () => {
  const verifier = await openVerifier()
  const [token, living] = [await enter(), await enter()]
  assert.equal(await refusal(verifier, token), undefined)
  const [stopped, other] = servers
  stopped.child.kill('SIGSTOP')
  entrance = other
  try {
    await leave(token)
    await isRefused(verifier, token)
    assert.equal(await refusal(verifier, living), undefined)
    assert.ok(verifier.status().revocations.reconnects >= 1)
  } finally {
    stopped.child.kill('SIGCONT')
  }
})

test('killed: the verifier goes on at the other instance, from where it stood', async () => {
  const [killed, other] = servers
  entrance = killed
  const verifier = await openVerifier()
  const { position } = verifier.status().revocations
  const [token, living] = [await enter(), await enter()]
  killed.child.kill('SIGKILL')
  await once(killed.child, 'exit')
  await leave(token)
  entrance = other
  await isRefused(verifier, token)
  assert.equal(await refusal(verifier, living), undefined)
  assert.ok((verifier.status().revocations.position ?? 0) > (position ?? 0))
  servers = [await startServer(environment), other]
  entrance = servers[0]
})

/** The postmaster and every backend: a hung machine stops them all. */
function signalPostgres(signal: 'SIGSTOP' | 'SIGCONT'): void {
  const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(postgres.pid)], {
    encoding: 'utf8',
  })
  for (const pid of [postgres.pid, ...children.trim().split(/\s+/).map(Number)])
    process.kill(pid, signal)
}

test('the instance cut off from Postgres: its lag counts, each route does what its class says', async () => {
  const verifier = await openVerifier({ stalenessBudgetSeconds: 3 })
  const token = await enter()
  assert.equal(await refusal(verifier, token), undefined)
  signalPostgres('SIGSTOP')
  try {
    await eventually(
      'the view is too old',
      async () => (await refusal(verifier, token)) === 'stale_view',
    )
    assert.ok(verifier.status().revocations.connected, 'heartbeats go on')
    assert.equal(await refusal(verifier, token, 'allow'), undefined)
  } finally {
    signalPostgres('SIGCONT')
  }
  await eventually('it is as before', async () => (await refusal(verifier, token)) === undefined)
})

test('while the view is too old, introspection tells who has signed out', async () => {
  let aheadMs = 0
  const clock = { wallMs: Date.now, monotonicMs: () => performance.now() + aheadMs }
  const verifier = await openVerifier({ clock, freshness: 'introspect' })
  const [token, living] = [await enter(), await enter()]
  assert.equal(await refusal(verifier, token), undefined)
  verifier.close()
  aheadMs = 60_000
  await leave(token)
  assert.equal(await refusal(verifier, token, 'deny'), 'stale_view')
  assert.equal(await refusal(verifier, token), 'revoked')
  assert.equal(await refusal(verifier, living), undefined)
  assert.equal(verifier.status().counters.introspections, 2)
})

test('recovered after a restore: everything before it is dead', async () => {
  const verifier = await openVerifier()
  const token = await enter()
  assert.equal(await refusal(verifier, token), undefined)
  const recovered = await runSignet(['recover'], { environment })
  assert.equal(recovered.exitCode, 0, recovered.stderr)
  await isRefused(verifier, token)
})
