/** Client authentication: everything that must not be taken for a client, then what is. */

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it, type TestContext } from 'node:test'
import { ErrorReason } from '@signet/contract'
import type { ClientCredentials } from '../authorization-header.ts'
import { openDatabase } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import type { ClientId } from '../ids.ts'
import type { ClientCaller } from '../request-context.ts'
import { recoverInstallation } from '../revocation/recover.ts'
import { credentialsOf, noTokens, registerTestClient, type TestClient } from '../testing/clients.ts'
import { secondsAhead } from '../testing/clock.ts'
import { openTestDeps, rowsOf, type TestDeps, testContext } from '../testing/deps.ts'
import { authenticateClient } from './authenticate-client.ts'
import { disableClient } from './disable-client.ts'
import { openKnownClients } from './known-clients.ts'
import type { NewClient } from './register-client.ts'
import { rotateClientSecret } from './rotate-client-secret.ts'

let test: TestDeps
let deps: Deps

before(async () => {
  test = await openTestDeps()
})
after(() => test.close())
beforeEach(async () => {
  deps = forgetful()
  await rowsOf(deps, `delete from clients where id <> 'signet'`)
  network += 1
  const [[latest] = []] = await rowsOf(deps, 'select coalesce(max(arrival), 0) from events')
  begunAt = latest
})

/** Each test calls from an address of its own: failures are counted by address. */
let network = 0
/** The last event before the test. */
let begunAt: unknown

const clientId = 'ledger' as ClientId

/** An instance that remembers no client. */
function forgetful(of: Deps = test.deps): Deps {
  return { ...of, knownClients: openKnownClients() }
}

function register(changes: Partial<NewClient> = {}): Promise<TestClient> {
  return registerTestClient(deps, { id: clientId, ...changes })
}

const authenticate = (credentials: ClientCredentials, on: Deps = deps) =>
  authenticateClient(on, testContext({ ipAddress: `192.0.2.${network}` }), credentials)

async function rotate(lifetimeDays?: number): Promise<TestClient> {
  const input = { clientId, ...(lifetimeDays !== undefined && { lifetimeDays }) }
  return credentialsOf(
    clientId,
    await rotateClientSecret(deps, testContext({ caller: { kind: 'operator' } }), input),
  )
}

/** The same instance, but its database is away. */
function withoutDatabase(t: TestContext): Deps {
  const db = openDatabase({ address: { ...test.address, port: 1 }, poolSize: 1, prepared: true })
  t.after(() => db.end())
  return { ...deps, db }
}

function assertUnavailable(answer: Promise<unknown>): Promise<void> {
  return assert.rejects(
    answer,
    (error) => error instanceof SignetError && error.reason === ErrorReason.UNAVAILABLE,
  )
}

/** The one refusal that there is, whatever is wrong. */
async function assertRefused(credentials: ClientCredentials, on: Deps = deps): Promise<void> {
  await assert.rejects(authenticate(credentials, on), (error) => {
    assert.ok(error instanceof SignetError, String(error))
    const { reason, challenge, violations, retryAfterSeconds } = error
    assert.deepEqual(
      { reason, challenge, violations, retryAfterSeconds },
      {
        reason: ErrorReason.UNAUTHENTICATED,
        challenge: 'basic',
        violations: [],
        retryAfterSeconds: undefined,
      },
    )
    return true
  })
}

const failures = () =>
  rowsOf(
    deps,
    `select client_id, details->>'cause', occurrences from events
      where kind = 'client.authentication_failed' and arrival > $1 order by arrival`,
    [begunAt],
  )

