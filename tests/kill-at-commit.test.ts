/** kill -9 of the service between a commit and its answer, at that very moment: what nobody was told of holds all the same. */

import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { runSql } from '../packages/server/src/testing/statement.ts'
import { refresh, signIn, signOut, signUp, somebody, whoAmI } from './client.ts'
import { type KillableService, openKillableService } from './killable-service.ts'

let service: KillableService
let tokens: { accessToken: string; refreshToken: string }

before(async () => {
  service = await openKillableService()
})
after(() => service.close())
beforeEach(async () => {
  const person = somebody()
  await signUp(service.server.url, person)
  const signedIn = (await signIn(service.server.url, person)).body.tokens
  assert.ok(signedIn)
  tokens = signedIn
})

test('a sign-out whose answer nobody got has ended the session', async () => {
  const { accessToken, refreshToken } = tokens
  assert.equal((await whoAmI(service.server.url, accessToken)).status, 200)
  const signingOut = () => signOut(service.server.url, refreshToken)
  assert.equal((await service.killAtCommit(signingOut, { table: 'sessions' })).status, 0)
  const { url } = service.server
  assert.equal((await whoAmI(url, accessToken)).status, 401)
  assert.equal((await refresh(url, refreshToken)).body.reason, 'INVALID_GRANT')
  assert.equal((await signOut(url, refreshToken)).status, 200, 'and may be repeated')
})

test('a rotation whose answer nobody got is answered at the retry, and loses nobody', async () => {
  const age = `update grants set rotated_at = rotated_at - interval '40 seconds',
                      window_opened_at = window_opened_at - interval '40 seconds'`
  await service.onDatabase((db) => runSql(db, age))
  const refreshing = () => refresh(service.server.url, tokens.refreshToken)
  assert.equal((await service.killAtCommit(refreshing, { table: 'grants' })).status, 0)
  const generation = () =>
    service.onDatabase((db) => runSql(db, 'select max(generation) from grants'))
  assert.deepEqual(await generation(), [[2]], 'it was committed')
  const [one, two] = await Promise.all([refreshing(), refreshing()])
  assert.deepEqual([one.status, two.status], [200, 200])
  assert.equal(one.body.tokens?.refreshToken, two.body.tokens?.refreshToken)
  assert.deepEqual(await generation(), [[2]])
  const { url } = service.server
  assert.equal((await whoAmI(url, one.body.tokens?.accessToken ?? '')).status, 200)
  assert.equal((await refresh(url, two.body.tokens?.refreshToken ?? '')).status, 200)
})
