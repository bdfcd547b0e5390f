/**
 * Exchanges a refresh token for new tokens.
 *
 * 1. The refresh token is one of this client's, and good (see `refreshTokens`): asking twice is safe.
 * 2. `scope` may name less than was granted; it never adds. The grant itself does not change.
 * 3. `resource` may name some of those that the tokens are for.
 *
 * No ID token is issued: nobody has proved anything anew (OpenID Connect Core 1.0 §12.2 leaves it to us).
 *
 * Errors: INVALID_ARGUMENT, INVALID_GRANT, TokenError, UNAVAILABLE.
 * Specs: RFC 6749 §6, RFC 8707 §2.2, RFC 9700 §4.14.2.
 */

import type { Deps } from '../deps.ts'
import type { RequestContext } from '../request-context.ts'
import { refreshTokens } from '../tokens/refresh-tokens.ts'
import { type Form, requireParameter } from './form.ts'
import { type TokenClient, TokenError, type TokenResponse } from './token-response.ts'

/** New tokens of the same grant. */
export async function refreshTokenGrant(
  deps: Deps,
  ctx: RequestContext,
  { client, form }: { client: TokenClient; form: Form },
): Promise<TokenResponse> {
  const { clientId, authenticated } = client
  const refreshed = await refreshTokens(deps, ctx, {
    refreshToken: requireParameter(form, 'refresh_token'),
    clientId,
    clientAuthenticated: authenticated,
    narrow: (granted) => narrow(form, granted),
  })
  return {
    access_token: refreshed.accessToken,
    token_type: 'Bearer',
    expires_in: refreshed.expiresIn,
    refresh_token: refreshed.refreshToken,
    scope: refreshed.scopes.join(' '),
  }
}

/** What of a grant is asked for. */
function narrow(form: Form, granted: { scopes: string[]; audience: string[] }) {
  const scopes = form.get('scope')?.split(' ').filter((scope) => scope !== '') ?? granted.scopes
  if (scopes.some((scope) => !granted.scopes.includes(scope)))
    throw new TokenError('invalid_scope', 'The scope names more than was granted.')
  const resource = form.get('resource')
  if (resource !== undefined && !granted.audience.includes(resource))
    throw new TokenError('invalid_target', 'The resource is none of those that were granted.')
  return { scopes, audience: resource === undefined ? granted.audience : [resource] }
}
