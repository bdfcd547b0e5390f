import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { ErrorReason, SignOutScope } from '@signet/contract'
import type { Deps } from '../deps.ts'
import type { UserId } from '../ids.ts'
import { assertRefused, openTestUser, signInAs } from '../testing/accounts.ts'
import { secondsAhead } from '../testing/clock.ts'
import { openTestDeps, rowsOf, type TestDeps, testContext } from '../testing/deps.ts'
import { authenticateBearer } from '../tokens/authenticate.ts'
import { refreshTokens } from '../tokens/refresh-tokens.ts'
import { revokeOtherSessions, revokeSession, signOut } from './rpc.ts'

let test: TestDeps
let deps: Deps
let userId: UserId

type SignedIn = Awaited<ReturnType<typeof signInAs>>

before(async () => {
  test = await openTestDeps()
  deps = test.deps
})
after(() => test.close())
beforeEach(async () => {
  await rowsOf(deps, 'delete from users')
  userId = await openTestUser(deps, email)
})

const email = 'ada@example.com'
const { THIS_SESSION, OTHER_SESSIONS, EVERYWHERE, UNSPECIFIED } = SignOutScope
const enter = () => signInAs(deps, email)

const leave = (token: string, scope: SignOutScope = THIS_SESSION) =>
  signOut(deps, testContext(), { token, scope } as Parameters<typeof signOut>[2])
const positionOf = async (token: string, scope?: SignOutScope) =>
  (await leave(token, scope)).position as bigint

const authenticate = (token: string) => authenticateBearer(deps, testContext(), token)
const refresh = (refreshToken: string) => refreshTokens(deps, testContext(), { refreshToken })

async function assertAlive(...signedIns: SignedIn[]): Promise<void> {
  for (const { accessToken, refreshToken } of signedIns) {
    await authenticate(accessToken)
    await refresh(refreshToken)
  }
}

async function assertDead(...signedIns: SignedIn[]): Promise<void> {
  for (const { accessToken, refreshToken } of signedIns) {
    await assertRefused(authenticate(accessToken), ErrorReason.UNAUTHENTICATED)
    await assertRefused(refresh(refreshToken), ErrorReason.INVALID_GRANT)
  }
}

async function callerOf({ accessToken }: SignedIn) {
  return testContext({ caller: await authenticate(accessToken) })
}

async function eventsOf(kind: string): Promise<unknown[]> {
  const text = 'select details from events where subject_id = $1 and kind = $2 order by arrival'
  return (await rowsOf(deps, text, [userId, kind])).map(([details]) => details)
}

describe('SignOut of this session', () => {
  it('is effective at the very next call, by the access token', async () => {
    const [leaving, staying] = [await enter(), await enter()]
    assert.ok((await positionOf(leaving.accessToken)) > 0n)
    await assertDead(leaving)
    await assertAlive(staying)
    const reason = 'signed_out'
    assert.deepEqual(await eventsOf('session.ended'), [{ sessionId: leaving.sessionId, reason }])
  })

  it('takes the refresh token, also one that was replaced', async (t) => {
    const [leaving, staying] = [await enter(), await enter()]
    assert.ok((await positionOf(leaving.refreshToken)) > 0n)
    await assertDead(leaving)
    await assertAlive(staying)
    const later = await secondsAhead(test, t, 60)
    const successor = await refreshTokens(later, testContext(), staying)
    assert.notEqual(successor.refreshToken, staying.refreshToken)
    assert.ok((await positionOf(staying.refreshToken)) > 0n)
    await assertDead({ ...staying, ...successor, sessionId: staying.sessionId })
  })

  it('takes an expired access token of a live session', async () => {
    const leaving = await enter()
    const ctx = testContext({ now: new Date(Date.now() + 3_600_000) })
    await assertRefused(
      authenticateBearer(deps, ctx, leaving.accessToken),
      ErrorReason.UNAUTHENTICATED,
    )
    const input = { token: leaving.accessToken, scope: UNSPECIFIED }
    const { position } = await signOut(deps, ctx, input as Parameters<typeof signOut>[2])
    assert.ok((position as bigint) > 0n)
    await assertDead(leaving)
  })

  it('takes the bearer token of the call where the request names none', async () => {
    const [leaving, other] = [await enter(), await enter()]
    const input = { token: '', scope: THIS_SESSION } as Parameters<typeof signOut>[2]
    await signOut(deps, testContext({ bearerToken: leaving.accessToken }), input)
    await assertDead(leaving)
    await signOut(deps, testContext({ bearerToken: other.refreshToken }), input)
    await assertDead(other)
    await assertRefused(signOut(deps, testContext(), input), ErrorReason.UNAUTHENTICATED)
  })

  it('twice is done already, and recorded once', async () => {
    const leaving = await enter()
    const first = await positionOf(leaving.accessToken)
    assert.equal(await positionOf(leaving.accessToken), 0n)
    assert.equal(await positionOf(leaving.refreshToken), 0n)
    assert.ok(first > 0n)
    assert.equal((await eventsOf('session.ended')).length, 1)
    const entries = await rowsOf(deps, `select position from revocation_log where scope = 'sid'`)
    assert.equal(entries.filter(([position]) => position === first).length, 1)
  })

  it('refuses forged, foreign and truncated tokens, and ends nothing', async () => {
    const staying = await enter()
    const { accessToken, refreshToken } = staying
    const [head = '', claims = '', signature = ''] = accessToken.split('.')
    const forged = Buffer.from(signature, 'base64url')
    forged[0] = (forged[0] ?? 0) ^ 1
    const bytes = Buffer.from(refreshToken.slice('sr1_'.length), 'base64url')
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
    const tokens = [
      'nonsense',
      'sr1_',
      accessToken.slice(0, -2),
      `${head}.${claims}.${forged.toString('base64url')}`,
      `${head}.${claims}.`,
      refreshToken.slice(0, -2),
      `sr1_${bytes.toString('base64url')}`,
    ]
    for (const token of tokens) await assertRefused(leave(token), ErrorReason.UNAUTHENTICATED)
    const elsewhere = { ...deps, config: { ...deps.config, issuer: 'https://other.example' } }
    for (const token of [accessToken, refreshToken]) {
      const input = { token, scope: THIS_SESSION } as Parameters<typeof signOut>[2]
      await assertRefused(signOut(elsewhere, testContext(), input), ErrorReason.UNAUTHENTICATED)
    }
    await assertAlive(staying)
  })

  it('is not for an app that is not ours', async () => {
    const staying = await enter()
    await rowsOf(deps, 'update clients set first_party = false')
    try {
      for (const scope of [THIS_SESSION, OTHER_SESSIONS, EVERYWHERE])
        await assertRefused(leave(staying.refreshToken, scope), ErrorReason.UNAUTHENTICATED)
    } finally {
      await rowsOf(deps, 'update clients set first_party = true')
    }
    await assertAlive(staying)
  })
})

