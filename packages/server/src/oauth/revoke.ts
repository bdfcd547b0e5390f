/**
 * Token revocation: a client gives up a token of its own. A public client says its id; holding the token is all the proof that
 * it ever had.
 *
 * 1. A refresh token ends its grant, and with it every access token of the grant. Of a client of ours it ends the session,
 *    as signing out does.
 * 2. An access token ends alone: an entry of the revocation log names it. Its refresh token goes on.
 * 3. Whatever is no good token of this client is answered in the same way, and nothing happens: unknown, expired, revoked
 *    before, forged, another client's. `token_type_hint` is not needed, because a token says what it is; a wrong one does no harm.
 * 4. Answered after the commit, once this instance has read it in the log. Where it cannot be persisted the answer is 503, never a
 *    false 200.
 *
 * Errors: UNAUTHENTICATED, INVALID_ARGUMENT, UNAVAILABLE.
 * Specs: RFC 7009 §2.1, §2.2 and §2.2.1.
 */

import type { Deps } from '../deps.ts'
import type { RequestContext } from '../request-context.ts'
import { revokeAccessToken, revokeGrant } from '../revocation/revoke-token.ts'
import { parseRefreshToken } from '../tokens/refresh-token.ts'
import { authenticateRefreshToken } from '../tokens/refresh-tokens.ts'
import { undefinedIfRefused } from '../tokens/refused.ts'
import { readAccessToken } from './current-token.ts'
import { type Form, requireParameter } from './form.ts'
import { findTokenClient } from './token-client.ts'

/** Revokes the token, if it is one of the client's. The answer is empty either way. */
export async function revoke(deps: Deps, ctx: RequestContext, form: Form): Promise<undefined> {
  const client = await findTokenClient(deps, ctx, form)
  const token = requireParameter(form, 'token')
  if (parseRefreshToken(token) === undefined) {
    const claims = readAccessToken(deps, ctx.now, token)
    if (claims?.client_id === client.clientId) await revokeAccessToken(deps, ctx, claims)
    return
  }
  const presented = await authenticateRefreshToken(deps, token).catch(undefinedIfRefused)
  if (presented?.grant.clientId === client.clientId) await revokeGrant(deps, ctx, presented.grant)
}
