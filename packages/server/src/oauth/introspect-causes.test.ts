/**
 * Row 7662-3: a token is active only while everything that it rests on is. Each cause of an end, against an access token and
 * a refresh token, asked at the very next request to the instance that ended it, with the database out of reach for the
 * access token: what kills it stands in the log, and nowhere else.
 */

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it, type TestContext } from 'node:test'
import { SignOutScope } from '@signet/contract'
import { disableClient } from '../clients/disable-client.ts'
import { openDatabase } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import type { UserId } from '../ids.ts'
import { issueMailedLink, makeOpener } from '../recovery/mailed-links.ts'
import { resetPassword } from '../recovery/reset-password.ts'
import { recoverInstallation } from '../revocation/recover.ts'
import { revokeOtherSessions, revokeSession, signOut } from '../revocation/rpc.ts'
import { changePassword } from '../sign-in/change-password.ts'
import { openTestUser, signInAs, testPassword } from '../testing/accounts.ts'
import { registerTestClient, type TestClient } from '../testing/clients.ts'
import { secondsAhead } from '../testing/clock.ts'
import { openTestDeps, rowsOf, type TestDeps, testContext, withParts } from '../testing/deps.ts'
import { startTestService, type TestService } from '../testing/service.ts'
import { authenticateBearer } from '../tokens/authenticate.ts'
import { refreshTokens } from '../tokens/refresh-tokens.ts'
import { suspendUser, unsuspendUser } from '../users/suspend-user.ts'

type SignedIn = Awaited<ReturnType<typeof signInAs>>

let opened: TestDeps
let deps: Deps
/** The instance as it is, and the same one without a database. */
let nowhere: Deps['db']
let services: { whole: TestService; alone: TestService }
let gateway: TestClient
let userId: UserId
const email = 'ada@example.com'

before(async () => {
  opened = await openTestDeps()
  deps = opened.deps
  const address = { ...opened.address, port: 1 }
  nowhere = openDatabase({ address, poolSize: 1, prepared: true })
  const whole = await startTestService(deps)
  // A service reads some things when it opens, and only then loses its database.
  const parts = { ...deps }
  services = { whole, alone: await startTestService(parts) }
  parts.db = nowhere
})
after(async () => {
  await Promise.all([services.whole.close(), services.alone.close()])
  await nowhere.end()
  await opened.close()
})
beforeEach(async () => {
  await rowsOf(deps, 'delete from users')
  await rowsOf(deps, `delete from clients where id <> 'signet'`)
  gateway = await registerTestClient(deps, { id: 'gateway', permissions: ['tokens.introspect'] })
  userId = await openTestUser(deps, email)
})

/** Whether both tokens are active, each for itself. The access token is asked about first, and at once. */
async function active({ accessToken, refreshToken }: SignedIn): Promise<boolean[]> {
  const ask = async (service: TestService, token: string): Promise<boolean> => {
    const { authorization } = gateway
    const { status, text } = await service.post('/oauth2/introspect', { token }, { authorization })
    assert.equal(status, 200, text)
    return JSON.parse(text).active
  }
  const byAccessToken = await ask(services.whole, accessToken)
  // The whole instance has just authenticated the client, and both remember it.
  assert.equal(await ask(services.alone, accessToken), byAccessToken)
  return [byAccessToken, await ask(services.whole, refreshToken)]
}

const leave = (scope: SignOutScope) => (here: SignedIn) =>
  signOut(deps, testContext(), { token: here.accessToken, scope } as Parameters<typeof signOut>[2])

async function as({ accessToken }: SignedIn) {
  return testContext({ caller: await authenticateBearer(deps, testContext(), accessToken) })
}

/** What it makes of a session here, and of another one of the same user. */
interface Cause {
  end(here: SignedIn, t: TestContext): Promise<unknown>
  here: boolean
  other: boolean
}

const reuse = async ({ refreshToken }: SignedIn) => {
  let latest = refreshToken
  for (let i = 0; i < 2; i++) {
    await rowsOf(deps, `update grants set window_opened_at = window_opened_at - interval '1 hour'`)
    const next = await refreshTokens(deps, testContext(), { refreshToken: latest })
    assert.notEqual(next.refreshToken, latest)
    latest = next.refreshToken
  }
  await assert.rejects(refreshTokens(deps, testContext(), { refreshToken }))
}

