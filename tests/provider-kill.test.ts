/**
 * kill -9 of the service while somebody comes back from a provider, and while it renews tokens of providers: nothing is half done. The
 * person tries again and gets on, as the same user; no code is shown to the provider twice; what is kept of its tokens opens.
 */

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, describe, it } from 'node:test'
import { runSignet } from '../packages/server/src/cli/testing/spawn-signet.ts'
import { callbackAddress } from '../packages/server/src/federation/provider-sign-in.ts'
import {
  type OidcIssuer,
  openOidcIssuer,
} from '../packages/server/src/federation/testing/oidc-issuer.ts'
import { visitProvider } from '../packages/server/src/federation/testing/provider-visitor.ts'
import { enqueue } from '../packages/server/src/queue/enqueue.ts'
import { credentialsOf } from '../packages/server/src/testing/clients.ts'
import {
  openPageVisitor,
  type PageVisitor,
  type ShownPage,
} from '../packages/server/src/testing/page-visitor.ts'
import { runSql } from '../packages/server/src/testing/statement.ts'
import { eventually } from './client.ts'
import { type KillableService, openKillableService } from './killable-service.ts'

const issuer = 'http://localhost:8080'
const callback = callbackAddress(issuer, 'acme')

let service: KillableService
let acme: OidcIssuer
let reader: string
let who: PageVisitor

before(async () => {
  acme = await openOidcIssuer({ redirectUri: callback })
  service = await openKillableService({ SIGNET_OUTBOUND_PRIVATE_HOSTS: '127.0.0.1:*' })
  const password = 'an administrator keeps this secret'
  await command(['admin', 'create', '--email', 'admin@example.com', '--password-stdin'], password)
  const provider = ['acme', '--kind', 'oidc', '--client-id', acme.clientId]
  await command(
    ['provider', 'add', ...provider, '--issuer', acme.issuer, '--keep-tokens'],
    acme.clientSecret,
  )
  const client = ['reader', '--type', 'service', '--permission', 'identities.tokens']
  const { secret } = await command(['client', 'create', ...client])
  reader = credentialsOf('reader', secret).authorization
})
after(async () => {
  await service.close()
  await acme.close()
})
beforeEach(() => {
  acme.person = { sub: randomUUID(), name: 'Ada', email: `${randomUUID()}@example.com` }
  acme.person.email_verified = true
  who = openPageVisitor(service.server.url)
})

async function command(args: string[], input?: string): Promise<{ secret: string }> {
  const environment = service.server.environment as Record<string, string>
  const ran = await runSignet([...args, '--json'], {
    environment,
    ...(input !== undefined && { input }),
  })
  assert.equal(ran.exitCode, 0, `${ran.stdout}${ran.stderr}`)
  return JSON.parse(ran.stdout)
}

const query = (text: string, values: unknown[] = []) =>
  service.onDatabase((db) => runSql(db, text, values))

/** At the service that runs, with the cookies of before. */
function open(path: string): Promise<ShownPage> {
  who = openPageVisitor(service.server.url, who)
  return who.open(path)
}

/** From the button to what the provider has the browser bring back. */
async function goThere(): Promise<URLSearchParams> {
  const { location } = await open('/auth/acme')
  return visitProvider(location, callback)
}

const comeBack = (parameters: URLSearchParams) => open(`/auth/acme/callback?${parameters}`)

const userIds = async () =>
  (
    await query('select user_id from federated_identities where subject = $1', [acme.person.sub])
  ).flat()

async function release(): Promise<{ status: number; accessToken: string }> {
  const [userId] = await userIds()
  const path = `/api/v1/users/${userId}/upstream-tokens/acme`
  const answer = await fetch(service.server.url + path, {
    method: 'POST',
    headers: { authorization: reader, 'content-type': 'application/json' },
    body: '{}',
  })
  const { accessToken } = (await answer.json()) as { accessToken: string }
  return { status: answer.status, accessToken }
}

/** Whether what is kept of the provider opens, and is a token that the provider takes. */
async function isKeptTokenGood(): Promise<boolean> {
  const { status, accessToken } = await release()
  if (status !== 200) return false
  const headers = { authorization: `Bearer ${accessToken}` }
  return (await fetch(`${acme.issuer}/me`, { headers })).status === 200
}

/** Has the provider stand still before it looks at the next exchange, until it is let go. */
function holdExchange(): { reached: Promise<void>; letGo(): void } {
  const reached = Promise.withResolvers<void>()
  const held = Promise.withResolvers<void>()
  acme.beforeExchange = () => {
    acme.beforeExchange = undefined
    reached.resolve()
    return held.promise
  }
  return { reached: reached.promise, letGo: held.resolve }
}

