import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { type Person, somebody } from '../../../tests/client.ts'
import { type ClientOptions, createClient, createMemoryStorage } from './index.ts'
import { readTokens } from './storage.ts'
import { eventually, startService, type TestService } from './testing/service.ts'
import { openNetwork, type UnreliableNetwork } from './testing/unreliable-network.ts'

let service: TestService
let network: UnreliableNetwork
before(async () => {
  service = await startService()
})
beforeEach(async () => {
  await network?.cutOff()
  network = await openNetwork(service.url)
})
after(async () => {
  await network.cutOff()
  await service.stop()
})

const lifetimeMs = 300_000

/** Somebody signed in, whose clients believe what `clock` says, and whose refresh window is over. */
async function signedIn(options: Partial<ClientOptions> = {}) {
  const person: Person = somebody()
  const storage = createMemoryStorage()
  const clock = { aheadMs: 0 }
  let timesOut = 0
  const open = (changes: Partial<ClientOptions> = {}) =>
    createClient({
      url: network.url,
      storage,
      locks: null,
      now: () => Date.now() + clock.aheadMs,
      onSignedOut: () => {
        timesOut++
      },
      ...options,
      ...changes,
    })
  const client = open()
  await client.signUp(person)
  const { sessionId } = await client.signIn({ identifier: person.email, password: person.password })
  await service.passWindows()
  const held = async () => (await readTokens(storage)) ?? assert.fail('nobody is signed in')
  return { client, open, storage, clock, sessionId, held, timesOut: () => timesOut }
}

test('twenty calls at once, the access token expired: one refresh, all answered', async () => {
  const { client, clock, sessionId, held } = await signedIn()
  const first = await held()
  clock.aheadMs = lifetimeMs
  const answers = await Promise.all(Array.from({ length: 20 }, () => client.getMe()))
  assert.equal(new Set(answers.map(({ id }) => id)).size, 1)
  assert.equal(network.asked('RefreshTokens'), 1)
  assert.notEqual((await held()).refreshToken, first.refreshToken)
  assert.equal((await service.grantOf(sessionId)).generation, 2)
})

test('a token that is nearly expired is used, and refreshed meanwhile', async () => {
  const { client, clock, held } = await signedIn()
  const first = await held()
  clock.aheadMs = lifetimeMs - 5_000
  const hold = network.holdAnswer('RefreshTokens')
  assert.equal(await client.accessToken(), first.accessToken)
  await hold.arrived
  assert.equal(await client.accessToken(), first.accessToken)
  hold.release()
  await eventually('it is replaced', async () => (await held()).accessToken !== first.accessToken)
  assert.equal(network.asked('RefreshTokens'), 1)
})

test('an access token that the service refuses is refreshed, once, and the call repeated', async () => {
  const { client, storage, held } = await signedIn()
  const forged = { ...(await held()), accessToken: 'eyJhbGciOiJub25lIn0.e30.' }
  await storage.set(JSON.stringify(forged))
  assert.ok(await client.getMe())
  await storage.set(JSON.stringify({ ...(await held()), accessToken: forged.accessToken }))
  const response = await client.fetch(`${network.url}/api/v1/users/me`)
  assert.equal(response.status, 200)
  assert.equal(network.asked('RefreshTokens'), 2)
})

test('two clients that share a storage, without locks, refresh at once: nobody is logged out', async () => {
  const { client, open, clock, sessionId, held } = await signedIn()
  const other = open()
  clock.aheadMs = lifetimeMs
  const hold = network.holdAnswer('RefreshTokens')
  const slow = client.getMe()
  await hold.arrived
  assert.ok(await other.getMe())
  const stored = await held()
  hold.release()
  assert.ok(await slow)
  assert.equal(network.asked('RefreshTokens'), 2)
  assert.equal((await held()).refreshToken, stored.refreshToken)
  assert.equal((await service.grantOf(sessionId)).generation, 2)
})

test('with locks, the second of two clients takes what the first one got', async () => {
  const { client, open, clock } = await signedIn({ locks: navigator.locks })
  clock.aheadMs = lifetimeMs
  const other = open()
  await Promise.all([client.getMe(), other.getMe(), client.getMe(), other.getMe()])
  assert.equal(network.asked('RefreshTokens'), 1)
})

