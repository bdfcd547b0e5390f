/**
 * Issues a grant: what one redemption gives to one client. Every redemption makes one of its own, so that two apps, or
 * two tabs with separate storage, never share a refresh token.
 */

import type { JsonObject } from '@bufbuild/protobuf'
import type { Db } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import { type GrantId, newId, type SessionId, type UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { createGrantSecret, type GrantKeys } from './grant-keys.ts'
import { insertGrant } from './grants.sql.ts'
import { presenterOf } from './presenter.ts'

/** The generation of the first refresh token of a grant. */
export const firstGeneration = 1

export interface NewGrant {
  userId: UserId
  sessionId: SessionId
  scopes: readonly string[]
  audience: readonly string[]
  /** Custom claims of its access tokens. */
  claims?: JsonObject
}

/** A grant in a session; undefined where the session is gone. */
export async function issueGrant(
  deps: { db: Db; masterSecret: Deps['masterSecret'] },
  ctx: RequestContext,
  { userId, sessionId, scopes, audience, claims }: NewGrant,
): Promise<{ id: GrantId; keys: GrantKeys } | undefined> {
  const id = newId<GrantId>(ctx.now, userId)
  const { keys, ...secret } = createGrantSecret(deps.masterSecret, id)
  const presenter = presenterOf(keys.presenter, ctx)
  const grant = { id, sessionId, scopes, audience, presenter, claims: claims ?? null, ...secret }
  const inserted = await insertGrant(deps.db, grant)
  return inserted === 0 ? undefined : { id, keys }
}
