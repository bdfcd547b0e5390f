/**
 * Exchanges a refresh token for a new access token and the refresh token to use next.
 *
 * 1. The token has our form, and names a grant that there is.
 * 2. Its MAC is right: until then nothing about the grant is looked at or changed, because the grant's id stands in
 *    every access token. A wrong MAC is never taken for reuse.
 * 3. One statement decides (see `presentGrant`).
 * 4. Issue the access token with the position that this statement read, and derive the refresh token.
 *
 * Every refusal is the same one, whatever the cause; the log knows more.
 *
 * Errors: INVALID_GRANT, UNAVAILABLE.
 * Specs: RFC 6749 §6, RFC 9700 §4.14.2.
 */

import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import type { KnownGrant } from '../grants/grant-keys.ts'
import { confirmGrant, type GrantInUse, presentGrant } from '../grants/present-grant.ts'
import type { ClientId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { type IssuedTokens, issueTokens } from './issue-tokens.ts'
import { parseRefreshToken, verifyRefreshToken } from './refresh-token.ts'

export interface Refresh {
  refreshToken: string
  /** The client, where it proved who it is. Without it, only refresh tokens of public clients are good. */
  authenticatedClientId?: ClientId
  /** The client that says it is this one, and cannot prove it. */
  publicClientId?: ClientId
  /** Less than was granted: a subset of the grant's scopes and audience, which the caller has checked. */
  narrowed?: Partial<Pick<GrantInUse, 'scopes' | 'audience'>>
}

type RefreshDeps = Pick<
  Deps,
  'config' | 'db' | 'knownGrants' | 'masterSecret' | 'refreshes' | 'revocations' | 'signingKeys'
>

/** New tokens for a good refresh token. Asking twice is safe. */
export async function refreshTokens(
  deps: RefreshDeps,
  ctx: RequestContext,
  { refreshToken, authenticatedClientId, publicClientId, narrowed }: Refresh,
): Promise<IssuedTokens & { scopes: string[] }> {
  const { grant, generation } = await authenticateRefreshToken(deps, refreshToken)
  const expected = authenticatedClientId ?? publicClientId
  if (expected !== undefined && expected !== grant.clientId) {
    throw refused('it belongs to another client')
  }
  const clientAuthenticated = authenticatedClientId !== undefined
  const answer = await presentGrant(deps, ctx, { grant, generation, clientAuthenticated })
  if ('refused' in answer) throw refused(answer.refused)
  const { scopes } = { ...answer, ...narrowed }
  return { ...issueTokens(deps, { ...answer, ...narrowed, grant }, ctx.now), scopes }
}

/**
 * Notes that a refresh token is stored safely. A token that is not the current one says nothing, and is no error: its
 * holder has refreshed meanwhile.
 */
export async function confirmRefresh(
  deps: Pick<Deps, 'config' | 'db' | 'knownGrants'>,
  refreshToken: string,
): Promise<void> {
  const { grant, generation } = await authenticateRefreshToken(deps, refreshToken)
  await confirmGrant(deps.db, grant, generation)
}

/** The grant and the generation of a refresh token that we derived. It says nothing about whether the grant is alive. */
export async function authenticateRefreshToken(
  { config, db, knownGrants }: Pick<Deps, 'config' | 'db' | 'knownGrants'>,
  refreshToken: string,
): Promise<{ grant: KnownGrant; generation: number }> {
  const presented = parseRefreshToken(refreshToken)
  if (presented === undefined) throw refused('not a refresh token of ours')
  const grant = await knownGrants.find(db, presented.grantId)
  if (grant === undefined) throw refused('there is no such grant')
  const expected = { issuer: config.issuer, clientId: grant.clientId }
  if (!verifyRefreshToken(grant.keys.refreshToken, presented, expected)) throw refused('wrong MAC')
  return { grant, generation: presented.generation }
}

function refused(detail: string): SignetError {
  return new SignetError(ErrorReason.INVALID_GRANT, { detail: `refresh token refused: ${detail}` })
}
