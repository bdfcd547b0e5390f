/**
 * An authorization request for an app that sends the browser to a provider at once, without a page of ours, and the exchange of the
 * code that comes of it: the authorization endpoint and the token endpoint (RFC 6749 §3), said in the words of the contract.
 *
 * 1. The client exists and is active, and the redirect URI is one of its own, to the letter.
 * 2. The request is well formed, and the client may ask for it.
 * 3. It travels sealed; what it leads to is decided as with any other one.
 *
 * Errors: INVALID_ARGUMENT, UNAUTHENTICATED, INVALID_GRANT.
 */

import { ErrorReason, type GetAuthorizationUrlRequest } from '@signet/contract'
import { isClientId } from '../clients/client-id.ts'
import { isRegisteredRedirectUri } from '../clients/redirect-uri.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import type { ClientId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { authorizationCodeGrant } from './authorization-code-grant.ts'
import { findAuthorizationClient } from './authorization-codes.sql.ts'
import {
  AuthorizationError,
  judgeAuthorizationRequest,
  parseAuthorizationRequest,
  readParameters,
} from './authorization-request.ts'
import { sealRequest } from './sealed-request.ts'
import { findTokenClient } from './token-client.ts'
import type { TokenResponse } from './token-response.ts'

type Asked = Omit<GetAuthorizationUrlRequest, '$typeName' | '$unknown' | 'providerId'>

/** The request, sealed. */
export async function sealAuthorization(
  deps: Pick<Deps, 'config' | 'db' | 'masterSecret'>,
  { now }: RequestContext,
  asked: Asked,
): Promise<string> {
  const { clientId: id, redirectUri } = asked
  const client = isClientId(id) ? await findAuthorizationClient(deps.db, { id }) : undefined
  if (client === undefined || client.status !== 'active')
    throw refused('clientId', 'There is no such client, or it is disabled.')
  const registered = { registered: client.redirectUris, isPublic: client.type === 'public' }
  if (!isRegisteredRedirectUri(redirectUri, registered))
    throw refused('redirectUri', 'This is not a redirect URI of the client, to the letter.')
  try {
    const clientId = id as ClientId
    const where = { clientId, redirectUri }
    const request = parseAuthorizationRequest(readParameters(parametersOf(asked)), where, now)
    judgeAuthorizationRequest(deps, client, request)
    return sealRequest(deps, request)
  } catch (error) {
    if (error instanceof AuthorizationError) throw refused('', error.description)
    throw error
  }
}

function parametersOf(asked: Asked): URLSearchParams {
  const { scopes, codeChallenge, state, nonce, loginHint, resources } = asked
  const parameters = new URLSearchParams({
    response_type: 'code',
    scope: scopes.join(' '),
    code_challenge: codeChallenge,
    code_challenge_method: 'S256',
    ...{ state, nonce, login_hint: loginHint },
  })
  for (const resource of resources) parameters.append('resource', resource)
  return parameters
}

/** The tokens for a code. For public clients: others prove themselves at the token endpoint. */
export async function exchangeCode(
  deps: Deps,
  ctx: RequestContext,
  { clientId, code, codeVerifier }: { clientId: string; code: string; codeVerifier: string },
): Promise<TokenResponse> {
  const form = new Map([
    ['client_id', clientId],
    ['code', code],
    ['code_verifier', codeVerifier],
  ])
  const client = await findTokenClient(deps, ctx, form)
  return authorizationCodeGrant(deps, ctx, { client, form })
}

function refused(field: string, message: string): SignetError {
  const violations = [{ field, rule: 'authorization_request', message }]
  return new SignetError(ErrorReason.INVALID_ARGUMENT, { violations })
}
