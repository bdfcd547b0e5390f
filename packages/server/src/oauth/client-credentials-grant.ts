/**
 * Gives a client a token in which it speaks for itself.
 *
 * 1. Only a client that proved who it is.
 * 2. What it asks for is in its record: scopes, resources. Never Signet's own API: there a client proves itself by its secret.
 * 3. The token says that the client is its own subject. There is no refresh token: the client can ask again.
 *
 * Nothing is read but what the client's authentication has read; the token carries the position of the revocation log that
 * this rests on, so that the end of the client ends the token.
 *
 * Errors: `invalid_scope`, `invalid_target`, UNAUTHENTICATED.
 * Specs: RFC 6749 §4.4, RFC 9068 §2.2, RFC 9700 §4.15.
 */

import { lifetimeOf } from '../clients/access-token-lifetime.ts'
import type { Deps } from '../deps.ts'
import type { RequestContext } from '../request-context.ts'
import { isSignetScope } from '../signet-scopes.ts'
import { issueClientToken } from '../tokens/access-token.ts'
import type { Form } from './form.ts'
import { type TokenClient, type TokenResponse, tokenError } from './token-response.ts'

/** A token for the client itself. */
export function clientCredentialsGrant(
  { config, signingKeys }: Pick<Deps, 'config' | 'signingKeys'>,
  { now }: Pick<RequestContext, 'now'>,
  { client, form }: { client: TokenClient; form: Form },
): TokenResponse {
  const { clientId, rev, tokens } = client
  if (rev === undefined) throw tokenError('unauthorized_client', 'A public client acts for nobody.')
  const scopes = scopesOf(form, tokens.scopes)
  const audience = audienceOf(form, tokens.audiences)
  const { accessToken, claims } = issueClientToken(
    signingKeys.active(tokens.signingAlgorithm),
    {
      issuer: config.issuer,
      audience: audience.length === 1 ? (audience[0] ?? '') : audience,
      clientId,
      scopes,
      rev,
      lifetimeSeconds: lifetimeOf(config, tokens),
    },
    now,
  )
  return {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: claims.exp - claims.iat,
    scope: scopes.join(' '),
  }
}

/** Scopes of people mean nothing to a client that acts for itself. */
const ofPeople: ReadonlySet<string> = new Set([
  'openid',
  'profile',
  'email',
  'phone',
  'address',
  'offline_access',
])

function scopesOf(form: Form, registered: readonly string[]): string[] {
  const own = registered.filter((scope) => !ofPeople.has(scope) && !isSignetScope(scope))
  const asked = form
    .get('scope')
    ?.split(' ')
    .filter((scope) => scope !== '')
  if (asked === undefined) return own
  if (asked.every((scope) => own.includes(scope))) return [...new Set(asked)]
  throw tokenError(
    'invalid_scope',
    'The scope names something that this client may not do for itself.',
  )
}

function audienceOf(form: Form, registered: readonly string[]): string[] {
  const resource = form.get('resource')
  if (resource !== undefined && registered.includes(resource)) return [resource]
  if (resource !== undefined)
    throw tokenError('invalid_target', 'The resource is none that this client gets tokens for.')
  if (registered.length > 0) return [...registered]
  throw tokenError(
    'invalid_target',
    'No audience is registered for this client: there is nobody to present a token to.',
  )
}
