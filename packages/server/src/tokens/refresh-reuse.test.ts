/** What a reused refresh token ends, what a thief can do and cannot, and what a refresh does to its session. */

import assert from 'node:assert/strict'
import { beforeEach, describe, it, type TestContext } from 'node:test'
import { ErrorReason } from '@signet/contract'
import { ownClientId } from '../clients/own-client.ts'
import type { Deps } from '../deps.ts'
import { issueGrant } from '../grants/issue-grant.ts'
import type { UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import type { SignedIn } from '../sign-in/sign-in.ts'
import { assertRefused, openTestUser, signInAs } from '../testing/accounts.ts'
import { secondsAhead } from '../testing/clock.ts'
import { openFileDeps, rowsOf, testContext } from '../testing/deps.ts'
import { generationOf, grantRow, loggedRevocations, refreshEvents } from '../testing/grants.ts'
import { apiAudience } from './access-token.ts'
import { authenticateBearer } from './authenticate.ts'
import { deriveRefreshToken, parseRefreshToken } from './refresh-token.ts'
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

/** A further grant in the session of the sign-in, as another redemption makes it. */
async function furtherGrant(): Promise<string> {
  const { issuer } = deps.config
  const { sessionId } = signedIn
  const audience = [apiAudience(issuer)]
  const input = { userId, sessionId, scopes: ['signet:api'], audience }
  const grant = (await issueGrant(deps, testContext(), input)) ?? assert.fail()
  const subject = { issuer, clientId: ownClientId, grantId: grant.id, generation: 1 }
  return deriveRefreshToken(grant.keys.refreshToken, subject)
}

describe('reuse', () => {
  it('by a caller who has left ends nothing: a request was held up, and asked again meanwhile', async (t) => {
    const first = signedIn.refreshToken
    const second = await refresh(await at(t, 40), first)
    await confirmRefresh(deps, second.refreshToken)
    const left = { signal: AbortSignal.abort() }
    const heldUp = refresh(await at(t, 80), first, left)
    await assertRefused(heldUp, ErrorReason.INVALID_GRANT)
    assert.equal((await grantRow(deps, first)).ended, false)
    assert.deepEqual(await refreshEvents(deps, userId), [])
    await refused(await at(t, 80), first)
    assert.equal((await grantRow(deps, first)).ended, true)
  })

  it('ends the session of our own app with all its grants, in one event and one entry', async (t) => {
    const elsewhere = await signInAs(deps, 'ada@example.com')
    const beside = await furtherGrant()
    const first = signedIn.refreshToken
    const second = await refresh(await at(t, 40), first)
    await confirmRefresh(deps, second.refreshToken)
    await refused(await at(t, 80), first)

    for (const token of [first, beside]) {
      assert.equal((await grantRow(deps, token)).endReason, 'refresh_token_reuse')
    }
    const session = 'select ended_at is not null, end_reason from sessions where id = $1'
    assert.deepEqual(await rowsOf(deps, session, [signedIn.sessionId]), [
      [true, 'refresh_token_reuse'],
    ])
    const entry = ['sid', signedIn.sessionId, 'refresh_token_reuse']
    assert.deepEqual(await loggedRevocations(deps), [entry])
    const event = `select kind, outcome, actor_id, subject_id, client_id, details from events
                    where kind like 'refresh_token.%' and subject_id = $1`
    assert.deepEqual(await rowsOf(deps, event, [userId]), [
      [
        'refresh_token.reused',
        'failure',
        null,
        userId,
        'signet',
        {
          grantId: parseRefreshToken(first)?.grantId,
          sessionId: signedIn.sessionId,
          presentedGeneration: 1,
          currentGeneration: 2,
        },
      ],
    ])

    for (const token of [first, second.refreshToken, beside]) await refused(await at(t, 81), token)
    const access = authenticateBearer(deps, testContext(), second.accessToken)
    await assertRefused(access, ErrorReason.UNAUTHENTICATED)
    assert.deepEqual(await refreshEvents(deps, userId), ['refresh_token.reused'], 'once')
    assert.ok(await refresh(deps, elsewhere.refreshToken), 'another session goes on')
  })

  it("ends another app's grant alone", async (t) => {
    await rowsOf(deps, 'update clients set first_party = false')
    const beside = await furtherGrant()
    const first = signedIn.refreshToken
    const { refreshToken: second } = await refresh(await at(t, 40), first)
    await confirmRefresh(deps, second)
    await refused(await at(t, 80), first)
    await refused(await at(t, 80), second)
    const grantId = parseRefreshToken(first)?.grantId
    assert.deepEqual(await loggedRevocations(deps), [['gid', grantId, 'refresh_token_reuse']])
    assert.deepEqual(await refreshEvents(deps, userId), ['refresh_token.reused'])
    assert.equal(generationOf((await refresh(await at(t, 80), beside)).refreshToken), 2)
  })

  it('is undone as a whole where it cannot be recorded, and then found again', async (t) => {
    const first = signedIn.refreshToken
    const { refreshToken: second } = await refresh(await at(t, 40), first)
    await confirmRefresh(deps, second)
    await rowsOf(
      deps,
      `alter table events add constraint broken check (kind <> 'refresh_token.reused') not valid`,
    )
    try {
      await assert.rejects(refresh(await at(t, 80), first), /broken/)
    } finally {
      await rowsOf(deps, 'alter table events drop constraint broken')
    }
    assert.equal((await grantRow(deps, first)).ended, false)
    assert.deepEqual(await loggedRevocations(deps), [])
    await refused(await at(t, 80), first)
    assert.deepEqual(await refreshEvents(deps, userId), ['refresh_token.reused'])
  })
})

describe('a thief with a copy', () => {
  it('who comes first is found when the holder comes back, where the thief has used the successor', async (t) => {
    const stolen = await refresh(await at(t, 40), signedIn.refreshToken)
    await refresh(await at(t, 80), stolen.refreshToken)
    await refused(await at(t, 200), signedIn.refreshToken)
    await refused(await at(t, 200), stolen.refreshToken)
  })

  it('who comes first and confirms is found too', async (t) => {
    const stolen = await refresh(await at(t, 40), signedIn.refreshToken)
    await confirmRefresh(deps, stolen.refreshToken)
    await refused(await at(t, 200), signedIn.refreshToken)
    await refused(await at(t, 200), stolen.refreshToken)
  })

  it('within the window is not found, but leaves a trace, as does one with other software', async (t) => {
    const holder = { ipAddress: '192.0.2.1', userAgent: 'Ledger/4.2' }
    const rotated = await refresh(await at(t, 40), signedIn.refreshToken, holder)
    const later = await at(t, 50)
    await refresh(later, signedIn.refreshToken, { ...holder, ipAddress: '192.0.2.200' })
    assert.deepEqual(await refreshEvents(deps, userId), [], 'the same network')
    const thief = { ...holder, ipAddress: '198.51.100.7' }
    const stolen = await refresh(later, signedIn.refreshToken, thief)
    assert.equal(stolen.refreshToken, rotated.refreshToken)
    await refresh(later, signedIn.refreshToken, { ...holder, userAgent: 'curl/9' })
    const trace = 'refresh_token.retried_elsewhere'
    assert.deepEqual(await refreshEvents(deps, userId), [trace, trace])
    await refresh(await at(t, 100), rotated.refreshToken, thief)
    assert.deepEqual(
      await refreshEvents(deps, userId),
      [trace, trace],
      'people move: not after the window',
    )
  })

  it('after the window is found at once', async (t) => {
    const rotated = await refresh(await at(t, 40), signedIn.refreshToken)
    await refresh(await at(t, 80), rotated.refreshToken)
    await refused(await at(t, 120), signedIn.refreshToken)
  })

  it('who confirms the replaced token confirms nothing', async (t) => {
    const { refreshToken } = await refresh(await at(t, 40), signedIn.refreshToken)
    await confirmRefresh(deps, signedIn.refreshToken)
    assert.equal((await grantRow(deps, refreshToken)).confirmedGeneration, 1)
    const late = await refresh(await at(t, day), signedIn.refreshToken)
    assert.equal(late.refreshToken, refreshToken)
  })
})

describe('the session of a refresh', () => {
  const times = async () => {
    const text = `select extract(epoch from last_active_at - created_at)::integer,
                         extract(epoch from idle_expires_at - created_at)::integer from sessions where id = $1`
    return (await rowsOf(deps, text, [signedIn.sessionId]))[0]
  }

  it('was active, and lives on from there', async (t) => {
    const seconds = 3 * day
    const { refreshToken } = await refresh(await at(t, seconds), signedIn.refreshToken)
    const [active, idle] = (await times()) as [number, number]
    assert.ok(Math.abs(active - seconds) < 5, `${active}`)
    assert.ok(Math.abs(idle - (seconds + 14 * day)) < 5, `${idle}`)
    await refresh(await at(t, seconds + 10), refreshToken)
    const [again] = (await times()) as [number]
    assert.ok(Math.abs(again - (seconds + 10)) < 5, 'by a slow tab too')
  })

  it('never lives longer than it may, nor does the access token', async (t) => {
    let { refreshToken } = signedIn
    for (let days = 10; days < 90; days += 10) {
      refreshToken = (await refresh(await at(t, days * day), refreshToken)).refreshToken
    }
    const [, idle] = (await times()) as [unknown, number]
    assert.ok(idle <= 90 * day + 5, `${idle}`)
    const last = 90 * day - 60
    const now = new Date(Date.now() + last * 1000)
    const { expiresIn } = await refresh(await at(t, last), refreshToken, { now })
    assert.ok(expiresIn > 30 && expiresIn <= 61, `${expiresIn}`)
    await refused(await at(t, 90 * day + 1), refreshToken)
  })

  it('is not waited for: while somebody has locked it, the refresh goes on without it', async (t) => {
    const before = await times()
    const later = await at(t, 100)
    await deps.db.transaction(async (tx) => {
      const text = 'select from sessions for update'
      await tx.query({ name: '', text, values: [], rowMode: 'array' })
      assert.equal(generationOf((await refresh(later, signedIn.refreshToken)).refreshToken), 2)
    })
    assert.deepEqual(await times(), before)
  })
})
