import assert from 'node:assert/strict'
import { glob, readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { SessionService } from '@signet/contract'
import { type Person, somebody } from '../../../tests/client.ts'
import {
  type ClientErrorReason,
  createClient,
  createMemoryStorage,
  SignetClientError,
} from './index.ts'
import { startService, type TestService } from './testing/service.ts'
import { openNetwork } from './testing/unreliable-network.ts'

let service: TestService
before(async () => {
  service = await startService()
})
after(() => service.stop())

const enter = ({ email, password }: Person) => ({ identifier: email, password })

async function assertReason(promise: Promise<unknown>, reason: ClientErrorReason) {
  const error = await promise.then(
    () => assert.fail(`not ${reason}`),
    (cause: unknown) => cause,
  )
  assert.ok(error instanceof SignetClientError, String(error))
  assert.equal(error.reason, reason, error.message)
  return error
}

test('signs up, signs in, calls, signs out; afterwards nothing is held and nothing is accepted', async () => {
  const storage = createMemoryStorage()
  const client = createClient({ url: service.url, storage })
  const person = somebody()
  await client.signUp({ ...person, displayName: 'Ada' })
  const { sessionId } = await client.signIn(enter(person))
  assert.equal(await client.sessionId(), sessionId)
  const me = await client.getMe()
  assert.equal(me.displayName, 'Ada')
  assert.equal(me.identifiers[0]?.value, person.email)
  const { sessions } = await client.calls(SessionService).listSessions({})
  assert.deepEqual(
    sessions.map(({ id, current }) => [id, current]),
    [[sessionId, true]],
  )
  const response = await client.fetch(new URL('/api/v1/users/me', service.url))
  assert.equal(response.status, 200)

  const accessToken = await client.accessToken()
  assert.deepEqual(await client.signOut(), { acknowledged: true })
  assert.equal(await storage.get(), undefined)
  await assertReason(client.getMe(), 'SIGNED_OUT')
  const refused = await fetch(new URL('/api/v1/users/me', service.url), {
    headers: { authorization: `Bearer ${accessToken}` },
  })
  assert.equal(refused.status, 401)
  assert.equal((await service.grantOf(sessionId)).ended, true)
})

test('says why it was refused: reason, reference, fields', async () => {
  const client = createClient({ url: service.url })
  const wrong = await assertReason(client.signIn(enter(somebody())), 'INVALID_CREDENTIALS')
  assert.match(wrong.reference ?? '', /^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$/)
  assert.equal(wrong.retryAfterSeconds, undefined)
  const invalid = await assertReason(
    client.signUp({ email: 'x', password: 'y' }),
    'INVALID_ARGUMENT',
  )
  assert.equal(invalid.violations[0]?.field, 'email')
})

test('guesses too many are told when to come back; the device that is known gets in', async () => {
  const client = createClient({ url: service.url })
  const person = somebody()
  await client.signUp(person)
  const known = createClient({ url: service.url })
  await known.signIn(enter(person))
  await known.signOut()
  for (let guess = 0; guess < 50; guess++) {
    const error = await client
      .signIn({ identifier: person.email, password: 'not it' })
      .catch((cause: unknown) => cause)
    assert.ok(error instanceof SignetClientError)
    if (error.reason !== 'RATE_LIMITED') continue
    assert.ok((error.retryAfterSeconds ?? 0) > 0)
    assert.ok(await known.signIn(enter(person)))
    return
  }
  assert.fail('fifty guesses, and no limit')
})

test('a service that is away is UNREACHABLE, and so is something else in its place', async () => {
  const network = await openNetwork(service.url)
  await network.cutOff()
  const error = await assertReason(
    createClient({ url: network.url }).signIn(enter(somebody())),
    'UNREACHABLE',
  )
  assert.equal(error.reference, undefined)
  const answer = async () => new Response('<h1>Bad gateway</h1>', { status: 502 })
  const behindGateway = createClient({ url: service.url, fetch: answer })
  await assertReason(behindGateway.signIn(enter(somebody())), 'UNREACHABLE')
})

test('signing out while the network is away empties the storage all the same', async () => {
  const network = await openNetwork(service.url)
  const storage = createMemoryStorage()
  const client = createClient({ url: network.url, storage })
  const person = somebody()
  await client.signUp(person)
  await client.signIn(enter(person))
  await network.cutOff()
  assert.deepEqual(await client.signOut(), { acknowledged: false })
  assert.equal(await storage.get(), undefined)
})

test('the access token goes to the origins that were named, and to no other', async () => {
  const stranger = await openNetwork(service.url)
  const client = createClient({ url: service.url })
  const person = somebody()
  await client.signUp(person)
  await client.signIn(enter(person))
  await assert.rejects(client.fetch(`${stranger.url}/api/v1/users/me`), TypeError)
  assert.equal(stranger.asked('me'), 0)
  await stranger.cutOff()
})

test('what is stored by something else is taken for nothing', async () => {
  const storage = createMemoryStorage()
  for (const text of ['', '{', 'null', '{"refreshToken":7}']) {
    await storage.set(text)
    await assertReason(createClient({ url: service.url, storage }).getMe(), 'SIGNED_OUT')
  }
})

test('the client uses nothing that a browser does not have', async () => {
  let files = 0
  for await (const path of glob(`${import.meta.dirname}/*.ts`)) {
    if (path.endsWith('.test.ts')) continue
    files++
    const text = await readFile(path, 'utf8')
    assert.doesNotMatch(text, /from 'node:|\bprocess\.|\bBuffer\b|\brequire\(/, path)
    for (const [, source = ''] of text.matchAll(/from '([^']+)'/g)) {
      assert.match(source, /^(\.\/|@bufbuild\/protobuf|@signet\/contract)/, path)
    }
  }
  assert.ok(files > 5)
})
