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
import { findClientOfRedirect } from '../clients/client-of-redirect.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import type { ClientId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import {
  AuthorizationError,
  judgeAuthorizationRequest,
  parseAuthorizationRequest,
  readParameters,
} from './authorization-request.ts'
import { sealRequest } from './sealed-request.ts'
import { exchange } from './token.ts'
import type { TokenResponse } from './token-response.ts'

type Asked = Omit<GetAuthorizationUrlRequest, '$typeName' | '$unknown' | 'providerId'>

/** The request, sealed. */
export async function sealAuthorization(
  deps: Pick<Deps, 'config' | 'db' | 'masterSecret'>,
  { now }: RequestContext,
  asked: Asked,
): Promise<string> {
  const found = await findClientOfRedirect(deps.db, asked)
  if ('refused' in found)
    throw found.refused === 'redirect_uri'
      ? refused('redirectUri', 'This is not a redirect URI of the client, to the letter.')
      : refused('clientId', 'There is no such client, or it is disabled.')
  const { client } = found
  try {
    const where = { clientId: client.id as ClientId, redirectUri: asked.redirectUri }
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
    ['grant_type', 'authorization_code'],
    ['client_id', clientId],
    ['code', code],
    ['code_verifier', codeVerifier],
  ])
  return exchange(deps, ctx, form)
}

function refused(field: string, message: string): SignetError {
  const violations = [{ field, rule: 'authorization_request', message }]
  return new SignetError(ErrorReason.INVALID_ARGUMENT, { violations })
}
