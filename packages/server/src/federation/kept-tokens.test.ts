/** Tokens of a provider that are kept: stored wrapped, renewed by the job, released to who may have them, and gone with the identity. */

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { openProviderWorld } from '../pages/testing/provider-world.ts'
import { registerTestClient } from '../testing/clients.ts'
import { rowsOf, testContext } from '../testing/deps.ts'
import { suspendUser } from '../users/suspend-user.ts'
import { refreshUpstreamTokens } from './kept-tokens.ts'
import { changeProvider } from './manage-providers.ts'

const { deps, service, acme, signIn } = await openProviderWorld()
const reader = await registerTestClient(deps, {
  id: 'reader',
  permissions: ['identities.tokens'],
})
const nobody = await registerTestClient(deps, { id: 'nobody', permissions: [] })

const keep = (keepsTokens: boolean) =>
  changeProvider(deps, testContext(), {
    id: 'acme',
    record: {
      ...{ name: 'Acme', clientId: acme.clientId, disabled: false },
      settings: { ...acme.settings, keepsTokens },
    },
    clientSecret: '',
  })
await keep(true)

const userId = async () => String((await rowsOf(deps, 'select id from users'))[0]?.[0]) as never
const refresh = () => refreshUpstreamTokens(deps, new AbortController().signal)
const expireSoon = (seconds: number) =>
  rowsOf(deps, `update upstream_tokens set expires_at = now() + make_interval(secs => $1)`, [
    seconds,
  ])

async function ask(as = reader) {
  const answer = await fetch(`${service.url}/api/v1/users/${await userId()}/upstream-tokens/acme`, {
    method: 'POST',
    headers: { authorization: as.authorization, 'content-type': 'application/json' },
    body: '{}',
  })
  return { status: answer.status, body: (await answer.json()) as { accessToken: string } }
}

/** Whether the provider takes a token. */
const isTaken = async (accessToken: string) =>
  (await fetch(`${acme.issuer}/me`, { headers: { authorization: `Bearer ${accessToken}` } })).status

it('is released to who has the permission, is good at the provider, and each release is recorded', async () => {
  await signIn()
  const { status, body } = await ask()
  assert.equal(status, 200, JSON.stringify(body))
  assert.equal(await isTaken(body.accessToken), 200)
  assert.equal((await ask(nobody)).status, 403)
  const text = `select count(*)::integer from events where kind = 'upstream_token.released' and subject_id = $1`
  assert.deepEqual(await rowsOf(deps, text, [await userId()]), [[1]])
  const dump = String(await rowsOf(deps, 'select t::text from upstream_tokens t'))
  assert.equal(dump.includes(Buffer.from(body.accessToken).toString('hex')), false)
})

it('is renewed before it expires, once however many workers there are', async () => {
  await signIn()
  const first = (await ask()).body.accessToken
  await refresh()
  assert.equal((await ask()).body.accessToken, first, 'it was not due')
  await expireSoon(300)
  const before = acme.exchanges.length
  await Promise.all([refresh(), refresh(), refresh()])
  const renewals = acme.exchanges
    .slice(before)
    .filter((each) => each.get('grant_type') === 'refresh_token')
  assert.equal(renewals.length, 1)
  const next = (await ask()).body.accessToken
  assert.notEqual(next, first)
  assert.equal(await isTaken(next), 200)
})

it('of who is suspended is not released, and one of an identity that is gone is gone', async () => {
  await signIn()
  await suspendUser(deps, testContext(), { userId: await userId() })
  assert.equal((await ask()).status, 404)
  await rowsOf(deps, 'delete from federated_identities')
  assert.deepEqual(await rowsOf(deps, 'select 1 from upstream_tokens'), [])
})

it('is not kept where the provider is not configured so', async () => {
  await keep(false)
  try {
    await signIn()
    assert.deepEqual(await rowsOf(deps, 'select 1 from upstream_tokens'), [])
    assert.equal((await ask()).status, 404)
  } finally {
    await keep(true)
  }
})

// The last one: a key that has changed is looked for again only after a while.
it('that has expired is not released; one that the provider does not renew is not tried again', async () => {
  await signIn()
  await expireSoon(-1)
  assert.equal((await ask()).status, 503)
  acme.rotateKeys()
  await refresh()
  const before = acme.exchanges.length
  await refresh()
  assert.equal(acme.exchanges.length, before)
  assert.equal((await ask()).status, 404)
})
