/** Each row of the table that decides on a refresh, with the clock of the database where it has to be. */

import assert from 'node:assert/strict'
import { beforeEach, describe, it, type TestContext } from 'node:test'
import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import type { ClientId, UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import type { SignedIn } from '../sign-in/sign-in.ts'
import { assertRefused, openTestUser, signInAs } from '../testing/accounts.ts'
import { secondsAhead } from '../testing/clock.ts'
import { openFileDeps, rowsOf, testContext, withParts } from '../testing/deps.ts'
import { generationOf, grantRow, loggedRevocations, refreshEvents } from '../testing/grants.ts'
import { suspendUser, unsuspendUser } from '../users/suspend-user.ts'
import { apiAudience, verifyAccessToken } from './access-token.ts'
import { authenticateBearer } from './authenticate.ts'
import { confirmRefresh, refreshTokens } from './refresh-tokens.ts'

const test = await openFileDeps({ emptied: ['users', 'revocation_log'] })
const { deps } = test

let userId: UserId
let signedIn: SignedIn

const day = 86_400

beforeEach(async () => {
  await rowsOf(deps, 'update clients set confirming = true, first_party = true')
  userId = await openTestUser(deps, 'ada@example.com')
  signedIn = await signInAs(deps, 'ada@example.com')
})

const at = (t: TestContext, seconds: number) => secondsAhead(test, t, seconds)

function refresh(at: Deps, refreshToken: string, context: Partial<RequestContext> = {}) {
  return refreshTokens(at, testContext(context), { refreshToken })
}

function refused(at: Deps, refreshToken: string): Promise<void> {
  return assertRefused(refresh(at, refreshToken), ErrorReason.INVALID_GRANT)
}

/** The first refresh token and its successor, which was made 40 seconds after the sign-in. */
async function rotated(t: TestContext): Promise<{ first: string; second: string }> {
  const first = signedIn.refreshToken
  const { refreshToken: second } = await refresh(await at(t, 40), first)
  assert.equal(generationOf(second), 2)
  return { first, second }
}

describe('the current generation', () => {
  it('advances after the window, and is confirmed by being used', async (t) => {
    const before = Date.now()
    const later = await at(t, 30.5)
    const refreshed = await refresh(later, signedIn.refreshToken)
    assert.equal(generationOf(signedIn.refreshToken), 1)
    assert.equal(generationOf(refreshed.refreshToken), 2)
    const row = { generation: 2, confirmedGeneration: 1, ended: false, endReason: null }
    assert.deepEqual(await grantRow(deps, refreshed.refreshToken), row)
    assert.equal(refreshed.sessionId, signedIn.sessionId)
    assert.equal(refreshed.expiresIn, 300)
    const { issuer } = deps.config
    const now = new Date()
    const expected = { now, issuer, audience: apiAudience(issuer) }
    const old = verifyAccessToken(deps.signingKeys, signedIn.accessToken, expected)
    const claims = verifyAccessToken(deps.signingKeys, refreshed.accessToken, expected)
    assert.notEqual(claims.jti, old.jti)
    assert.ok(claims.iat * 1000 >= before - 1000)
    const { jti, iat, exp } = claims
    assert.deepEqual(claims, { ...old, jti, iat, exp })
    assert.deepEqual([claims.sub, claims.sid, claims.gid], [userId, old.sid, old.gid])
    assert.ok(await authenticateBearer(deps, testContext(), refreshed.accessToken))
    assert.deepEqual(await refreshEvents(deps, userId), [], 'a refresh is no event')
  })

  it('stays within the window, for a slow or busy tab', async (t) => {
    const { second } = await rotated(t)
    for (const seconds of [41, 55, 69]) {
      const again = await refresh(await at(t, seconds), second)
      assert.equal(again.refreshToken, second, `${seconds - 40} seconds after`)
      assert.ok(await authenticateBearer(deps, testContext(), again.accessToken))
    }
    const row = { generation: 2, confirmedGeneration: 2, ended: false, endReason: null }
    assert.deepEqual(await grantRow(deps, second), row)
    const third = await refresh(await at(t, 71), second)
    assert.equal(generationOf(third.refreshToken), 3)
  })

  it('has the successor of its row, whoever asks and however often', async (t) => {
    const { first, second } = await rotated(t)
    const fromAnother = { ipAddress: '198.51.100.9', userAgent: 'another' }
    const retried = await refresh(await at(t, 50), first, fromAnother)
    assert.equal(retried.refreshToken, second)
  })
})

describe('the generation before, within the window', () => {
  it('gets the same successor, although that is confirmed', async (t) => {
    const { first, second } = await rotated(t)
    await confirmRefresh(await at(t, 41), second)
    await refresh(await at(t, 42), second)
    assert.equal((await grantRow(deps, second)).confirmedGeneration, 2)
    assert.equal((await refresh(await at(t, 69), first)).refreshToken, second)
    await refused(await at(t, 71), first)
  })

  it('gets the same successor where the client does not confirm', async (t) => {
    await rowsOf(deps, 'update clients set confirming = false')
    const { first, second } = await rotated(t)
    assert.equal((await refresh(await at(t, 69), first)).refreshToken, second)
  })

  it('is as long as the operator says', async (t) => {
    const { first } = await rotated(t)
    await rowsOf(deps, 'update clients set confirming = false')
    const withWindow = async (seconds: number, refreshWindowSeconds: number) => {
      const later = await at(t, seconds)
      return withParts(later, { config: { ...later.config, refreshWindowSeconds } })
    }
    assert.ok(await refresh(await withWindow(159, 120), first))
    await refused(await withWindow(40.5, 0), first)
  })
})

describe('the generation before, after the window', () => {
  it('gets the same successor for a week, where the client confirms and nobody has it', async (t) => {
    const { first, second } = await rotated(t)
    assert.equal((await refresh(await at(t, 100), first)).refreshToken, second, 'lost once')
    assert.equal((await refresh(await at(t, 5 * day), first)).refreshToken, second, 'lost twice')
    const week = 40 + 7 * day
    assert.equal((await refresh(await at(t, week - 60), first)).refreshToken, second)
    await refused(await at(t, week + 60), first)
    assert.deepEqual(await refreshEvents(deps, userId), ['refresh_token.reused'])
  })

  it('gets it once more within a window of its own: two tabs wake up with the same token', async (t) => {
    const { first, second } = await rotated(t)
    assert.equal((await refresh(await at(t, 1000), first)).refreshToken, second)
    await confirmRefresh(await at(t, 1001), second)
    assert.equal((await refresh(await at(t, 1029), first)).refreshToken, second)
    await refused(await at(t, 1031), first)
  })

  it('is reuse once the successor was used', async (t) => {
    const { first, second } = await rotated(t)
    await refresh(await at(t, 45), second)
    await refused(await at(t, 71), first)
    assert.equal((await grantRow(deps, first)).endReason, 'refresh_token_reuse')
  })

  it('is reuse once the successor was confirmed', async (t) => {
    const { first, second } = await rotated(t)
    await confirmRefresh(deps, second)
    await refused(await at(t, 71), first)
    await refused(await at(t, 71), second)
  })

  it('is reuse where the client does not confirm', async (t) => {
    await rowsOf(deps, 'update clients set confirming = false')
    const { first } = await rotated(t)
    await refused(await at(t, 71), first)
    assert.deepEqual(await refreshEvents(deps, userId), ['refresh_token.reused'])
  })
})

describe('an older generation', () => {
  it('is reuse: a third tab, delayed by two rotations', async (t) => {
    const { first, second } = await rotated(t)
    const { refreshToken: third } = await refresh(await at(t, 80), second)
    await refused(await at(t, 81), first)
    await refused(await at(t, 81), third)
  })
})

describe('a generation above the current one', () => {
  it('is a database from yesterday: nothing ends, and what yesterday knew is good', async (t) => {
    const { first, second } = await rotated(t)
    await rowsOf(
      deps,
      'update grants set generation = 1, confirmed_generation = 0, rotated_at = created_at, window_opened_at = created_at',
    )
    await refused(await at(t, 100), second)
    await refused(await at(t, 100), second)
    const row = { generation: 1, confirmedGeneration: 0, ended: false, endReason: null }
    assert.deepEqual(await grantRow(deps, first), row)
    assert.deepEqual(await refreshEvents(deps, userId), Array(2).fill('refresh_token.state_lost'))
    assert.deepEqual(await loggedRevocations(deps), [])
    assert.ok(await refresh(await at(t, 100), first))
  })
})

describe('a refresh token of what is dead', () => {
  const causes: Record<string, string> = {
    'the grant was ended': `update grants set ended_at = signet_now(), end_reason = 'test'`,
    'the grant is over': 'update grants set expires_at = signet_now()',
    'the grant is gone': 'delete from grants',
    'the session was ended': 'update sessions set ended_at = signet_now()',
    'the session was not used for too long': 'update sessions set idle_expires_at = signet_now()',
    'the session is over': 'update sessions set expires_at = signet_now()',
    'the user is suspended': `update users set status = 'suspended'`,
    'the user is deleted': `update users set status = 'deleted'`,
    'the user was cut': `select log_revocation('sub', id::text, 'test') from users for update`,
    'the client is disabled': `update clients set status = 'disabled'`,
    'the client was cut': `select log_revocation('client', id, 'test') from clients for update`,
    'the client became a confidential one': `update clients set type = 'confidential'`,
    'everything was cut': `select log_revocation('all', '', 'test')`,
  }
  for (const [cause, statement] of Object.entries(causes)) {
    it(`is refused when ${cause}: current, before and above alike`, async (t) => {
      const { first, second } = await rotated(t)
      await rowsOf(deps, statement)
      try {
        const later = await at(t, 100)
        await refused(later, second)
        await refused(later, first)
        assert.deepEqual(await refreshEvents(deps, userId), [])
      } finally {
        await rowsOf(deps, `update clients set status = 'active', type = 'public', cut = 0`)
        await rowsOf(deps, 'update revocation_head set cut = 0')
      }
    })
  }

  it('does not come back when the user is suspended and unsuspended', async (t) => {
    const { second } = await rotated(t)
    await suspendUser(deps, testContext(), { userId })
    await unsuspendUser(deps, testContext(), { userId })
    await refused(await at(t, 100), second)
    assert.ok((await signInAs(deps, 'ada@example.com')).refreshToken)
  })
})

describe('a grant without a session', () => {
  beforeEach(() => rowsOf(deps, 'update grants set session_id = null'))

  it('goes on when the session ends, and its access tokens name none', async (t) => {
    await rowsOf(deps, 'delete from sessions')
    const { second } = await rotated(t)
    const { accessToken, sessionId } = await refresh(await at(t, 100), second)
    assert.equal(sessionId, undefined)
    const [, claims = ''] = accessToken.split('.')
    assert.ok(!('sid' in JSON.parse(Buffer.from(claims, 'base64url').toString())))
    const access = authenticateBearer(deps, testContext(), accessToken)
    await assertRefused(access, ErrorReason.UNAUTHENTICATED)
  })

  it('ends with everything of its user', async (t) => {
    const { second } = await rotated(t)
    await rowsOf(deps, `select log_revocation('sub', id::text, 'test') from users for update`)
    await refused(await at(t, 100), second)
  })

  it('is ended alone when it is reused', async (t) => {
    const { first, second } = await rotated(t)
    await confirmRefresh(deps, second)
    await refused(await at(t, 100), first)
    assert.deepEqual(
      (await loggedRevocations(deps)).map(([scope]) => scope),
      ['gid'],
    )
    assert.ok(
      await authenticateBearer(
        deps,
        testContext(),
        (await signInAs(deps, 'ada@example.com')).accessToken,
      ),
    )
  })
})

describe('a client that can prove who it is', () => {
  it('keeps its refresh token, with proof, and gets nothing without', async (t) => {
    await rowsOf(deps, `update clients set type = 'confidential'`)
    try {
      const later = await at(t, 100)
      const { refreshToken } = signedIn
      await refused(later, refreshToken)
      const input = { refreshToken, authenticatedClientId: 'signet' as ClientId }
      const kept = await refreshTokens(later, testContext(), input)
      assert.equal(kept.refreshToken, refreshToken)
      assert.ok(await authenticateBearer(later, testContext(), kept.accessToken))
    } finally {
      await rowsOf(deps, `update clients set type = 'public'`)
    }
  })

  it('gets nothing for the refresh token of another one, and ends nothing', async (t) => {
    const { first, second } = await rotated(t)
    const later = await at(t, 10 * day)
    for (const refreshToken of [first, second]) {
      const input = { refreshToken, authenticatedClientId: 'other' as ClientId }
      await assertRefused(refreshTokens(later, testContext(), input), ErrorReason.INVALID_GRANT)
    }
    assert.equal((await grantRow(deps, second)).ended, false)
    assert.equal(generationOf((await refresh(later, second)).refreshToken), 3)
  })
})
