/**
 * Authenticates the client that sends a form: by exactly one method.
 *
 * 1. `client_secret_basic`: id and secret in the Authorization header. A `client_id` in the form must be the same one.
 * 2. `client_secret_post`: id and secret in the form.
 * 3. Both at once is no request; neither is no client.
 *
 * Errors: UNAUTHENTICATED (`invalid_client`), INVALID_ARGUMENT (`invalid_request`), UNAVAILABLE.
 * Specs: RFC 6749 §2.3 and §2.3.1, RFC 7591 §2 (names of the methods).
 */

import { ErrorReason } from '@signet/contract'
import type { ClientCredentials } from '../authorization-header.ts'
import { authenticateClient } from '../clients/authenticate-client.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import type { ClientCaller, RequestContext } from '../request-context.ts'
import { type Form, malformed } from './form.ts'

/** The client, by whichever method it chose. */
export async function authenticateFormClient(
  deps: Pick<Deps, 'db' | 'knownClients' | 'masterSecret' | 'revocations'>,
  ctx: RequestContext,
  form: Form,
): Promise<ClientCaller> {
  return authenticateClient(deps, ctx, credentialsOf(ctx, form))
}

function credentialsOf(ctx: RequestContext, form: Form): ClientCredentials {
  const basic = ctx.clientCredentials
  const clientId = form.get('client_id')
  const clientSecret = form.get('client_secret')
  if (basic !== undefined) {
    if (clientSecret !== undefined) throw malformed('The client authenticates in two ways at once.')
    if (clientId !== undefined && clientId !== basic.clientId)
      throw malformed('The form names another client than the Authorization header.')
    return basic
  }
  if (clientId !== undefined && clientSecret !== undefined && ctx.bearerToken === undefined)
    return { scheme: 'basic', clientId, clientSecret }
  throw new SignetError(ErrorReason.UNAUTHENTICATED, {
    challenge: 'basic',
    detail: 'no client authentication',
  })
}
