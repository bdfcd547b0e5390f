/**
 * The token endpoint: what a client exchanges for tokens, by the grant type that it names.
 *
 * 1. Authenticate the client; a public one says its id.
 * 2. The grant type is one of those served, and one of the client's.
 * 3. Each grant type is a file of its own.
 *
 * Errors: UNAUTHENTICATED (`invalid_client`), INVALID_ARGUMENT (`invalid_request`), INVALID_GRANT, `unsupported_grant_type`, `unauthorized_client`, UNAVAILABLE.
 * Specs: RFC 6749 §3.2 and §5, OAuth 2.1 §3.2.
 */

import type { GrantType } from '../clients/authorization-violations.ts'
import type { Deps } from '../deps.ts'
import type { RequestContext } from '../request-context.ts'
import { authorizationCodeGrant } from './authorization-code-grant.ts'
import { clientCredentialsGrant } from './client-credentials-grant.ts'
import { type Form, requireParameter } from './form.ts'
import { refreshTokenGrant } from './refresh-token-grant.ts'
import { findTokenClient } from './token-client.ts'
import { type TokenClient, type TokenResponse, tokenError } from './token-response.ts'

type Grant = (
  deps: Deps,
  ctx: RequestContext,
  request: { client: TokenClient; form: Form },
) => TokenResponse | Promise<TokenResponse>

const grants: Readonly<Record<GrantType, Grant>> = {
  authorization_code: authorizationCodeGrant,
  refresh_token: refreshTokenGrant,
  client_credentials: clientCredentialsGrant,
}

/** The answer, as JSON text. */
export async function exchangeForTokens(
  deps: Deps,
  ctx: RequestContext,
  form: Form,
): Promise<string> {
  return JSON.stringify(await exchange(deps, ctx, form))
}

/** What the client gets for what it presents. */
export async function exchange(
  deps: Deps,
  ctx: RequestContext,
  form: Form,
): Promise<TokenResponse> {
  const client = await findTokenClient(deps, ctx, form)
  const asked = requireParameter(form, 'grant_type')
  if (!Object.hasOwn(grants, asked))
    throw tokenError('unsupported_grant_type', 'The grant_type is none of those served here.')
  const grantType = asked as GrantType
  if (!client.tokens.grantTypes.has(grantType))
    throw tokenError('unauthorized_client', `This client may not use ${grantType}.`)
  return grants[grantType](deps, ctx, { client, form })
}
