/**
 * Whoever ends something is answered once this instance has read it in the log, however slowly it reads: the very next question
 * finds it ended.
 */

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { SignOutScope } from '@signet/contract'
import { disableClient } from '../clients/disable-client.ts'
import type { Db } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import type { ClientId, UserId } from '../ids.ts'
import { type LiveLog, openLiveLog } from '../revocation/live-log.ts'
import { recoverInstallation } from '../revocation/recover.ts'
import { revokeOtherSessions, revokeSession, signOut } from '../revocation/rpc.ts'
import { openSessionEnds } from '../revocation/session-ends.ts'
import { openTestUser, signInAs, testPassword } from '../testing/accounts.ts'
import { registerTestClient } from '../testing/clients.ts'
import { openTestDeps, rowsOf, type TestDeps, testContext } from '../testing/deps.ts'
import { authenticateBearer } from '../tokens/authenticate.ts'
import { refreshTokens } from '../tokens/refresh-tokens.ts'
import { suspendUser } from '../users/suspend-user.ts'
import { changePassword } from './change-password.ts'

let test: TestDeps
let deps: Deps
let slow: LiveLog
let userId: UserId
const email = 'ada@example.com'

before(async () => {
  test = await openTestDeps()
  const { db, log } = test.deps
  // Long beside a round trip to the database, short beside the second for which anybody waits.
  const slowDb = {
    ...db,
    query: async (...query: Parameters<Db['query']>) => {
      if (query[0].name === 'live-log.readLog') await sleep(200)
      return db.query(...query)
    },
  }
  const options = { directAddress: test.address, tokenLifetimeSeconds: 300 }
  slow = await openLiveLog({ db: slowDb, log }, options)
  const sessionEnds = openSessionEnds({ ...test.deps, revocations: slow })
  deps = { ...test.deps, revocations: slow, sessionEnds }
})
after(async () => {
  await slow.stop()
  await test.close()
})
beforeEach(async () => {
  await rowsOf(deps, 'delete from users')
  userId = await openTestUser(deps, email)
})

type SignedIn = Awaited<ReturnType<typeof signInAs>>

const claimsOf = ({ accessToken }: Pick<SignedIn, 'accessToken'>) =>
  JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString())

async function as({ accessToken }: SignedIn) {
  return testContext({ caller: await authenticateBearer(deps, testContext(), accessToken) })
}

const leave = (here: SignedIn, scope: SignOutScope) =>
  signOut(deps, testContext(), { token: here.accessToken, scope } as Parameters<typeof signOut>[2])

/** Each ends the other session, and most of them this one. */
const ends: Record<string, (here: SignedIn, other: SignedIn) => Promise<unknown>> = {
  'signing out': (_, other) => leave(other, SignOutScope.THIS_SESSION),
  'signing out the others': (here) => leave(here, SignOutScope.OTHER_SESSIONS),
  'signing out everywhere': (here) => leave(here, SignOutScope.EVERYWHERE),
  'ending a session by its id': async (here, { sessionId }) =>
    revokeSession(deps, await as(here), { sessionId } as never),
  'ending the other sessions': async (here) =>
    revokeOtherSessions(deps, await as(here), {} as never),
  'changing the password': async (here) =>
    changePassword(deps, await as(here), {
      currentPassword: testPassword,
      newPassword: 'lantern orbit velvet 42',
    }),
  suspension: () => suspendUser(deps, testContext(), { userId }),
  'refresh token reuse': async (_, { refreshToken }) => {
    let latest = refreshToken
    for (let i = 0; i < 2; i++) {
      const text = `update grants set window_opened_at = window_opened_at - interval '1 hour'`
      await rowsOf(deps, text)
      latest = (await refreshTokens(deps, testContext(), { refreshToken: latest })).refreshToken
    }
    await assert.rejects(refreshTokens(deps, testContext(), { refreshToken }))
  },
  recovering: () => recoverInstallation(deps, testContext()),
}

describe('the instance knows, before anybody is told, of', () => {
  for (const [name, end] of Object.entries(ends))
    it(name, async () => {
      const [here, other] = [await signInAs(deps, email), await signInAs(deps, email)]
      assert.equal(slow.revokes(claimsOf(other)), false)
      await end(here, other)
      assert.equal(slow.revokes(claimsOf(other)), true)
    })

  it('disabling a client', async () => {
    const { clientId } = await registerTestClient(deps, { id: 'shop' })
    await disableClient(deps, testContext(), { clientId: clientId as ClientId })
    assert.equal(slow.endsClient(clientId, 0), true)
  })
})
