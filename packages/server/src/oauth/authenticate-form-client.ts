/**
 * Authenticates the client that sends a form: by exactly one method.
 *
 * 1. `client_secret_basic`: id and secret in the Authorization header. A `client_id` in the form must be the same one.
 * 2. `client_secret_post`: id and secret in the form.
 * 3. `private_key_jwt`: an assertion that the client has signed. A `client_id` in the form must be the same one.
 * 4. Two at once is no request; none is no client.
 *
 * Errors: UNAUTHENTICATED (`invalid_client`), INVALID_ARGUMENT (`invalid_request`), RATE_LIMITED, UNAVAILABLE.
 * Specs: RFC 6749 §2.3 and §2.3.1, RFC 7521 §4.2, RFC 7523 §2.2, RFC 7591 §2 (names of the methods).
 */

import { ErrorReason } from '@signet/contract'
import { authenticateClient } from '../clients/authenticate-client.ts'
import { authenticateClientAssertion } from '../clients/authenticate-client-assertion.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import type { ClientCaller, RequestContext } from '../request-context.ts'
import { type Form, malformed, requireParameter } from './form.ts'

type FormClientDeps = Pick<
  Deps,
  'clientKeys' | 'config' | 'db' | 'knownClients' | 'masterSecret' | 'revocations'
>

/** RFC 7523 §2.2. */
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** The client, by whichever method it chose. */
export async function authenticateFormClient(
  deps: FormClientDeps,
  ctx: RequestContext,
  form: Form,
): Promise<ClientCaller> {
  const basic = ctx.clientCredentials
  const clientId = form.get('client_id')
  const clientSecret = form.get('client_secret')
  const signs = form.has('client_assertion') || form.has('client_assertion_type')
  if ([basic !== undefined, clientSecret !== undefined, signs].filter(Boolean).length > 1)
    throw malformed('The client authenticates in two ways at once.')
  if (basic !== undefined && clientId !== undefined && clientId !== basic.clientId)
    throw malformed('The form names another client than the Authorization header.')
  if (basic !== undefined) return authenticateClient(deps, ctx, basic)
  if (signs && ctx.bearerToken === undefined) {
    const assertion = requireParameter(form, 'client_assertion')
    if (requireParameter(form, 'client_assertion_type') !== assertionType)
      throw malformed(`The client_assertion_type is not ${assertionType}.`)
    return authenticateClientAssertion(deps, ctx, { assertion, clientId })
  }
  if (clientId !== undefined && clientSecret !== undefined && ctx.bearerToken === undefined)
    return authenticateClient(deps, ctx, { scheme: 'basic', clientId, clientSecret })
  throw new SignetError(ErrorReason.UNAUTHENTICATED, {
    challenge: 'basic',
    detail: 'no client authentication',
  })
}
