/** A provider that takes what it is asked and does not answer, or late: who waits for it is told in time, and nobody else waits. */

import assert from 'node:assert/strict'
import { afterEach, beforeEach, it } from 'node:test'
import { openProviderWorld } from '../pages/testing/provider-world.ts'
import { registerTestClient } from '../testing/clients.ts'
import { rowsOf, testContext } from '../testing/deps.ts'
import { openPageVisitor } from '../testing/page-visitor.ts'
import { defaultWireLimits } from '../wires/limits.ts'
import { refreshUpstreamTokens } from './kept-tokens.ts'
import { changeProvider } from './manage-providers.ts'
import { callbackAddress } from './provider-sign-in.ts'
import type { OidcIssuer } from './testing/oidc-issuer.ts'
import { visitProvider } from './testing/provider-visitor.ts'

const world = await openProviderWorld()
const { deps, service, acme, apple, goThere, comeBack, signIn, pathOf } = world
const reader = await registerTestClient(deps, { id: 'reader', permissions: ['identities.tokens'] })

for (const [id, { clientId, settings }] of Object.entries({ acme, apple }))
  await changeProvider(deps, testContext(), {
    id,
    record: { name: id, clientId, disabled: false, settings: { ...settings, keepsTokens: true } },
    clientSecret: '',
  })

let subjects = 0
let letGo: () => void = () => undefined
beforeEach(() => {
  nextPerson(acme)
  nextPerson(apple)
})
afterEach(() => letGo())

function nextPerson(at: OidcIssuer): void {
  subjects += 1
  const email = `${subjects}@example.com`
  at.person = { sub: String(subjects), name: 'Ada', email, email_verified: true }
}

/** From now on it stands still. Resolves with the first who waits. */
function hang(at: OidcIssuer): Promise<void> {
  const reached = Promise.withResolvers<void>()
  const held = Promise.withResolvers<void>()
  at.beforeExchange = () => {
    reached.resolve()
    return held.promise
  }
  letGo = () => {
    at.beforeExchange = undefined
    held.resolve()
  }
  return reached.promise
}

async function signInAtApple(): Promise<void> {
  const who = openPageVisitor(service.url)
  const { location } = await who.open('/auth/apple')
  const parameters = await visitProvider(location, callbackAddress(service.url, 'apple'))
  assert.equal(pathOf((await comeBack(who, parameters, 'apple')).location), '/signed-in')
}

/** Whoever holds a lock between two statements is in a transaction. */
async function assertNothingIsLocked(): Promise<void> {
  const waiting = `select query from pg_stat_activity
                    where datname = current_database() and state like 'idle in transaction%'`
  assert.deepEqual(await rowsOf(deps, waiting), [])
}

async function release(subject: string, provider: string) {
  const text = 'select user_id from federated_identities where subject = $1'
  const [[userId] = []] = await rowsOf(deps, text, [subject])
  const path = `/api/v1/users/${userId}/upstream-tokens/${provider}`
  const answer = await fetch(service.url + path, {
    method: 'POST',
    headers: { authorization: reader.authorization, 'content-type': 'application/json' },
    body: '{}',
  })
  const { accessToken } = (await answer.json()) as { accessToken: string }
  return { status: answer.status, accessToken }
}

const refresh = () => refreshUpstreamTokens(deps, new AbortController().signal)
const makeDue = () =>
  rowsOf(deps, `update upstream_tokens set expires_at = now() + interval '5 minutes'`)
const renewalsAt = ({ exchanges }: OidcIssuer) =>
  exchanges.flatMap((each) => each.get('refresh_token') ?? [])

it('who comes back from one that hangs is told so in time, and meanwhile others sign in', async () => {
  const who = openPageVisitor(service.url)
  const parameters = await goThere(who)
  const reached = hang(acme)
  const beganMs = performance.now()
  const page = comeBack(who, parameters)
  await reached
  await assertNothingIsLocked()
  await signInAtApple()
  const { status, problem } = await page
  assert.equal(status, 503)
  assert.match(problem, /does not answer at the moment/u)
  assert.ok(performance.now() - beganMs < defaultWireLimits.requestTimeoutMs)
  letGo()
  assert.equal(pathOf((await signIn(who)).location), '/signed-in')
})

it('a renewal that takes long locks nothing, and is taken when it comes', async () => {
  await signIn()
  const { accessToken } = await release(acme.person.sub, 'acme')
  await makeDue()
  const reached = hang(acme)
  const renewing = refresh()
  await reached
  await assertNothingIsLocked()
  await signInAtApple()
  assert.equal((await release(acme.person.sub, 'acme')).accessToken, accessToken)
  letGo()
  await renewing
  assert.notEqual((await release(acme.person.sub, 'acme')).accessToken, accessToken)
})

it('one that hangs is asked once in a run, for whomever, and tokens of another one are renewed', async () => {
  for (const _ of [1, 2, 3]) {
    nextPerson(acme)
    await signIn()
  }
  await signInAtApple()
  const { accessToken } = await release(apple.person.sub, 'apple')
  await makeDue()
  const before = renewalsAt(acme).length
  void hang(acme)
  await refresh()
  const [tried, ...others] = renewalsAt(acme).slice(before)
  assert.ok(tried)
  assert.deepEqual(others, [])
  assert.notEqual((await release(apple.person.sub, 'apple')).accessToken, accessToken)

  // The next run, when nobody has it any more: all of them, and the one that was tried comes last.
  letGo()
  await rowsOf(
    deps,
    `update upstream_tokens set claimed_until = claimed_until - interval '1 minute'`,
  )
  await refresh()
  const next = renewalsAt(acme).slice(before + 1)
  assert.equal(next.length, 3)
  assert.equal(next.at(-1), tried)
})
