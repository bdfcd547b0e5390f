/**
 * Exchanges a refresh token for new tokens.
 *
 * 1. The refresh token is one of this client's, and good (see `refreshTokens`): asking twice is safe.
 * 2. `scope` may name less than was granted; it never adds. The grant itself does not change.
 * 3. `resource` may name some of those that the tokens are for.
 *
 * No ID token is issued: nobody has proved anything anew (OpenID Connect Core 1.0 §12.2 leaves it to us).
 *
 * Errors: INVALID_ARGUMENT, INVALID_GRANT, `invalid_scope`, `invalid_target`, UNAVAILABLE.
 * Specs: RFC 6749 §6, RFC 8707 §2.2, RFC 9700 §4.14.2.
 */

import type { Deps } from '../deps.ts'
import { findPresentableGrant } from '../grants/present-grant.ts'
import type { RequestContext } from '../request-context.ts'
import { authenticateRefreshToken, refreshTokens } from '../tokens/refresh-tokens.ts'
import { type Form, requireParameter } from './form.ts'
import { type TokenClient, type TokenResponse, tokenError } from './token-response.ts'

/** New tokens of the same grant. */
export async function refreshTokenGrant(
  deps: Deps,
  ctx: RequestContext,
  { client, form }: { client: TokenClient; form: Form },
): Promise<TokenResponse> {
  const refreshToken = requireParameter(form, 'refresh_token')
  const { clientId, rev } = client
  const refreshed = await refreshTokens(deps, ctx, {
    refreshToken,
    ...(rev === undefined ? { publicClientId: clientId } : { authenticatedClientId: clientId }),
    narrowed: await narrow(deps, refreshToken, form),
  })
  return {
    access_token: refreshed.accessToken,
    token_type: 'Bearer',
    expires_in: refreshed.expiresIn,
    refresh_token: refreshed.refreshToken,
    scope: refreshed.scopes.join(' '),
  }
}

/**
 * What of a grant is asked for, where that is less. Judged before anything is advanced: whoever asks for too much has not used
 * the refresh token, and asks again with it.
 */
async function narrow(deps: Deps, refreshToken: string, form: Form) {
  const scope = form.get('scope')
  const resource = form.get('resource')
  if (scope === undefined && resource === undefined) return {}
  const { grant, generation } = await authenticateRefreshToken(deps, refreshToken)
  const granted = await findPresentableGrant(deps, grant, generation)
  // What is not good now is judged, and refused, by the statement that decides.
  if (granted === undefined) return {}
  const scopes = scope?.split(' ').filter((each) => each !== '')
  if (scopes?.some((each) => !granted.scopes.includes(each)))
    throw tokenError('invalid_scope', 'The scope names more than was granted.')
  if (resource !== undefined && !granted.audience.includes(resource))
    throw tokenError('invalid_target', 'The resource is none of those that were granted.')
  return {
    ...(scopes !== undefined && { scopes }),
    ...(resource !== undefined && { audience: [resource] }),
  }
}
