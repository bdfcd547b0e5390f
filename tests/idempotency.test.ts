/** A request that is sent again under its idempotency key: done once, whichever wire it comes by. */

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { createTestDatabase, type TestDatabase } from '../packages/server/src/testing/database.ts'
import { runSql } from '../packages/server/src/testing/statement.ts'
import {
  restHttp1Client,
  restHttp2Client,
} from '../packages/server/src/wires/testing/rest-clients.ts'
import {
  connectJsonClient,
  grpcJsClient,
  libraryClients,
} from '../packages/server/src/wires/testing/rpc-clients.ts'
import type { WireClient } from '../packages/server/src/wires/testing/verdict.ts'
import { type OwnServer, startServer } from '../tools/demo/own-server.ts'
import { databaseEnvironment, signIn, signUp, somebody } from './client.ts'

let database: TestDatabase
let server: OwnServer
let clients: WireClient[]

before(async () => {
  database = await createTestDatabase({ empty: true })
  server = await startServer(databaseEnvironment(database.address))
  clients = [
    restHttp1Client(server.url),
    restHttp2Client(server.url),
    connectJsonClient(server.url),
    ...libraryClients(server.url),
    grpcJsClient(new URL(server.url).host),
  ]
})
after(async () => {
  for (const client of clients) client.close()
  await server.stop()
  await database.drop()
})

const signUpMethod = 'signet.v1.AuthService/SignUp'
const changeMethod = 'signet.v1.AuthService/ChangePassword'

async function accountsOf(email: string): Promise<unknown> {
  const text = 'select count(*)::integer from identifiers where canonical = $1'
  return (await runSql(database.db, text, [email]))[0]?.[0]
}

test('every wire takes a repeat of every other for the same request', async () => {
  const person = somebody()
  const idempotencyKey = `"${randomUUID()}"`
  for (const client of clients) {
    const { result } = await client.call(
      signUpMethod,
      { ...person },
      { token: undefined, idempotencyKey },
    )
    assert.equal(result, 'ok', client.name)
  }
  assert.equal(await accountsOf(person.email), 1)
})

test('every wire refuses the key with another request, and one that is malformed, alike', async () => {
  const person = somebody()
  const options = { token: undefined, idempotencyKey: randomUUID() }
  await clients[0]?.call(signUpMethod, { ...person }, options)
  const other = { ...person, password: `${person.password}!` }
  for (const client of clients) {
    const reused = await client.call(signUpMethod, other, options)
    assert.equal(reused.result, 'IDEMPOTENCY_KEY_REUSED', client.name)
    if (reused.httpStatus !== undefined && reused.rpcCode === undefined)
      assert.equal(reused.httpStatus, 422)
    const malformed = await client.call(signUpMethod, other, {
      ...options,
      idempotencyKey: 'short',
    })
    assert.equal(malformed.result, 'INVALID_ARGUMENT', client.name)
    assert.deepEqual(
      malformed.violations.map(({ field, rule }) => [field, rule]),
      [['Idempotency-Key', 'idempotency_key.malformed']],
    )
  }
  assert.equal(await accountsOf(person.email), 1)
})

test('of repeats at once over all wires one is done', async () => {
  const person = somebody()
  const options = { token: undefined, idempotencyKey: randomUUID() }
  const all = [...clients, ...clients].map((client) =>
    client.call(signUpMethod, { ...person }, options),
  )
  for (const { result } of await Promise.all(all)) assert.equal(result, 'ok')
  assert.equal(await accountsOf(person.email), 1)
})

test('a change of password can be asked for again, although the old one is wrong by then', async () => {
  const person = somebody()
  assert.equal((await signUp(server.url, person)).status, 200)
  const token = (await signIn(server.url, person)).body.tokens?.accessToken
  const newPassword = `another sentence ${randomUUID()}`
  const input = { currentPassword: person.password, newPassword }
  const options = { token, idempotencyKey: randomUUID() }
  const first = await Promise.all(
    clients.map((client) => client.call(changeMethod, input, options)),
  )
  for (const [i, { result }] of first.entries()) assert.equal(result, 'ok', clients[i]?.name)
  for (const client of clients) {
    assert.equal((await client.call(changeMethod, input, options)).result, 'ok', client.name)
  }
  const changes = `select count(*)::integer from events where kind = 'password.set' and details ->> 'reason' = 'changed'`
  assert.deepEqual(await runSql(database.db, changes), [[1]])
  const failures = `select count(*)::integer from events where kind = 'password_change.failed'`
  assert.deepEqual(await runSql(database.db, failures), [[0]])
  assert.equal((await signIn(server.url, { ...person, password: newPassword })).status, 200)
})
