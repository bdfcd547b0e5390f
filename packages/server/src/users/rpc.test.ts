import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { create } from '@bufbuild/protobuf'
import {
  ErrorReason,
  GetMeRequestSchema,
  IdentifierKind,
  UserStatus,
  ValidateCredentialsRequestSchema,
} from '@signet/contract'
import type { Deps } from '../deps.ts'
import { validateCredentials } from '../sign-in/rpc.ts'
import { assertRefused, openTestUser, signInAs } from '../testing/accounts.ts'
import { openTestDeps, rowsOf, type TestDeps, testContext } from '../testing/deps.ts'
import { authenticateBearer } from '../tokens/authenticate.ts'
import { getMe } from './rpc.ts'

let test: TestDeps
let deps: Deps

before(async () => {
  test = await openTestDeps()
  deps = test.deps
})
after(() => test.close())

async function signedIn(email: string) {
  const userId = await openTestUser(deps, email)
  const { accessToken, sessionId } = await signInAs(deps, email)
  const caller = await authenticateBearer(deps, testContext(), accessToken)
  return { userId, sessionId, ctx: testContext({ caller }) }
}

it('GetMe shows the caller, as they wrote themselves', async () => {
  const { userId, ctx } = await signedIn('Ada@BÜCHER.example')
  await rowsOf(deps, `update users set display_name = 'Ada', locale = 'de'`)
  const { user } = await getMe(deps, ctx, create(GetMeRequestSchema))
  assert.ok(user)
  const { createdAt, ...shown } = user
  assert.ok(createdAt)
  assert.deepEqual(shown, {
    id: userId,
    displayName: 'Ada',
    locale: 'de',
    status: UserStatus.ACTIVE,
    identifiers: [
      { kind: IdentifierKind.EMAIL, value: 'Ada@BÜCHER.example', verified: true, primary: true },
    ],
    roles: ['user'],
  })
})

it('GetMe refuses a caller who was deleted meanwhile', async () => {
  const { userId, ctx } = await signedIn('gone@example.com')
  await rowsOf(deps, `update users set status = 'deleted' where id = $1`, [userId])
  await assertRefused(getMe(deps, ctx, create(GetMeRequestSchema)), ErrorReason.UNAUTHENTICATED)
})

it('ValidateCredentials tells what the token stands for', async () => {
  const { userId, sessionId, ctx } = await signedIn('eve@example.com')
  const answer = await validateCredentials(deps, ctx, create(ValidateCredentialsRequestSchema))
  assert.equal(answer.subject, userId)
  assert.equal(answer.sessionId, sessionId)
  assert.equal(answer.clientId, 'signet')
  assert.deepEqual(answer.scopes, ['signet:api'])
  assert.ok(Number(answer.expiresAt?.seconds) > Number(answer.authTime?.seconds))
})
