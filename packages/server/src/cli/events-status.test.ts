import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { after, before, describe, test } from 'node:test'
import pg from 'pg'
import { pino } from 'pino'
import { openMasterSecret } from '../crypto/master-secret.ts'
import { driverAddress } from '../db/address.ts'
import { recordEvent } from '../events/record-event.ts'
import { type Sealer, startSealer } from '../events/sealer.ts'
import { createTestDatabase, type TestDatabase } from '../testing/database.ts'
import { ensureSigningKeys } from '../tokens/signing-keys.ts'
import { operatorContext } from './operator.ts'
import { databaseEnvironment, runSignet, spawnSignet } from './testing/spawn-signet.ts'

let database: TestDatabase
let environment: Record<string, string>
/** A server's own sealer: commands beside a server do not seal. */
let sealer: Sealer

before(async () => {
  database = await createTestDatabase()
  environment = databaseEnvironment(database.address)
  const masterSecret = openMasterSecret({ current: environment.SIGNET_MASTER_SECRET ?? '' })
  sealer = startSealer({ db: database.db, masterSecret, log: pino({ enabled: false }) })
})
after(async () => {
  await sealer.stop()
  await database.drop()
})

async function said(args: string[], options: { exitCode?: number; input?: string } = {}) {
  const ran = await runSignet([...args, '--json'], { environment, input: options.input ?? '' })
  assert.equal(ran.exitCode, options.exitCode ?? 0, ran.stdout + ran.stderr)
  return ran.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

/** Makes one administrator, and so one event, and waits until it is sealed. */
async function makeEvent(email: string): Promise<void> {
  const args = ['admin', 'create', '--email', email, '--password-stdin']
  await said(args, { input: 'a long sentence is best' })
  await sealer.feed.settled()
}

/** Changes a table behind everybody's back. */
async function tamper(statement: string): Promise<void> {
  const client = new pg.Client(driverAddress(database.address))
  await client.connect()
  // Past the triggers that keep the log append-only, as whoever owns the database can go.
  await client
    .query(`set session_replication_role = replica; ${statement}`)
    .finally(() => client.end())
}

describe('events', () => {
  before(async () => {
    for (const name of ['one', 'two', 'three']) await makeEvent(`${name}@example.com`)
  })

  test('tail shows the latest, or those after a place, one JSON value on each line', async () => {
    const last = await said(['events', 'tail', '--limit', '2'])
    assert.deepEqual(
      last.map(({ seq }) => seq),
      [2, 3],
    )
    const rest = await said(['events', 'tail', '--since', '0', '--limit', '2'])
    assert.deepEqual(
      rest.map(({ seq }) => seq),
      [1, 2],
    )
    assert.equal(last[1].kind, 'administrator.created')
    assert.equal(last[1].userAgent, 'signet command line')
    assert.match(last[1].hash, /^[0-9a-f]{64}$/)
  })

  test('as text, tail says who did it, whence and what', async () => {
    const { stdout } = await runSignet(['events', 'tail', '--limit', '1'], { environment })
    assert.match(
      stdout,
      /administrator\.created +done +on .* by the command line +role=administrator/,
    )
  })

  test('tail --follow tells each new event, until it is interrupted', async () => {
    const args = ['events', 'tail', '--follow', '--since', '3', '--json']
    const child = spawnSignet(args, { environment })
    const lines = createInterface({ input: child.stdout })
    const closed = once(child, 'close')
    const heard = once(lines, 'line')
    await makeEvent('four@example.com')
    const [line] = await heard
    assert.equal(JSON.parse(line).seq, 4)
    child.kill('SIGINT')
    assert.deepEqual(await closed, [0, null])
  })

  test('what a caller sent cannot reach the terminal of whoever reads it', async () => {
    const masterSecret = openMasterSecret({ current: environment.SIGNET_MASTER_SECRET ?? '' })
    const ctx = { ...operatorContext(), userAgent: 'x\u009b2J\u007f\u202e\u2028y' }
    await database.db.transaction((tx) =>
      recordEvent({ db: tx, masterSecret }, ctx, {
        kind: 'user.suspended',
        outcome: 'success',
        details: { reason: 'a\u009b2J\u001b[2J\u202eb' },
      }),
    )
    await sealer.feed.settled()
    for (const form of [[], ['--json']]) {
      const args = ['events', 'tail', '--limit', '1', ...form]
      const { stdout } = await runSignet(args, { environment })
      assert.match(stdout, /2J/)
      assert.doesNotMatch(stdout.trimEnd(), /[\p{Cc}\u2028\u202e]/u)
    }
    const [event] = await said(['events', 'tail', '--limit', '1'])
    assert.equal(event.userAgent, ctx.userAgent)
  })

  test('verify gives an anchor, and finds what was changed, exit code 1', async () => {
    const [intact] = await said(['events', 'verify'])
    assert.equal(intact.intact, true)
    const anchor = ['--anchor', `${intact.seq}:${intact.hash}`]
    assert.equal((await said(['events', 'verify', ...anchor]))[0].intact, true)
    const forged = ['--anchor', `${intact.seq}:${'0'.repeat(64)}`]
    assert.equal(
      (await said(['events', 'verify', ...forged], { exitCode: 1 }))[0].problem,
      'altered',
    )
    await tamper("update events set kind = 'user.suspended' where seq = 2")
    const [broken] = await said(['events', 'verify'], { exitCode: 1 })
    assert.deepEqual([broken.intact, broken.problem, broken.seq], [false, 'altered', 2])
    const { stdout, exitCode } = await runSignet(['events', 'verify'], { environment })
    assert.equal(exitCode, 1)
    assert.match(stdout, /The event log is not intact\. Event 2 /)
    await tamper("update events set kind = 'administrator.created' where seq = 2")
  })

  test('cannot be read with another master secret, and say so', async () => {
    const other = {
      ...environment,
      SIGNET_MASTER_SECRET: 'another secret for tests, 32 bytes long',
    }
    const { exitCode, stdout } = await runSignet(['events', 'tail', '--json'], {
      environment: other,
    })
    assert.equal(exitCode, 78)
    assert.equal(JSON.parse(stdout).error.code, 'MASTER_SECRET')
  })
})

describe('status', () => {
  test('of a whole installation is exit code 0', async () => {
    const masterSecret = openMasterSecret({ current: environment.SIGNET_MASTER_SECRET ?? '' })
    await ensureSigningKeys({ db: database.db, masterSecret }, new Date())
    await sealer.feed.settled()
    // Only the probe is of interest here; a real server answers it in the test of the embedded database.
    const server = createServer((request, response) => {
      response.writeHead(request.url === '/readyz' ? 200 : 404).end()
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    try {
      const own = { ...environment, SIGNET_HTTP_ADDRESS: `127.0.0.1:${port}` }
      const ran = await runSignet(['status', '--json'], { environment: own })
      assert.equal(ran.exitCode, 0, ran.stdout)
      const status = JSON.parse(ran.stdout)
      assert.deepEqual(status.problems, [])
      assert.equal(status.database.kind, 'configured')
      assert.equal(status.database.synchronousStandby, 'none')
      assert.deepEqual(status.database.migrations.pending, [])
      assert.ok(Math.abs(status.database.clockSkewMs) < 1000)
      const algorithms = status.schema.signingKeys.map(
        (key: { algorithm: string }) => key.algorithm,
      )
      assert.deepEqual(algorithms.sort(), ['ES256', 'RS256'])
      assert.equal(status.schema.counts.administrators, status.schema.counts.activeUsers)
      assert.equal(status.schema.events.seq, Number(sealer.state().seq))
      const text = await runSignet(['status'], { environment: own })
      assert.match(text.stdout, /^Server +ready .*\nDatabase +reachable/)
      assert.match(text.stdout, /^Events .* hash of the last [0-9a-f]{16}…$/m)
      assert.match(text.stdout, /All is well\.\n$/)
    } finally {
      server.close()
    }
  })

  test('tells everything that is away, and what is there all the same', async () => {
    const [status] = await said(['status'], { exitCode: 69 })
    assert.equal(status.server.reachable, false)
    assert.equal(status.database.reachable, true)
    assert.equal(status.problems.length, 1)
    assert.match(status.problems[0], /No server answers at http:\/\/127\.0\.0\.1:1\/readyz/)
  })

  test('tells that migrations are missing', async () => {
    const empty = await createTestDatabase({ empty: true })
    try {
      const own = { environment: databaseEnvironment(empty.address) }
      const { exitCode, stdout } = await runSignet(['status', '--json'], own)
      assert.equal(exitCode, 69)
      const { database: found, problems } = JSON.parse(stdout)
      assert.notEqual(found.migrations.pending.length, 0)
      assert.match(problems.join('\n'), /Run npm run signet -- migrate/)
    } finally {
      await empty.drop()
    }
  })
})