const causes: Record<string, Cause> = {
  'signing out': { end: leave(SignOutScope.THIS_SESSION), here: false, other: true },
  'signing out the others': { end: leave(SignOutScope.OTHER_SESSIONS), here: true, other: false },
  'signing out everywhere': { end: leave(SignOutScope.EVERYWHERE), here: false, other: false },
  'ending the session by its id': {
    end: async (here) =>
      revokeSession(deps, await as(here), { sessionId: here.sessionId } as never),
    here: false,
    other: true,
  },
  'ending the other sessions': {
    end: async (here) => revokeOtherSessions(deps, await as(here), {} as never),
    here: true,
    other: false,
  },
  'POST /logout': {
    end: ({ accessToken }) =>
      services.whole.post('/logout', '', { authorization: `Bearer ${accessToken}` }),
    here: false,
    other: true,
  },
  'changing the password': {
    end: async (here) =>
      changePassword(deps, await as(here), {
        currentPassword: testPassword,
        newPassword: 'lantern orbit velvet 42',
      }),
    here: true,
    other: false,
  },
  'resetting the password': {
    end: async () => {
      const [row] = await rowsOf(deps, 'select id from identifiers')
      const opener = makeOpener()
      const link = { purpose: 'reset_password', userId, canonical: email, opener } as const
      const identifierId = row?.[0] as string
      await issueMailedLink(deps, { ...link, identifierId, lifetimeMinutes: 60 }, new Date())
      const proof = { token: opener.token, email: '', code: '' }
      await resetPassword(deps, testContext(), { proof, newPassword: 'lantern orbit velvet 42' })
    },
    here: false,
    other: false,
  },
  suspension: {
    end: () => suspendUser(deps, testContext(), { userId }),
    here: false,
    other: false,
  },
  'suspension that was lifted': {
    end: async () => {
      await suspendUser(deps, testContext(), { userId })
      await unsuspendUser(deps, testContext(), { userId })
    },
    here: false,
    other: false,
  },
  'refresh token reuse': { end: reuse, here: false, other: true },
  recovering: {
    end: async () => {
      await recoverInstallation(deps, testContext())
      // It ended the gateway's own secret, too.
      gateway = await registerTestClient(deps, {
        id: 'gateway-2',
        permissions: ['tokens.introspect'],
      })
    },
    here: false,
    other: false,
  },
}

describe('7662-3: a token is inactive after', () => {
  for (const [name, { end, ...survives }] of Object.entries(causes))
    it(name, async (t: TestContext) => {
      const [here, other] = [await signInAs(deps, email), await signInAs(deps, email)]
      assert.deepEqual(await active(here), [true, true])
      assert.deepEqual(await active(other), [true, true])
      await end(here, t)
      assert.deepEqual(await active(here), [survives.here, survives.here])
      assert.deepEqual(await active(other), [survives.other, survives.other])
    })

  it('disabling its client', async () => {
    const shop = await registerTestClient(deps, {
      id: 'shop',
      permissions: ['tokens.mint'],
      subjectNamespace: 'shop',
      audiences: ['https://shop.example'],
    })
    const headers = { authorization: shop.authorization, 'content-type': 'application/json' }
    const body = JSON.stringify({ sub: '1', provider: 'crew' })
    const minted = JSON.parse((await services.whole.post('/mint', body, headers)).text)
    assert.deepEqual(await active(minted), [true, true])
    await disableClient(deps, testContext(), { clientId: shop.clientId })
    assert.deepEqual(await active(minted), [false, false])
  })

  it('disabling the client that asks: it is refused, not told', async () => {
    const here = await signInAs(deps, email)
    assert.deepEqual(await active(here), [true, true])
    await disableClient(deps, testContext(), { clientId: gateway.clientId })
    const { authorization } = gateway
    const asked = { token: here.accessToken }
    const { status } = await services.whole.post('/oauth2/introspect', asked, { authorization })
    assert.equal(status, 401)
  })

  it('the end of its session: no token outlives that', async (t: TestContext) => {
    const config = { ...deps.config, sessionIdleLifetimeSeconds: 60 }
    const short = withParts(deps, { config })
    const { accessToken } = await signInAs(short, email)
    const claims = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString())
    // Far from the five minutes of a token; the session began a hash later than the call.
    assert.ok(claims.exp - claims.iat < 120)
    const later = await secondsAhead(opened, t, 61)
    const afterwards = await startTestService(later)
    t.after(() => afterwards.close())
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 61_000 })
    const { authorization } = gateway
    const asked = { token: accessToken }
    const { text } = await afterwards.post('/oauth2/introspect', asked, { authorization })
    assert.equal(text, '{"active":false}')
  })

  it('nothing, when a role was given or taken: the token says something outdated, no more', async () => {
    const here = await signInAs(deps, email)
    await rowsOf(
      deps,
      `insert into role_assignments (user_id, role_id, created_at)
       select $1, id, signet_now() from roles where name = 'administrator'`,
      [userId],
    )
    assert.deepEqual(await active(here), [true, true])
    await rowsOf(deps, 'delete from role_assignments')
    assert.deepEqual(await active(here), [true, true])
  })
})
