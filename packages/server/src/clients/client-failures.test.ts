/** Failures to prove that one is a client: how many are answered, and who is kept out. */

import assert from 'node:assert/strict'
import { beforeEach, it } from 'node:test'
import { ErrorReason } from '@signet/contract'
import { openDatabase } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { credentialsOf, registerTestClient, type TestClient } from '../testing/clients.ts'
import { secondsAhead } from '../testing/clock.ts'
import { openFileDeps, testContext, withParts } from '../testing/deps.ts'
import { authenticateClient } from './authenticate-client.ts'
import { openKnownClients } from './known-clients.ts'

const opened = await openFileDeps({
  emptied: ['guess_counters', 'client_secrets', `clients where id <> 'signet'`],
})
const { deps } = opened
const sourceMax = 50
const networkMax = 500

let ledger: TestClient
beforeEach(async () => {
  ledger = await registerTestClient(deps, { id: 'ledger' })
})

/** How it ends, on an instance that remembers nobody. */
async function outcome(
  { clientId, clientSecret }: Pick<TestClient, 'clientId' | 'clientSecret'>,
  { ipAddress = '192.0.2.1', on = deps }: { ipAddress?: string; on?: Deps } = {},
): Promise<'good' | 'refused' | 'limited'> {
  const forgetful = { ...on, knownClients: openKnownClients() }
  const credentials = { scheme: 'basic', clientId, clientSecret } as const
  try {
    await authenticateClient(forgetful, testContext({ ipAddress }), credentials)
    return 'good'
  } catch (error) {
    assert.ok(error instanceof SignetError, String(error))
    if (error.reason === ErrorReason.UNAUTHENTICATED) return 'refused'
    assert.equal(error.reason, ErrorReason.RATE_LIMITED)
    assert.ok(Number(error.retryAfterSeconds) > 0 && Number(error.retryAfterSeconds) <= 900)
    return 'limited'
  }
}

let guesses = 0
const wrong = (id = 'ledger') => {
  guesses += 1
  return credentialsOf(id, `sk_${String(guesses).padStart(43, 'x')}`)
}

async function close(id = 'ledger'): Promise<void> {
  for (let n = 0; n < sourceMax; n += 1) assert.equal(await outcome(wrong(id)), 'refused')
}

it('answers so many from one network, and no more', async () => {
  await close()
  assert.equal(await outcome(wrong()), 'limited')
  // A right one that nobody has used is a guess like another.
  assert.equal(await outcome(ledger), 'limited')
})

it('treats a client that there is not in the same way, and what has no form', async () => {
  await close('nobody')
  assert.equal(await outcome(wrong('nobody')), 'limited')
  for (let n = 0; n < sourceMax; n += 1)
    assert.equal(await outcome(credentialsOf('shapeless', 'x')), 'refused')
  assert.equal(await outcome(credentialsOf('shapeless', 'x')), 'limited')
})

it('keeps out neither the client elsewhere nor other clients there', async () => {
  const other = await registerTestClient(deps, { id: 'other' })
  await close()
  assert.equal(await outcome(ledger, { ipAddress: '198.51.100.7' }), 'good')
  assert.equal(await outcome(wrong(), { ipAddress: '198.51.100.7' }), 'refused')
  assert.equal(await outcome(other), 'good')
})

it('does not keep out a client that is at work in the same network', async (t) => {
  assert.equal(await outcome(ledger), 'good')
  await close()
  assert.equal(await outcome(wrong()), 'limited')
  assert.equal(await outcome(ledger), 'good')
  const later = await secondsAhead(opened, t, 3500)
  assert.equal(await outcome(ledger, { on: later }), 'good')
})

it('opens again when the window is over, however often it was asked meanwhile', async (t) => {
  await close()
  for (let n = 0; n < 20; n += 1) assert.equal(await outcome(wrong()), 'limited')
  const later = await secondsAhead(opened, t, 901)
  assert.equal(await outcome(wrong(), { on: later }), 'refused')
  assert.equal(await outcome(ledger, { on: later }), 'good')
})

it('counts a network over all clients, and a /64 as one', async () => {
  const at = (n: number) => ({ ipAddress: `2001:db8:0:1::${n.toString(16)}` })
  for (let n = 0; n < networkMax; n += 1)
    assert.equal(await outcome(wrong(`client-${n}`), at(n)), 'refused')
  assert.equal(await outcome(wrong('client-x'), at(7)), 'limited')
  assert.equal(await outcome(wrong('client-x'), { ipAddress: '2001:db8:0:2::7' }), 'refused')
})

it('answers so many of a hundred at once over two instances', async (t) => {
  const second = openDatabase({ address: opened.address, poolSize: 8, prepared: true })
  t.after(() => second.end())
  const instances = [deps, withParts(deps, { db: second })]
  const outcomes = await Promise.all(
    Array.from({ length: 100 }, (_, n) => outcome(wrong(), { on: instances[n % 2] as Deps })),
  )
  assert.equal(outcomes.filter((each) => each === 'refused').length, sourceMax)
})
