/**
 * What refreshes of the same moment share: one statement that decides on all of their grants, and one commit.
 *
 * 1. Each is of another grant: who presents a token of the same grant is decided on after the one that came before.
 * 2. The statement waits for nobody. A grant that somebody holds, such as another instance, is decided on alone, in a
 *    transaction that waits for it.
 *
 * Errors: UNAVAILABLE.
 */

import { openBatch } from '../db/batch.ts'
import type { Db } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import type { KnownGrant } from './grant-keys.ts'
import { decideRefreshes, lockGrant } from './grants.sql.ts'

export interface SimultaneousRefreshes {
  /** What becomes of a grant one of whose refresh tokens was presented; undefined where the grant is gone. */
  decide(presented: PresentedGrant): Promise<RefreshDecision | undefined>
}

/** A grant, and what is known of the refresh token that was presented: its MAC has been found right. */
export interface PresentedGrant {
  grant: KnownGrant
  generation: number
  /** Whether the client proved who it is. Without proof, only grants of public clients are good. */
  clientAuthenticated: boolean
  /** See `presenterOf`. */
  presenter: Buffer
}

export type RefreshDecision = Awaited<ReturnType<typeof decideRefreshes>>[number]

type DecideDeps = { config: Deps['config']; db: Db }

const limits = {
  max: 64,
  concurrent: 1,
  keyOf: ({ grant }: PresentedGrant) => grant.id,
}

/** The way in for one instance. */
export function openSimultaneousRefreshes({
  config,
  db,
}: Pick<Deps, 'config' | 'db'>): SimultaneousRefreshes {
  const decideTogether = openBatch(
    (presented: readonly PresentedGrant[]) => decideAll({ config, db }, presented),
    limits,
  )
  return {
    async decide(presented) {
      const decision = await decideTogether(presented)
      return decision ?? db.transaction((tx) => waitAndDecide({ config, db: tx }, presented))
    },
  }
}

/** Decides once nobody else holds the grant; `db` is a transaction. */
export async function waitAndDecide(
  { config, db }: DecideDeps,
  presented: PresentedGrant,
): Promise<RefreshDecision | undefined> {
  await lockGrant(db, { id: presented.grant.id })
  const [decision] = await decideAll({ config, db }, [presented])
  return decision
}

async function decideAll(
  { config, db }: DecideDeps,
  presented: readonly PresentedGrant[],
): Promise<(RefreshDecision | undefined)[]> {
  const decisions = await decideRefreshes(db, {
    grantIds: presented.map(({ grant }) => grant.id),
    userIds: presented.map(({ grant }) => grant.userId),
    clientIds: presented.map(({ grant }) => grant.clientId),
    generations: presented.map(({ generation }) => generation),
    clientsAuthenticated: presented.map(({ clientAuthenticated }) => clientAuthenticated),
    presenters: presented.map(({ presenter }) => presenter),
    windowSeconds: config.refreshWindowSeconds,
    idleLifetimeSeconds: config.sessionIdleLifetimeSeconds,
    temporaryIdleLifetimeSeconds: config.temporarySessionIdleLifetimeSeconds,
  })
  const byGrant = new Map(decisions.map((decision) => [decision.grantId, decision]))
  return presented.map(({ grant }) => byGrant.get(grant.id))
}
