/**
 * Authenticates a call: a client by its id and secret (see `authenticateClient`), a user by a bearer token.
 *
 * 1. The token is one of ours for Signet's own API (see `verifyAccessToken`).
 * 2. One statement proves that the grant, its session, user and client are alive, and reads what the user may do.
 * 3. The client is one of ours, or was given a scope of Signet's. What another app may do with it, `authorize` says.
 * 4. Roles reach no further than the scopes of such a client: what a role permits it may do only where its scope names the
 *    permission (`signet:users.write`), or everything (`signet:*`).
 *
 * Errors: UNAUTHENTICATED.
 * Specs: RFC 6750 §2.1 and §3.1, RFC 9068 §4.
 */

import type { Credentials } from '../authorization-header.ts'
import { authenticateClient } from '../clients/authenticate-client.ts'
import type { Deps } from '../deps.ts'
import type { ClientCaller, RequestContext, UserCaller } from '../request-context.ts'
import { everythingScope, permissionOfScope } from '../signet-scopes.ts'
import { apiAudience, verifyAccessToken } from './access-token.ts'
import { findLiveSession } from './liveness.sql.ts'
import { refused } from './refused.ts'

/** Who calls with these credentials: a user, or a client for itself. */
export async function authenticate(
  deps: Deps,
  ctx: RequestContext,
  credentials: Credentials,
): Promise<UserCaller | ClientCaller> {
  if (credentials.scheme === 'basic') return authenticateClient(deps, ctx, credentials)
  return authenticateBearer(deps, ctx, credentials.token)
}

/** The user who calls with this token. */
export async function authenticateBearer(
  deps: Pick<Deps, 'config' | 'db' | 'revocations' | 'signingKeys'>,
  ctx: Pick<RequestContext, 'now'>,
  token: string,
): Promise<UserCaller> {
  const { issuer } = deps.config
  const claims = verifyAccessToken(deps.signingKeys, token, {
    now: ctx.now,
    issuer,
    audience: apiAudience(issuer),
  })
  if (deps.revocations.revokes(claims)) throw refused('revoked')
  if (claims.gid === undefined)
    throw refused('a client for itself: this API knows it by its secret')
  const { sub: userId, gid: grantId, sid: sessionId, client_id: clientId } = claims
  if (sessionId === undefined) throw refused('a grant without a session is not for this API')
  const live = await findLiveSession(deps.db, { userId, grantId, sessionId, clientId })
  if (live === undefined) throw refused('the grant, its session, user or client is not alive')
  const scopes = claims.scope.split(' ').filter((scope) => scope !== '')
  if (!live.firstParty && !scopes.some((scope) => permissionOfScope(scope) !== undefined)) {
    throw refused("a client that may not use Signet's own API")
  }
  return {
    kind: 'user',
    userId,
    sessionId,
    clientId,
    firstParty: live.firstParty,
    scopes,
    permissions: new Set(
      live.firstParty ? live.permissions : withinScopes(live.permissions, scopes),
    ),
    authTime: live.authTime,
    expiresAt: new Date(claims.exp * 1000),
    token: {
      jti: claims.jti,
      gid: grantId,
      sid: sessionId,
      sub: userId,
      client_id: clientId,
      rev: claims.rev,
    },
  }
}

/** What the roles permit, as far as scopes of Signet's name it. A role that permits everything permits what they name. */
function withinScopes(permissions: string[], scopes: string[]): string[] {
  if (scopes.includes(everythingScope)) return permissions
  const named = scopes.map(permissionOfScope).filter((each) => each !== undefined)
  const all = permissions.includes('*')
  return named.filter((permission) => all || permissions.includes(permission))
}
