import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { create } from '@bufbuild/protobuf'
import {
  ConfirmRefreshRequestSchema,
  ErrorReason,
  RefreshTokensRequestSchema,
} from '@signet/contract'
import { assertRefused, openTestUser, signInAs } from '../testing/accounts.ts'
import { openTestDeps, type TestDeps, testContext } from '../testing/deps.ts'
import { authenticateBearer } from './authenticate.ts'
import { confirmRefresh, refreshTokens } from './rpc.ts'

let test: TestDeps
before(async () => {
  test = await openTestDeps()
})
after(() => test.close())

it('refreshes what a sign-in brought, and takes its confirmation', async () => {
  const { deps } = test
  await openTestUser(deps, 'ada@example.com')
  const { refreshToken, sessionId } = await signInAs(deps, 'ada@example.com')
  const request = create(RefreshTokensRequestSchema, { refreshToken })
  const { tokens } = await refreshTokens(deps, testContext(), request)
  const { accessToken = '', ...others } = tokens ?? assert.fail()
  const expected = { tokenType: 'Bearer', expiresIn: 300, sessionId, refreshToken }
  assert.deepEqual(others, expected, 'within the window the same one')
  assert.ok(await authenticateBearer(deps, testContext(), accessToken))
  const confirmation = create(ConfirmRefreshRequestSchema, { refreshToken })
  assert.deepEqual(await confirmRefresh(deps, testContext(), confirmation), {})
})

it('refuses what is no refresh token with INVALID_GRANT', async () => {
  const request = create(RefreshTokensRequestSchema, { refreshToken: 'sr1_nonsense' })
  await assertRefused(refreshTokens(test.deps, testContext(), request), ErrorReason.INVALID_GRANT)
  const confirmation = create(ConfirmRefreshRequestSchema, { refreshToken: 'x' })
  const confirmed = confirmRefresh(test.deps, testContext(), confirmation)
  await assertRefused(confirmed, ErrorReason.INVALID_GRANT)
})
