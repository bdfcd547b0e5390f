/** A new master secret, rolled out over two instances one after the other: nobody is signed out, no token changes. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createTestDatabase, type TestDatabase } from '../packages/server/src/testing/database.ts'
import { runSql } from '../packages/server/src/testing/statement.ts'
import { type OwnServer, startServer } from '../tools/demo/own-server.ts'
import { databaseEnvironment, eventually, refresh, signIn, signUp, somebody } from './client.ts'

const [old, fresh] = ['the former secret of both instances', 'the current secret of both instances']
let database: TestDatabase
const running = new Set<OwnServer>()

before(async () => {
  database = await createTestDatabase({ empty: true })
})
after(async () => {
  for (const server of running) await server.stop()
  await database.drop()
})

async function start(current: string, previous?: string): Promise<OwnServer> {
  const server = await startServer({
    ...databaseEnvironment(database.address),
    SIGNET_ISSUER: 'http://localhost:8080',
    SIGNET_MASTER_SECRET: current,
    ...(previous !== undefined && { SIGNET_MASTER_SECRET_PREVIOUS: previous }),
  })
  running.add(server)
  return server
}

async function restart(server: OwnServer, current: string, previous?: string): Promise<OwnServer> {
  await server.stop()
  running.delete(server)
  return start(current, previous)
}

/** How many grants are wrapped under each of the secrets, most first. */
async function wrappedGrants(): Promise<unknown> {
  const text = `select array_agg(n order by n desc) from (select count(*)::integer as n from grants group by wrapping_key_id) g`
  return (await runSql(database.db, text))[0]?.[0]
}

async function signInAt(server: OwnServer) {
  const person = somebody()
  assert.equal((await signUp(server.url, person)).status, 200)
  const { refreshToken } = (await signIn(server.url, person)).body.tokens ?? {}
  assert.ok(refreshToken)
  return refreshToken
}

test('half rolled out, then whole, then without the former secret', async () => {
  let one = await start(old)
  let two = await start(old)
  const tokens = [await signInAt(one)]
  const successors = new Map<string, string | undefined>()
  const everyoneGoesOn = async () => {
    for (const token of tokens) {
      for (const { url } of [one, two]) {
        const { status, body } = await refresh(url, token)
        assert.equal(status, 200, JSON.stringify(body))
        const successor = body.tokens?.refreshToken
        assert.equal(successor, successors.get(token) ?? successor, 'the same successor as before')
        successors.set(token, successor)
      }
    }
  }
  await everyoneGoesOn()

  // Readable everywhere before it is used.
  one = await restart(one, old, fresh)
  await everyoneGoesOn()
  two = await restart(two, old, fresh)
  tokens.push(await signInAt(two))
  await everyoneGoesOn()

  // Half rolled out: one wraps under the new secret, the other one under the old, and nothing is moved.
  one = await restart(one, fresh, old)
  tokens.push(await signInAt(one), await signInAt(two))
  await everyoneGoesOn()
  assert.deepEqual(await wrappedGrants(), [3, 1])

  two = await restart(two, fresh, old)
  await eventually('everything is moved', async () => {
    const count = `select count(distinct wrapping_key_id)::integer from (
      select wrapping_key_id from grants union all select wrapping_key_id from event_keys
      union all select wrapping_key_id from signing_keys) stored`
    return (await runSql(database.db, count))[0]?.[0] === 1
  })
  await everyoneGoesOn()

  // The memory of the grants is gone with the processes: every secret is opened anew.
  one = await restart(one, fresh)
  two = await restart(two, fresh)
  await everyoneGoesOn()
})
