/**
 * Revokes what a client gives up: one access token, or a grant with all its tokens.
 *
 * An entry that names the token or the grant is written together with the event. What has ended before is left alone: no
 * entry, no event. Answered once this instance has read the entry.
 *
 * Errors: UNAVAILABLE.
 * Specs: RFC 7009 §2.1.
 */

import type { Deps } from '../deps.ts'
import { recordEvent } from '../events/record-event.ts'
import { endGrant } from '../grants/end-grants.ts'
import type { KnownGrant } from '../grants/grant-keys.ts'
import type { SessionId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import type { AccessTokenClaims } from '../tokens/access-token-claims.ts'
import { findGrantToRevoke, logTokenRevoked } from './revocation.sql.ts'
import type { RevocationReason } from './revocation-reasons.ts'

type RevokeDeps = Pick<Deps, 'db' | 'masterSecret' | 'revocations'>

const reason: RevocationReason = 'token_revoked'

/** Revokes one access token. Its expiry bounds how long anyone has to remember that. */
export async function revokeAccessToken(
  deps: RevokeDeps,
  ctx: RequestContext,
  claims: AccessTokenClaims,
): Promise<void> {
  if (deps.revocations.revokes(claims)) return
  await deps.db.transaction(async (tx) => {
    await logTokenRevoked(tx, { jti: claims.jti, reason })
    await recordEvent({ ...deps, db: tx }, ctx, {
      kind: 'access_token.revoked',
      outcome: 'success',
      ...(claims.gid !== undefined && { subjectId: claims.sub }),
      clientId: claims.client_id,
      details: { grantId: claims.gid ?? null, sessionId: claims.sid ?? null },
    })
  })
  await deps.revocations.told()
}

/** Ends a grant; of a client of ours the session that it belongs to, with all its grants. */
export async function revokeGrant(
  deps: RevokeDeps & Pick<Deps, 'sessionEnds'>,
  ctx: RequestContext,
  { id: grantId, userId, clientId }: KnownGrant,
): Promise<void> {
  const grant = await findGrantToRevoke(deps.db, { grantId })
  if (grant === undefined) return
  if (grant.firstParty && grant.sessionId !== null) {
    const sessionId = grant.sessionId as SessionId
    await deps.sessionEnds.end(ctx, { sessionId, userId, clientId, reason: 'signed_out' })
    return
  }
  const ended = await deps.db.transaction(async (tx) => {
    if ((await endGrant(tx, { id: grantId, reason })) === undefined) return false
    await recordEvent({ ...deps, db: tx }, ctx, {
      kind: 'grant.revoked',
      outcome: 'success',
      subjectId: userId,
      clientId,
      details: { grantId, sessionId: grant.sessionId },
    })
    return true
  })
  if (ended) await deps.revocations.told()
}

/** Ends what an authorization code was redeemed for, because the code was used again (RFC 6749 §4.1.2). */
export async function revokeReusedGrant(
  deps: RevokeDeps,
  ctx: RequestContext,
  { id, userId, clientId }: Pick<KnownGrant, 'id' | 'userId' | 'clientId'>,
): Promise<void> {
  const reused: RevocationReason = 'authorization_code_reuse'
  const ended = await deps.db.transaction(async (tx) => {
    if ((await endGrant(tx, { id, reason: reused })) === undefined) return false
    await recordEvent({ ...deps, db: tx }, ctx, {
      kind: 'authorization_code.reused',
      outcome: 'failure',
      subjectId: userId,
      clientId,
      details: { grantId: id },
    })
    return true
  })
  if (ended) await deps.revocations.told()
}
