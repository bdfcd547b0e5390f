/**
 * Decides what becomes of a grant when one of its refresh tokens is presented. The token's MAC has been found right.
 *
 * 1. One statement locks the grant, decides, and advances it where that is the decision (see `decideRefreshes` in
 *    grants.sql); it serves all refreshes of the same moment. Nearly every refresh ends here.
 * 2. Reuse: in a transaction, lock all grants of the session, decide again under the lock, and end the grant; of one of
 *    our own apps its whole session. Log entry and event are in the same transaction, and whoever comes second finds
 *    the grant dead, so there is exactly one event. A caller who has left is refused and ends nothing: a request that was
 *    held up for longer than the window, and was asked again meanwhile, is no theft (docs/decisions/0010).
 * 3. State lost, or a retry from another network or software: recorded. Nothing ends.
 *
 * Specs: RFC 9700 §4.14.2 (refresh token rotation and reuse).
 */

import type { JsonObject } from '@bufbuild/protobuf'
import type { SigningAlgorithm } from '../crypto/jws.ts'
import type { Db } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import { recordEvent, type SecurityEvent } from '../events/record-event.ts'
import type { SessionId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import type { RevocationReason } from '../revocation/revocation-reasons.ts'
import type { KnownGrant } from './grant-keys.ts'
import {
  confirmGeneration,
  endGrant,
  endSessionWithGrants,
  findPresentable,
  lockGrantsOfSession,
} from './grants.sql.ts'
import { presenterOf } from './presenter.ts'
import {
  type PresentedGrant,
  type RefreshDecision,
  waitAndDecide,
} from './simultaneous-refreshes.ts'

type PresentDeps = Pick<Deps, 'config' | 'db' | 'masterSecret' | 'refreshes' | 'revocations'>

/** A grant that goes on. */
export interface GrantInUse {
  /** The generation of the refresh token to hand out. */
  generation: number
  /** Undefined for a grant that outlives sessions. */
  sessionId: SessionId | undefined
  scopes: string[]
  audience: string[]
  /** Custom claims of its access tokens. */
  claims?: JsonObject | undefined
  /** Of an access token, at the most; undefined: as the installation is configured. */
  accessTokenLifetimeSeconds?: number | undefined
  /** What the client's tokens are signed with; ES256, where left out. */
  signingAlgorithm?: SigningAlgorithm
  amr: string[]
  acr: string
  authTime: Date
  /** No token outlives it. */
  expiresAt: Date
  roleNames: string[]
  /** The position that was read when the grant was found to be alive. */
  position: bigint
}

/** The verdicts with which a grant goes on; the others are 'dead', 'state_lost' and 'reuse'. */
const accepting: ReadonlySet<string> = new Set([
  'advance',
  'same_token',
  'same_successor',
  'late_successor',
])

/** The grant, where it goes on; else why not, for the log alone. */
export async function presentGrant(
  deps: PresentDeps,
  ctx: RequestContext,
  presentation: Omit<PresentedGrant, 'presenter'>,
): Promise<GrantInUse | { refused: string }> {
  const presented = {
    ...presentation,
    presenter: presenterOf(presentation.grant.keys.presenter, ctx),
  }
  let decision = await deps.refreshes.decide(presented)
  if (decision?.verdict === 'reuse') {
    decision = await endReused(deps, ctx, { presented, sessionId: decision.sessionId })
  }
  if (decision === undefined) return { refused: 'the grant is gone' }
  if (decision.verdict === 'state_lost') {
    await record(deps, ctx, { presented, decision, what: 'stateLost' })
  }
  if (!accepting.has(decision.verdict)) return { refused: decision.verdict }
  if (decision.elsewhere) await record(deps, ctx, { presented, decision, what: 'elsewhere' })
  return {
    ...decision,
    sessionId: (decision.sessionId ?? undefined) as SessionId | undefined,
    roleNames: decision.roleNames ?? [],
    claims: (decision.claims ?? undefined) as JsonObject | undefined,
    accessTokenLifetimeSeconds: decision.accessTokenLifetimeSeconds ?? undefined,
    signingAlgorithm: decision.signingAlgorithm as SigningAlgorithm,
  }
}

/** A grant whose refresh token of this generation would be accepted now; asking changes nothing, and is no reuse. */
export async function findPresentableGrant(
  { config, db }: Pick<Deps, 'config' | 'db'>,
  { id: grantId, userId, clientId }: KnownGrant,
  generation: number,
): Promise<{ scopes: string[]; audience: string[]; createdAt: Date; expiresAt: Date } | undefined> {
  const windowSeconds = config.refreshWindowSeconds
  return findPresentable(db, { grantId, userId, clientId, generation, windowSeconds })
}

/** Notes that the holder of a grant has this generation, where it is the current one. */
export async function confirmGrant(db: Db, grant: KnownGrant, generation: number): Promise<void> {
  const { id: grantId, userId, clientId } = grant
  await confirmGeneration(db, { grantId, userId, clientId, generation })
}

/** Ends what was reused, unless it turns out under the lock that somebody has ended it before, or that nobody waits. */
async function endReused(
  deps: PresentDeps,
  ctx: RequestContext,
  { presented, sessionId }: { presented: PresentedGrant; sessionId: string | null },
): Promise<RefreshDecision | undefined> {
  const decided = await deps.db.transaction(async (tx) => {
    if (sessionId !== null) await lockGrantsOfSession(tx, { sessionId })
    const decision = await waitAndDecide({ ...deps, db: tx }, presented)
    // Looked at last: that a caller has left is heard a little after the request, which may have waited as long.
    if (decision?.verdict !== 'reuse' || ctx.signal.aborted) return decision
    if (decision.firstParty && decision.sessionId !== null) {
      await endSessionWithGrants(tx, { id: decision.sessionId, reason })
    } else {
      await endGrant(tx, { id: presented.grant.id, reason })
    }
    await record({ ...deps, db: tx }, ctx, { presented, decision, what: 'reused' })
    return decision
  })
  if (decided?.verdict === 'reuse') await deps.revocations.told()
  return decided
}

const reason: RevocationReason = 'refresh_token_reuse'

const kinds = {
  reused: 'refresh_token.reused',
  elsewhere: 'refresh_token.retried_elsewhere',
  stateLost: 'refresh_token.state_lost',
} as const satisfies Record<string, SecurityEvent['kind']>

interface Finding {
  presented: PresentedGrant
  decision: RefreshDecision
  what: keyof typeof kinds
}

/** Nobody knows who presented the token, so the event has no actor. */
async function record(
  deps: { db: Db; masterSecret: Deps['masterSecret'] },
  ctx: RequestContext,
  { presented, decision, what }: Finding,
): Promise<void> {
  const { grant, generation } = presented
  await recordEvent(deps, ctx, {
    kind: kinds[what],
    outcome: 'failure',
    subjectId: grant.userId,
    clientId: grant.clientId,
    details: {
      grantId: grant.id,
      sessionId: decision.sessionId,
      presentedGeneration: generation,
      currentGeneration: decision.generation,
    },
  })
}