describe('a service that is killed while somebody comes back from a provider', () => {
  /** The browser asks again with the same address, as one that reloads; then the person begins anew. */
  async function getsOn(parameters: URLSearchParams): Promise<void> {
    const again = await comeBack(parameters)
    assert.deepEqual([again.status, again.title], [400, 'Sign in'])
    assert.match(again.problem, /Start again/u)
    const [before] = await userIds()
    const page = await comeBack(await goThere())
    assert.equal(page.location.replace(issuer, ''), '/signed-in')
    assert.equal((await open('/signed-in')).title, 'You are signed in')
    const users = await userIds()
    assert.equal(users.length, 1)
    assert.equal(users[0], before ?? users[0])
    const holders = 'select count(*)::integer from identifiers where canonical = $1'
    assert.deepEqual(await query(holders, [acme.person.email]), [[1]])
    const shown = acme.exchanges.filter((each) => each.get('code') === parameters.get('code'))
    assert.ok(shown.length <= 1, 'the code was shown to the provider once')
    assert.ok(await isKeptTokenGood())
  }

  for (const [point, table] of [
    ['the state was used up', 'federated_sign_ins'],
    ['the account was opened', 'federated_identities'],
    ['the session was started', 'sessions'],
    ['it was noted on whose word the session rests', 'federated_sessions'],
    ['the tokens were kept', 'upstream_tokens'],
  ] as const)
    it(`right after ${point}`, async () => {
      const parameters = await goThere()
      const answer = () => comeBack(parameters).catch(() => undefined)
      assert.equal(await service.killAtCommit(answer, { table }), undefined)
      await getsOn(parameters)
    })

  it('while the provider has the code', async () => {
    const parameters = await goThere()
    const { reached, letGo } = holdExchange()
    const answer = comeBack(parameters).catch(() => undefined)
    await reached
    await service.kill()
    assert.equal(await answer, undefined)
    letGo()
    assert.deepEqual(await userIds(), [])
    await getsOn(parameters)
  })

  it('before the answer reached it: the same answer is good afterwards', async () => {
    const parameters = await goThere()
    await service.kill()
    assert.equal((await comeBack(parameters)).location.replace(issuer, ''), '/signed-in')
  })
})

describe('a service that is killed while it renews tokens of a provider', () => {
  beforeEach(async () => {
    await query('delete from upstream_tokens')
    await comeBack(await goThere())
    assert.ok(await isKeptTokenGood())
    await query(`update upstream_tokens set expires_at = now() + interval '5 minutes'`)
  })

  const renewals = () =>
    acme.exchanges.filter((each) => each.get('grant_type') === 'refresh_token').length

  /** Has a worker renew what is due, and what a worker that is gone was at, a minute later. Answers which job that is. */
  async function renew(): Promise<string> {
    await query(`update upstream_tokens set claimed_until = claimed_until - interval '1 minute'`)
    const id = randomUUID()
    await service.onDatabase((db) => enqueue(db, 'refresh_upstream_tokens', {}, { id }))
    return id
  }

  it('before the provider has decided: it is renewed afterwards', async () => {
    const { accessToken } = await release()
    const { reached, letGo } = holdExchange()
    await renew()
    await reached
    await service.kill()
    assert.equal((await release()).accessToken, accessToken)
    assert.ok(await isKeptTokenGood())
    await renew()
    await eventually('it is renewed', async () => (await release()).accessToken !== accessToken)
    assert.ok(await isKeptTokenGood())
    letGo()
  })

  it('right after the new one was stored: that is the one, and it is not renewed again', async () => {
    const { accessToken } = await release()
    const statement = /set wrapped_tokens/u
    await service.killAtCommit(renew, { table: 'upstream_tokens', statement })
    assert.notEqual((await release()).accessToken, accessToken)
    assert.ok(await isKeptTokenGood())
    const before = renewals()
    const job = await renew()
    const stateOf = 'select state::text from jobs.job where id = $1'
    await eventually(
      'the job is done',
      async () => (await query(stateOf, [job]))[0]?.[0] === 'completed',
    )
    assert.equal(renewals(), before)
  })

  it('between the answer of a provider that rotates and its storage: the next sign-in brings another', async () => {
    const { accessToken } = await release()
    const { reached, letGo } = holdExchange()
    await renew()
    await reached
    const answered = acme.answered
    service.server.child.kill('SIGSTOP')
    letGo()
    await eventually('the provider has rotated', async () => acme.answered > answered)
    await service.kill()
    assert.equal((await release()).accessToken, accessToken, 'what is kept opens')
    const before = renewals()
    await renew()
    const isRefused = 'select refused_at is not null from upstream_tokens'
    await eventually(
      'the old one is refused',
      async () => (await query(isRefused))[0]?.[0] === true,
    )
    assert.equal(renewals(), before + 1)
    await comeBack(await goThere())
    assert.ok(await isKeptTokenGood())
    assert.equal((await userIds()).length, 1)
  })
})
