/**
 * Which client asks an endpoint that public clients may use: for tokens, or to give one up.
 *
 * 1. One that sends something to prove itself with must prove itself (see `authenticateFormClient`).
 * 2. One that only says its id is a public client, or nobody: a client that can prove itself never gets by without.
 *
 * Errors: UNAUTHENTICATED (`invalid_client`), INVALID_ARGUMENT, UNAVAILABLE.
 * Specs: RFC 6749 §2.3 and §3.2.1.
 */

import { ErrorReason } from '@signet/contract'
import { findPublicClientTokens } from '../clients/client-tokens.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import type { ClientId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { authenticateFormClient } from './authenticate-form-client.ts'
import type { Form } from './form.ts'
import type { TokenClient } from './token-response.ts'

/** The client, proved where it can prove itself. */
export async function findTokenClient(
  deps: Deps,
  ctx: RequestContext,
  form: Form,
): Promise<TokenClient> {
  const clientId = form.get('client_id')
  const proves =
    ctx.clientCredentials !== undefined ||
    ['client_secret', 'client_assertion', 'client_assertion_type'].some((name) => form.has(name))
  if (proves || clientId === undefined) {
    const client = await authenticateFormClient(deps, ctx, form)
    ctx.caller = client
    return client
  }
  const tokens = await findPublicClientTokens(deps.db, clientId)
  if (tokens === undefined) throw noProof()
  return { clientId: clientId as ClientId, rev: undefined, tokens }
}

function noProof(): SignetError {
  const detail = 'no public client of this id, and no proof'
  return new SignetError(ErrorReason.UNAUTHENTICATED, { challenge: 'basic', detail })
}
