/**
 * The real service in the world of the model: each step is taken by the use-cases, on a real database whose clock is
 * shifted, and what the model foretells is compared with what the row and the tokens say.
 */

import assert from 'node:assert/strict'
import { ErrorReason } from '@signet/contract'
import { openDatabase } from '../../packages/server/src/db/database.ts'
import type { Deps } from '../../packages/server/src/deps.ts'
import { SignetError } from '../../packages/server/src/errors.ts'
import { openKnownGrants } from '../../packages/server/src/grants/grant-keys.ts'
import { firstGeneration } from '../../packages/server/src/grants/issue-grant.ts'
import type { ClientId, GrantId, SessionId, UserId } from '../../packages/server/src/ids.ts'
import { openSessionEnds } from '../../packages/server/src/revocation/session-ends.ts'
import { endSessionsOf } from '../../packages/server/src/revocation/sign-out.ts'
import { openTestUser, signInAs } from '../../packages/server/src/testing/accounts.ts'
import { openTestDeps, testContext, withParts } from '../../packages/server/src/testing/deps.ts'
import { runSql } from '../../packages/server/src/testing/statement.ts'
import { authenticateBearer } from '../../packages/server/src/tokens/authenticate.ts'
import { parseRefreshToken } from '../../packages/server/src/tokens/refresh-token.ts'
import { confirmRefresh, refreshTokens } from '../../packages/server/src/tokens/refresh-tokens.ts'
import { ages } from './grant-rules.ts'
import { type Action, heldBy, isAccessTokenAlive, type Outcome, type World } from './world.ts'

const email = 'model@example.com'
const clientId = 'signet' as ClientId
const decadeSeconds = 315_360_000

export interface Service {
  /** A grant just redeemed, for a client that confirms or does not. */
  redeem(confirming: boolean): Promise<RealGrant>
  close(): Promise<void>
}

export interface RealGrant {
  /** Does what the model has done, from `before` to `after`; throws where the two differ. */
  follow(step: {
    before: World
    action: Action
    after: World
    outcome: Outcome | undefined
  }): Promise<void>
}

interface Parts {
  deps: Deps
  userId: UserId
  sessionId: SessionId
  grantId: GrantId
  /** Every refresh token that was ever answered, by the model's generation. */
  refreshTokens: Map<number, string>
  accessTokens: { token: string; rev: number }[]
  clock: { offsetSeconds: number }
}

export async function openService(): Promise<Service> {
  const test = await openTestDeps()
  // One connection, so that the clock which is set on it is the clock of every statement.
  const db = openDatabase({ address: test.address, poolSize: 1, prepared: true })
  const config = {
    ...test.deps.config,
    sessionLifetimeSeconds: decadeSeconds,
    sessionIdleLifetimeSeconds: decadeSeconds,
    temporarySessionIdleLifetimeSeconds: decadeSeconds,
  }
  const { masterSecret, revocations } = test.deps
  const sessionEnds = openSessionEnds({ db, masterSecret, revocations })
  const deps = withParts(test.deps, { config, db, sessionEnds })
  const userId = await openTestUser(deps, email)
  return {
    async redeem(confirming) {
      await setClock(deps, 0)
      await runSql(db, 'update clients set confirming = $1 where id = $2', [confirming, clientId])
      const { sessionId, refreshToken, accessToken } = await signInAs(deps, email)
      const parts: Parts = {
        deps: { ...deps },
        userId,
        sessionId,
        grantId: parseRefreshToken(refreshToken)?.grantId ?? assert.fail(),
        refreshTokens: new Map([[0, refreshToken]]),
        accessTokens: [{ token: accessToken, rev: 0 }],
        clock: { offsetSeconds: 0 },
      }
      return { follow: (step) => follow(parts, step) }
    },
    async close() {
      await db.end()
      await test.close()
    },
  }
}

async function setClock({ db }: Pick<Deps, 'db'>, offsetSeconds: number): Promise<void> {
  const offset = `${offsetSeconds} seconds`
  await runSql(db, `select set_config('signet.clock_offset', $1, false)`, [offset])
}

async function follow(
  parts: Parts,
  { before, action, after, outcome }: Parameters<RealGrant['follow']>[0],
): Promise<void> {
  switch (action.do) {
    case 'decide':
      await present(parts, outcome ?? assert.fail(), after)
      break
    case 'forge':
      await forge(parts, action.generation)
      break
    case 'confirm':
      await confirmBy(parts, before, action.holder)
      break
    case 'wait':
      parts.clock.offsetSeconds += action.seconds
      await setClock(parts.deps, parts.clock.offsetSeconds)
      break
    case 'revoke':
      await revoke(parts, action.by)
      break
    case 'crash':
      parts.deps.knownGrants = openKnownGrants(parts.deps.masterSecret)
      break
    case 'restore':
      await restore(parts)
  }
  await compareRow(parts, after)
  await compareAccess(parts, after)
}