describe('SignOut of others and everywhere', () => {
  it('keeps this session, and ends the others', async () => {
    const [here, other] = [await enter(), await enter()]
    assert.ok((await positionOf(here.accessToken, OTHER_SESSIONS)) > 0n)
    await assertAlive(here)
    await assertDead(other)
    await assertAlive(await enter())
  })

  it('ends all of them', async () => {
    const sessions = [await enter(), await enter()]
    assert.ok((await positionOf(sessions[0]?.refreshToken ?? '', EVERYWHERE)) > 0n)
    await assertDead(...sessions)
    await assertAlive(await enter())
  })

  it('is not for a session that has ended', async () => {
    const [gone, staying] = [await enter(), await enter()]
    await leave(gone.accessToken)
    for (const scope of [OTHER_SESSIONS, EVERYWHERE]) {
      assert.equal(await positionOf(gone.accessToken, scope), 0n)
      assert.equal(await positionOf(gone.refreshToken, scope), 0n)
    }
    await assertAlive(staying)
  })

  it('keeps nothing alive that was dead', async () => {
    const [here, disabled] = [await enter(), await enter()]
    await rowsOf(deps, `select log_revocation('sid', 'none', 'test')`)
    // The session that stays is cut by its client at the same moment: it must not be raised over that.
    await deps.db.transaction(async (tx) => {
      const run = (text: string) => tx.query({ name: '', text, values: [], rowMode: 'array' })
      await run(`select id from clients for no key update`)
      await run(`select log_revocation('client', id, 'test') from clients`)
      await run(`select log_revocation('sub', '${userId}', 'test', '${here.sessionId}')`)
    })
    await assertDead(here, disabled)
    await rowsOf(deps, 'update clients set cut = 0')
  })

  it('of two at once for different sessions, one decides', async () => {
    const [first, second] = [await enter(), await enter()]
    const positions = await Promise.all([
      positionOf(first.accessToken, OTHER_SESSIONS),
      positionOf(second.accessToken, OTHER_SESSIONS),
    ])
    const [won, lost] = (positions[0] ?? 0n) > 0n ? [first, second] : [second, first]
    assert.equal(positions.filter((position) => position === 0n).length, 1)
    await assertAlive(won)
    await assertDead(lost)
  })
})

describe('RevokeSession and RevokeOtherSessions', () => {
  const revoke = async (by: SignedIn, sessionId: string) =>
    revokeSession(deps, await callerOf(by), { sessionId } as Parameters<typeof revokeSession>[2])

  it('ends one of the own sessions, also the one that asks', async () => {
    const [here, other] = [await enter(), await enter()]
    const { position } = await revoke(here, other.sessionId.toUpperCase())
    assert.ok((position as bigint) > 0n)
    await assertDead(other)
    await assertAlive(here)
    await revoke(here, here.sessionId)
    await assertDead(here)
  })

  it("does not find another user's session, one that has ended, or none", async () => {
    await openTestUser(deps, 'bob@example.com')
    const [here, bobs] = [await enter(), await signInAs(deps, 'bob@example.com')]
    const nobodys = '019a0000-0000-7000-8000-00000000000f'
    for (const id of [bobs.sessionId, nobodys])
      await assertRefused(revoke(here, id), ErrorReason.NOT_FOUND)
    await assertAlive(bobs)
    await leave(bobs.accessToken)
    await assertRefused(revoke(here, bobs.sessionId), ErrorReason.NOT_FOUND)
  })

  it('does not share the end of a session with another user who names it', async () => {
    await openTestUser(deps, 'bob@example.com')
    const [here, bobs] = [await enter(), await signInAs(deps, 'bob@example.com')]
    const [mine, theirs] = await Promise.allSettled([
      revoke(here, bobs.sessionId),
      revoke(bobs, bobs.sessionId),
    ])
    assert.equal(mine?.status, 'rejected')
    assert.equal(theirs?.status, 'fulfilled')
    await assertDead(bobs)
  })

  it('ends the others, says how many, and ends none twice', async () => {
    const [here, ...others] = [await enter(), await enter(), await enter()]
    const revokeOthers = async () =>
      revokeOtherSessions(deps, await callerOf(here as SignedIn), {} as never)
    const { ended, position } = await revokeOthers()
    assert.equal(ended, 2)
    assert.ok((position as bigint) > 0n)
    await assertDead(...others)
    await assertAlive(here as SignedIn)
    assert.deepEqual(await revokeOthers(), { ended: 0, position: 0n })
  })
})
