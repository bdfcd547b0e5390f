/**
 * An instance that stands still while its callers give up and ask another one: what it goes on with, once it runs again,
 * logs nobody out.
 */

import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, test } from 'node:test'
import { createTestDatabase, type TestDatabase } from '../packages/server/src/testing/database.ts'
import { runSql } from '../packages/server/src/testing/statement.ts'
import { type OwnServer, startServer } from '../tools/demo/own-server.ts'
import { databaseEnvironment, eventually, get, signUp, somebody } from './client.ts'

const windowSeconds = 1

let database: TestDatabase
let hung: OwnServer
let other: OwnServer

before(async () => {
  database = await createTestDatabase()
  const environment = {
    ...databaseEnvironment(database.address),
    SIGNET_ISSUER: 'http://localhost:8080',
    SIGNET_REFRESH_WINDOW_SECONDS: String(windowSeconds),
  }
  hung = await startServer(environment)
  other = await startServer(environment)
})
after(async () => {
  await hung.stop()
  await other.stop()
  await database.drop()
})

async function post(path: string, body: object) {
  const response = await fetch(new URL(`/api/v1/auth/${path}`, other.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const answer = (await response.json()) as { tokens?: { refreshToken: string } }
  return { status: response.status, refreshToken: answer.tokens?.refreshToken ?? '' }
}

/** Sends a refresh to the instance that hangs, and hangs up once the request is on its way. */
async function refreshInVain(refreshToken: string): Promise<void> {
  const body = JSON.stringify({ refreshToken })
  const headers = { 'content-type': 'application/json', 'content-length': body.length }
  const sent = request(new URL('/api/v1/auth/refresh', hung.url), { method: 'POST', headers })
  sent.on('error', () => undefined)
  await new Promise<void>((resolve) => sent.end(body, resolve))
  sent.destroy()
}

/** As if the window had been opened so many seconds ago. */
function age(seconds: number): Promise<unknown> {
  const text = `update grants set rotated_at = rotated_at - make_interval(secs => $1),
                                  window_opened_at = window_opened_at - make_interval(secs => $1)`
  return runSql(database.db, text, [seconds])
}

async function countAnswered(): Promise<number> {
  const text = await (await fetch(new URL('/metrics', hung.url))).text()
  const [, count] = /^signet_calls_total\{[^}]*RefreshTokens[^}]*\} (\d+)$/m.exec(text) ?? []
  return Number(count ?? 0)
}

test('a refresh that was asked again elsewhere meanwhile is no theft', async () => {
  const person = somebody()
  assert.equal((await signUp(other.url, person)).status, 200)
  const credentials = { identifier: person.email, password: person.password }
  const { refreshToken } = await post('sign-in', credentials)
  await age(2 * windowSeconds)

  hung.child.kill('SIGSTOP')
  await refreshInVain(refreshToken)
  const successor = await post('refresh', { refreshToken })
  assert.equal(successor.status, 200)
  const confirmed = await post('confirm-refresh', { refreshToken: successor.refreshToken })
  assert.equal(confirmed.status, 200)
  await age(2 * windowSeconds)
  hung.child.kill('SIGCONT')

  await eventually('it has gone on', async () => (await get(hung.url, '/livez')).status === 200)
  await eventually('the held-up refresh is judged', async () => (await countAnswered()) === 1)
  assert.equal((await post('refresh', { refreshToken: successor.refreshToken })).status, 200)
  const events = `select kind from events where kind like 'refresh_token.%'`
  assert.deepEqual(await runSql(database.db, events), [])
})