async function present(parts: Parts, outcome: Outcome, after: World): Promise<void> {
  const refreshToken = tokenOf(parts, outcome.presented)
  const answer = await refreshTokens(parts.deps, testContext(), { refreshToken }).catch(refusal)
  if (answer === undefined || outcome.answered === undefined) {
    assert.equal(answer === undefined, outcome.answered === undefined, outcome.verdict)
    return
  }
  assert.equal(
    parseRefreshToken(answer.refreshToken)?.generation,
    outcome.answered + firstGeneration,
  )
  const known = parts.refreshTokens.get(outcome.answered) ?? answer.refreshToken
  assert.equal(answer.refreshToken, known, 'a successor is always the same')
  parts.refreshTokens.set(outcome.answered, known)
  parts.accessTokens.push({ token: answer.accessToken, rev: after.position })
}

/** A refusal is the same one, whatever the cause; anything else is a fault. */
function refusal(error: unknown): undefined {
  assert.ok(error instanceof SignetError, String(error))
  assert.equal(error.reason, ErrorReason.INVALID_GRANT)
}

/** A real grant and a generation, with one bit of the MAC flipped. */
async function forge(parts: Parts, generation: number): Promise<void> {
  const bytes = Buffer.from(tokenOf(parts, 0).slice('sr1_'.length), 'base64url')
  bytes.writeUInt32BE(generation + firstGeneration, 16)
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1)
  const refreshToken = `sr1_${bytes.toString('base64url')}`
  const version = () =>
    runSql(parts.deps.db, 'select xmin::text, ctid::text from grants where id = $1', [
      parts.grantId,
    ])
  const untouched = await version()
  assert.equal(
    await refreshTokens(parts.deps, testContext(), { refreshToken }).catch(refusal),
    undefined,
  )
  assert.equal(await confirmRefresh(parts.deps, refreshToken).catch(refusal), undefined)
  assert.deepEqual(await version(), untouched)
}

async function confirmBy(parts: Parts, before: World, index: number): Promise<void> {
  const holder = before.holders[index] ?? assert.fail()
  const generation = heldBy(before, holder) ?? assert.fail()
  await confirmRefresh(parts.deps, tokenOf(parts, generation)).catch(refusal)
}

async function revoke(parts: Parts, by: 'session' | 'cut'): Promise<void> {
  const { deps, userId, sessionId } = parts
  if (by === 'session') {
    await deps.sessionEnds.end(testContext(), { sessionId, userId, reason: 'signed_out' })
    return
  }
  await endSessionsOf(deps, testContext(), { userId, sessionId, clientId, keepThis: false })
}

/** As a database that lost the last rotation, an hour or so after it. */
async function restore(parts: Parts): Promise<void> {
  await runSql(
    parts.deps.db,
    `update grants
        set generation = generation - 1, confirmed_generation = least(confirmed_generation, generation - 1),
            rotated_at = signet_now() - $2::interval, window_opened_at = signet_now() - $2::interval
      where id = $1`,
    [parts.grantId, `${ages.late} seconds`],
  )
}

async function compareRow(parts: Parts, { grant, cut }: World): Promise<void> {
  const [row] = await runSql(
    parts.deps.db,
    'select generation, confirmed_generation, ended_at is not null from grants where id = $1',
    [parts.grantId],
  )
  const [generation, confirmedGeneration, ended] = row as [number, number, boolean]
  assert.equal(generation, grant.generation + firstGeneration, 'generation')
  assert.equal(ended, grant.ended !== undefined, 'ended')
  // What is confirmed matters only while the grant lives.
  if (ended || cut > 0) return
  assert.equal(confirmedGeneration, grant.confirmedGeneration + firstGeneration, 'confirmed')
}

/** The oldest and the newest access token are accepted exactly as long as the model says so. */
async function compareAccess(parts: Parts, after: World): Promise<void> {
  for (const each of [parts.accessTokens[0], parts.accessTokens.at(-1)]) {
    const { token, rev } = each ?? assert.fail()
    const accepted = await authenticateBearer(parts.deps, testContext(), token).then(
      () => true,
      (error: unknown) => {
        assert.ok(error instanceof SignetError && error.reason === ErrorReason.UNAUTHENTICATED)
        return false
      },
    )
    assert.equal(accepted, isAccessTokenAlive(after, rev), 'access token')
  }
}

function tokenOf(parts: Parts, generation: number): string {
  return parts.refreshTokens.get(generation) ?? assert.fail(`nobody has generation ${generation}`)
}