test('a slow answer never replaces a later one', async () => {
  const { client, open, clock, sessionId, held } = await signedIn()
  clock.aheadMs = lifetimeMs
  const hold = network.holdAnswer('RefreshTokens')
  const slow = client.getMe()
  await hold.arrived
  await open().getMe()
  await service.passWindows()
  clock.aheadMs = 2 * lifetimeMs
  await open().getMe()
  const stored = await held()
  hold.release()
  assert.ok(await slow)
  assert.equal((await held()).refreshToken, stored.refreshToken)
  assert.equal((await service.grantOf(sessionId)).generation, 3)
})

test('a lost answer is asked for again with the same token: one rotation', async () => {
  const { client, clock, sessionId } = await signedIn()
  clock.aheadMs = lifetimeMs
  network.loseAnswers('RefreshTokens', 2)
  assert.ok(await client.getMe())
  assert.equal(network.asked('RefreshTokens'), 3)
  assert.equal((await service.grantOf(sessionId)).generation, 2)
})

test('who lost every answer comes back after the window, and goes on', async () => {
  const { client, open, clock, sessionId, timesOut } = await signedIn()
  clock.aheadMs = lifetimeMs
  network.loseAnswers('RefreshTokens', 5)
  await assert.rejects(client.getMe(), { reason: 'UNREACHABLE' })
  await service.passWindows()
  assert.ok(await open().getMe())
  assert.deepEqual([(await service.grantOf(sessionId)).generation, timesOut()], [2, 0])
})

test('the service is killed after it has rotated and before it answers: the client goes on', async () => {
  const { client, clock, sessionId, timesOut } = await signedIn()
  clock.aheadMs = lifetimeMs
  network.loseAnswers('RefreshTokens', 1)
  const hold = network.holdAnswer('RefreshTokens')
  const call = client.getMe().catch(() => undefined)
  await hold.arrived
  await service.kill()
  hold.release()
  await service.restart()
  await call
  assert.ok(await client.getMe())
  assert.deepEqual([(await service.grantOf(sessionId)).generation, timesOut()], [2, 0])
})

test('what is stored is confirmed, and again where the confirmation was lost', async () => {
  const { client, clock, sessionId } = await signedIn()
  clock.aheadMs = lifetimeMs
  const hold = network.holdAnswer('ConfirmRefresh')
  network.loseAnswers('ConfirmRefresh', 1)
  await client.getMe()
  await hold.arrived
  hold.release()
  await eventually('it is confirmed again', async () => network.asked('ConfirmRefresh') === 2)
  assert.deepEqual(await service.grantOf(sessionId), { generation: 2, confirmed: 2, ended: false })
})

test('signing out while a refresh is under way: what it brings is not stored', async () => {
  const { client, clock, storage, sessionId } = await signedIn()
  clock.aheadMs = lifetimeMs
  const hold = network.holdAnswer('RefreshTokens')
  const call = assert.rejects(client.getMe(), { reason: 'SIGNED_OUT' })
  await hold.arrived
  const left = client.signOut()
  await eventually('the storage is empty', async () => (await storage.get()) === undefined)
  hold.release()
  await call
  assert.deepEqual(await left, { acknowledged: true })
  assert.equal(await storage.get(), undefined)
  assert.equal((await service.grantOf(sessionId)).ended, true)
})

test('a session that was ended elsewhere is over here: storage empty, told once', async () => {
  const { client, open, clock, storage, timesOut } = await signedIn()
  const stored = (await storage.get()) ?? assert.fail()
  const elsewhere = createMemoryStorage()
  await elsewhere.set(stored)
  await open({ storage: elsewhere }).signOut({ everywhere: true })
  clock.aheadMs = lifetimeMs
  const calls = [client.getMe(), client.getMe(), client.getMe()]
  for (const call of calls) await assert.rejects(call, { reason: 'INVALID_GRANT' })
  assert.deepEqual([await storage.get(), timesOut()], [undefined, 1])
  await assert.rejects(client.getMe(), { reason: 'SIGNED_OUT' })
})

test('a day of three tabs on a bad network: one rotation each time, nobody is logged out', async () => {
  const { client, open, clock, sessionId, timesOut } = await signedIn()
  const tabs = [client, open(), open()]
  const rounds = 12
  for (let round = 1; round <= rounds; round++) {
    clock.aheadMs = round * lifetimeMs
    network.loseAnswers('RefreshTokens', round % 4)
    network.loseAnswers('ConfirmRefresh', round % 2)
    await Promise.all(tabs.map((tab) => tab.getMe()))
    await service.passWindows()
  }
  assert.deepEqual([(await service.grantOf(sessionId)).generation, timesOut()], [rounds + 1, 0])
})