describe('a client is refused', () => {
  it('when there is none of this id, like one whose secret is wrong', async () => {
    const { clientSecret } = await register()
    await assertRefused(credentialsOf('nobody', clientSecret))
    await assertRefused(credentialsOf(clientId, `sk_${'x'.repeat(43)}`))
    assert.deepEqual(await failures(), [
      [null, 'there is no such client', 1],
      ['ledger', 'the client has no such secret', 1],
    ])
  })

  it('with the secret of another client', async () => {
    const ledger = await register()
    const other = await registerTestClient(deps, { id: 'other' })
    await assertRefused(credentialsOf(clientId, other.clientSecret))
    await assertRefused(credentialsOf('other', ledger.clientSecret))
    assert.equal((await authenticate(other)).clientId, 'other')
  })

  it('with anything that is not exactly its secret', async () => {
    const { clientSecret } = await register()
    const wrong = [
      '',
      ' ',
      clientSecret.slice(0, -1),
      `${clientSecret}x`,
      ` ${clientSecret}`,
      clientSecret.toUpperCase(),
      clientSecret.slice(3),
      clientSecret.replace('sk_', 'sr1_'),
      `${clientSecret}\u0000`,
      'x'.repeat(100_000),
    ]
    for (const secret of wrong) await assertRefused(credentialsOf(clientId, secret))
    const ids = ['', 'Ledger', 'ledger ', "ledger' or true --", 'ledger\u0000', 'x'.repeat(100_000)]
    for (const id of ids) await assertRefused(credentialsOf(id, clientSecret))
  })

  it('with what the database stores of its secret', async () => {
    await register()
    const [[stored] = []] = await rowsOf(deps, 'select secret_hash from client_secrets')
    for (const encoding of ['hex', 'base64', 'base64url', 'latin1'] as const)
      await assertRefused(credentialsOf(clientId, (stored as Buffer).toString(encoding)))
  })

  it('when it is public, even if a row gives it a secret', async () => {
    const credentials = await register()
    await rowsOf(deps, `update clients set type = 'public' where id = 'ledger'`)
    await assertRefused(credentials)
    await assertRefused(credentialsOf('signet', ''))
    assert.equal((await failures())[0]?.[1], 'a public client has no secret')
  })

  it('when the secret has expired, by the clock of the database', async (t: TestContext) => {
    await register()
    const credentials = await rotate(1)
    assert.equal((await authenticate(credentials)).clientId, clientId)
    const later = forgetful(await secondsAhead(test, t, 86_401))
    await assertRefused(credentials, later)
  })

  it('when the secret was replaced twice', async () => {
    const first = await register()
    const second = await rotate()
    const third = await rotate()
    await assertRefused(first)
    assert.equal((await authenticate(second)).clientId, clientId)
    assert.equal((await authenticate(third)).clientId, clientId)
    assert.equal((await failures())[0]?.[1], 'the secret was replaced')
  })

  it('when it is an API key, which is no secret of OAuth', async () => {
    const credentials = await register()
    await rowsOf(deps, `update client_secrets set kind = 'api_key'`)
    await assertRefused(credentials)
  })

  it('after everything was ended, until it has another secret', async () => {
    const before = await register()
    await recoverInstallation(deps, testContext())
    await assertRefused(before)
    assert.equal((await authenticate(await rotate())).clientId, clientId)
    await assertRefused(before)
  })

  it('as UNAVAILABLE while the database is away, for nobody knows', async (t: TestContext) => {
    const credentials = await register()
    await assertUnavailable(authenticate(credentials, withoutDatabase(t)))
  })
})

