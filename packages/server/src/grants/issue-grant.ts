/**
 * Issues a grant: what one redemption gives to one client. Every redemption makes one of its own, so that two apps, or
 * two tabs with separate storage, never share a refresh token.
 */

import type { JsonObject } from '@bufbuild/protobuf'
import type { Db, Json } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import { type ClientId, type GrantId, newId, type SessionId, type UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { createGrantSecret, type GrantKeys } from './grant-keys.ts'
import { insertAuthorizedGrant, insertGrants } from './grants.sql.ts'
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

/** A grant to issue, and the call that asks for it. */
export interface AskedGrant {
  ctx: RequestContext
  grant: NewGrant
}

export interface IssuedGrant {
  id: GrantId
  keys: GrantKeys
}

/** What a person authorized a client to do. */
export interface Authorization {
  /** Of the grant. */
  id: GrantId
  userId: UserId
  clientId: ClientId
  /** With which the grant ends; undefined for one that outlives sessions. */
  sessionId: SessionId | undefined
  scopes: readonly string[]
  audience: readonly string[]
  /** What the client asked for by name. */
  userinfoClaims: Json | undefined
  amr: readonly string[]
  acr: string
  authTime: Date
  /** The position of the revocation log on which the authorization rests. */
  rev: bigint
}

type IssueDeps = Pick<Deps, 'masterSecret'> & { db: Db }

/** A grant in a session; undefined where the session is gone. */
export async function issueGrant(
  deps: IssueDeps,
  ctx: RequestContext,
  grant: NewGrant,
): Promise<IssuedGrant | undefined> {
  const asked = { ctx, grant }
  return (await issueGrants(deps, [asked])).get(asked)
}

/** The grants whose sessions are there. */
export async function issueGrants<A extends AskedGrant>(
  deps: IssueDeps,
  asked: readonly A[],
): Promise<Map<A, IssuedGrant>> {
  if (asked.length === 0) return new Map()
  const made = asked.map((each) => ({ each, ...makeGrant(deps, each) }))
  const inserted = await insertGrants(deps.db, { asked: made.map(({ row }) => row) })
  const ids = new Set(inserted.map(({ id }) => id))
  return new Map(made.flatMap(({ each, issued }) => (ids.has(issued.id) ? [[each, issued]] : [])))
}

/** The grant of an authorization that was just redeemed, in the same transaction. */
export async function issueAuthorizedGrant(
  { masterSecret, config, db }: IssueDeps & Pick<Deps, 'config'>,
  ctx: RequestContext,
  { sessionId, userinfoClaims, ...authorization }: Authorization,
): Promise<{ keys: GrantKeys; expiresAt: Date }> {
  const { keys, wrappedSecret, wrappingKeyId } = createGrantSecret(masterSecret, authorization.id)
  const { expiresAt } = await insertAuthorizedGrant(db, {
    ...authorization,
    sessionId: sessionId ?? null,
    userinfoClaims: userinfoClaims ?? null,
    ...{ wrappedSecret, wrappingKeyId, presenter: presenterOf(keys.presenter, ctx) },
    offlineLifetimeSeconds: config.offlineGrantLifetimeSeconds,
  })
  return { keys, expiresAt }
}

function makeGrant({ masterSecret }: IssueDeps, { ctx, grant }: AskedGrant) {
  const { userId, sessionId, scopes, audience, claims = null } = grant
  const id = newId<GrantId>(ctx.now, userId)
  const { keys, wrappedSecret, wrappingKeyId } = createGrantSecret(masterSecret, id)
  const row = {
    id,
    session_id: sessionId,
    scopes: [...scopes],
    audience: [...audience],
    wrapped_secret: wrappedSecret.toString('base64'),
    wrapping_key_id: wrappingKeyId,
    presenter: presenterOf(keys.presenter, ctx).toString('base64'),
    claims,
  }
  return { row, issued: { id, keys } }
}
