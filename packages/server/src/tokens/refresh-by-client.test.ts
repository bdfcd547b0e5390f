/** Refresh tokens of clients that have a secret: good for whoever proves to be that client, and for nobody else. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { ErrorReason, RefreshTokensRequestSchema } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { issueGrant } from '../grants/issue-grant.ts'
import { startSession } from '../sessions/start-session.ts'
import { assertRefused, openTestUser, signInAs } from '../testing/accounts.ts'
import { credentialsOf, registerTestClient, type TestClient } from '../testing/clients.ts'
import { openTestDeps, type TestDeps, testContext } from '../testing/deps.ts'
import { deriveRefreshToken } from './refresh-token.ts'
import { refreshTokens } from './rpc.ts'

let opened: TestDeps
let deps: Deps
let shop: TestClient
let refreshToken: string

before(async () => {
  opened = await openTestDeps()
  deps = opened.deps
  shop = await registerTestClient(deps, { id: 'shop', type: 'confidential' })
  const { clientId } = shop
  const userId = await openTestUser(deps, 'ada@example.com')
  const session = await startSession(deps, testContext(), {
    userId,
    clientId,
    device: undefined,
    amr: ['pwd'],
    acr: 'aal1',
    rev: 0n,
  })
  assert.ok(session)
  const audience = ['https://shop.example']
  const of = { userId, sessionId: session.id, scopes: ['cart'], audience }
  const grant = await issueGrant(deps, testContext(), of)
  assert.ok(grant)
  const subject = { issuer: deps.config.issuer, clientId, grantId: grant.id, generation: 1 }
  refreshToken = deriveRefreshToken(grant.keys.refreshToken, subject)
})
after(() => opened.close())

function refresh(clientCredentials: TestClient | undefined, token = refreshToken) {
  const input = create(RefreshTokensRequestSchema, { refreshToken: token })
  return refreshTokens(deps, testContext({ clientCredentials }), input)
}

test('without the secret, or with that of another client, it is good for nothing', async () => {
  const other = await registerTestClient(deps, { id: 'other', type: 'confidential' })
  await assertRefused(refresh(undefined), ErrorReason.INVALID_GRANT)
  await assertRefused(refresh(other), ErrorReason.INVALID_GRANT)
  const wrong = credentialsOf('shop', other.clientSecret)
  await assertRefused(refresh(wrong), ErrorReason.UNAUTHENTICATED)
})

test('with the secret it goes on, and stays the same token: such clients do not rotate', async () => {
  for (let i = 0; i < 3; i++) {
    const { tokens } = await refresh(shop)
    assert.equal(tokens?.refreshToken, refreshToken)
  }
})

test('a client with a secret does not get in with the refresh token of a public one', async () => {
  const { refreshToken: ofPublic } = await signInAs(deps, 'ada@example.com')
  await assertRefused(refresh(shop, ofPublic), ErrorReason.INVALID_GRANT)
  assert.ok((await refresh(undefined, ofPublic)).tokens)
})