describe('a client that is remembered', () => {
  it('needs no database', async (t: TestContext) => {
    const credentials = await register({ permissions: ['events.read'] })
    const alone = withoutDatabase(t)
    await assertUnavailable(authenticate(credentials, alone))
    const caller = await authenticate(credentials)
    assert.equal(await authenticate(credentials, alone), caller)
    const other = await registerTestClient(deps, { id: 'other' })
    const { clientSecret } = other
    await assertUnavailable(authenticate({ ...credentials, clientSecret }, alone))
    await assertUnavailable(authenticate({ ...credentials, clientId: other.clientId }, alone))
  })

  it('is refused as soon as this instance has read that it was disabled', async () => {
    const credentials = await register()
    await authenticate(credentials)
    await disableClient(deps, testContext(), { clientId })
    deps.revocations.announce()
    const [[position] = []] = await rowsOf(deps, 'select max(position) from revocation_log')
    await deps.revocations.applied(BigInt(String(position)), AbortSignal.timeout(10_000))
    await assertRefused(credentials)
    assert.equal((await failures())[0]?.[1], 'the client is disabled')
  })

  it('is refused as soon as this instance has read that everything was ended', async () => {
    const credentials = await register()
    await authenticate(credentials)
    await recoverInstallation(deps, testContext())
    const [[position] = []] = await rowsOf(deps, 'select position from revocation_head')
    await deps.revocations.applied(BigInt(String(position)), AbortSignal.timeout(10_000))
    await assertRefused(credentials)
  })

  it('is asked about again after five seconds: then a replaced secret is refused', async (t) => {
    const credentials = await register()
    await authenticate(credentials)
    await rotate()
    await rotate()
    assert.equal((await authenticate(credentials)).clientId, clientId)
    const now = performance.now()
    t.mock.method(performance, 'now', () => now + 5_001)
    await assertRefused(credentials)
  })

  it('is never remembered beyond the expiry of its secret', async () => {
    await register()
    const credentials = await rotate(1)
    await rowsOf(
      deps,
      `update client_secrets set expires_at = signet_now() + interval '100 milliseconds' where expires_at is not null`,
    )
    const { clientId: id } = await authenticate(credentials)
    assert.equal(id, clientId)
    const until = performance.now() + 10_000
    let refused = false
    while (!refused && performance.now() < until) {
      refused = await authenticate(credentials).then(
        () => false,
        () => true,
      )
    }
    assert.ok(refused)
  })

  it('leaves when there are too many, the first first', async () => {
    const known = openKnownClients(2)
    const client = { clientId } as ClientCaller
    const all = ['a', 'b', 'c'].map((id) => credentialsOf(id, 'x'))
    for (const each of all) known.add(each, client, 5)
    assert.equal(known.count(), 2)
    assert.deepEqual(
      all.map((each) => known.find(each) !== undefined),
      [false, true, true],
    )
  })
})

describe('a client that proves who it is', () => {
  it('is what its record says', async () => {
    const credentials = await register({
      permissions: ['events.read', 'tokens.introspect'],
      resources: ['https://ledger.example'],
      subjectNamespace: 'ledger',
    })
    const { secretId, rev, ...caller } = await authenticate(credentials)
    assert.match(String(secretId), /^[0-9a-f-]{36}$/)
    assert.ok(Number.isSafeInteger(rev))
    assert.deepEqual(caller, {
      kind: 'client',
      clientId,
      permissions: new Set(['events.read', 'tokens.introspect']),
      subjectNamespace: 'ledger',
      resources: new Set(['ledger', 'https://ledger.example']),
      tokens: noTokens,
    })
    assert.deepEqual(await failures(), [])
  })

  it('has the use of its secret noted, once an hour', async (t: TestContext) => {
    const credentials = await register()
    const usedAt = async () => (await rowsOf(deps, 'select last_used_at from client_secrets'))[0]
    assert.deepEqual(await usedAt(), [null])
    await authenticate(credentials)
    const first = await usedAt()
    assert.ok(first?.[0] instanceof Date)
    await authenticate(credentials, forgetful(await secondsAhead(test, t, 3_500)))
    assert.deepEqual(await usedAt(), first)
    await authenticate(credentials, forgetful(await secondsAhead(test, t, 3_700)))
    assert.notDeepEqual(await usedAt(), first)
  })

  it('is counted, not listed, when it fails in numbers', async () => {
    await register()
    const wrong = credentialsOf(clientId, `sk_${'x'.repeat(43)}`)
    for (let i = 0; i < 12; i++) await assertRefused(wrong)
    assert.equal((await failures()).length, 5)
    const counted = `select sum(attempts)::integer from event_windows where attempts = 12`
    assert.deepEqual(await rowsOf(deps, counted), [[12]])
  })
})
