/** Whoever tries a door that their roles do not open is refused, and it is recorded: the first few times each, then counted. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createTestDatabase, type TestDatabase } from '../packages/server/src/testing/database.ts'
import { runSql } from '../packages/server/src/testing/statement.ts'
import { type OwnServer, startServer } from '../tools/demo/own-server.ts'
import { databaseEnvironment, signIn, signUp, somebody } from './client.ts'

let database: TestDatabase
let server: OwnServer

before(async () => {
  database = await createTestDatabase({ empty: true })
  server = await startServer(databaseEnvironment(database.address))
})
after(async () => {
  await server.stop()
  await database.drop()
})

test('a call that lacks a permission is refused and recorded, over REST and RPC', async () => {
  const person = somebody()
  await signUp(server.url, person)
  const token = (await signIn(server.url, person)).body.tokens?.accessToken
  const headers = { authorization: `Bearer ${token}` }
  const body = new Uint8Array(5)
  for (let n = 0; n < 4; n += 1) {
    const rest = await fetch(`${server.url}/api/v1/events/watch`, { headers })
    assert.equal(rest.status, 403)
    await rest.body?.cancel()
    const rpc = await fetch(`${server.url}/signet.v1.EventService/WatchEvents`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/connect+proto' },
      body,
    })
    assert.match(await rpc.text(), /permission_denied/)
  }
  const denied = `select count(*)::integer, min(details ->> 'method'), bool_and(actor_id is not null)
                    from events where kind = 'access.denied'`
  const singly = 5
  // Where the minute changes in between, each minute has its first five.
  const [[count, method, known] = []] = await runSql(database.db, denied)
  assert.ok(Number(count) >= singly && Number(count) <= 8, String(count))
  assert.deepEqual([method, known], ['signet.v1.EventService/WatchEvents', true])
})
