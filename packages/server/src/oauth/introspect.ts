/**
 * Token introspection: says to a resource server whether a token is good, and what it stands for.
 *
 * 1. This instance's view of the revocation log is current: read within the budget, and whole. Otherwise nobody can say
 *    that a token is active, and the answer is 503.
 * 2. An access token: ours, by its signature, unexpired, for whichever audience. A refresh token: see below.
 * 3. The caller is one of its audiences, or may introspect every token. What is not its business is inactive.
 * 4. No entry of the log kills the token.
 *
 * For an access token this asks no database, and is right all the same: it was issued by a statement that found user,
 * client, grant and session alive, and carries the position that this statement read; it never outlives its session; and
 * whatever ends one of them earlier writes an entry with a greater position in the transaction that ends it. (Each cause has
 * a test in `introspect-causes.test.ts`.) What was acknowledged on this instance was read before the acknowledgement.
 *
 * A refresh token is judged by one statement, without being used: good is what would be accepted now.
 *
 * Whatever is not active is answered with the very same bytes: revoked, expired, forged, foreign.
 *
 * Errors: INVALID_ARGUMENT, UNAVAILABLE.
 * Specs: RFC 7662 §2.1, §2.2 and §4, RFC 9068 §4, RFC 9701 is not served.
 */

import { introspectPermission } from '../clients/permissions.ts'
import type { Deps } from '../deps.ts'
import { findPresentableGrant } from '../grants/present-grant.ts'
import type { ClientCaller, RequestContext } from '../request-context.ts'
import type { AccessTokenClaims } from '../tokens/access-token-claims.ts'
import { parseRefreshToken } from '../tokens/refresh-token.ts'
import { authenticateRefreshToken } from '../tokens/refresh-tokens.ts'
import { undefinedIfRefused } from '../tokens/refused.ts'
import { readAccessToken, requireCurrentView } from './current-token.ts'
import { type Form, requireParameter } from './form.ts'

const inactive = '{"active":false}'

type IntrospectDeps = Pick<Deps, 'config' | 'db' | 'knownGrants' | 'revocations' | 'signingKeys'>

/** The answer, as JSON text. */
export async function introspect(
  deps: IntrospectDeps,
  ctx: Pick<RequestContext, 'now'>,
  { client, form }: { client: ClientCaller; form: Form },
): Promise<string> {
  const token = requireParameter(form, 'token')
  requireCurrentView(deps)
  if (parseRefreshToken(token) !== undefined) return introspectRefreshToken(deps, client, token)
  const claims = readAccessToken(deps, ctx.now, token)
  if (claims === undefined || !concerns(client, claims)) return inactive
  return deps.revocations.revokes(claims) ? inactive : answerOf(claims)
}

function concerns(client: ClientCaller, { aud }: AccessTokenClaims): boolean {
  if (client.permissions.has(introspectPermission)) return true
  return typeof aud === 'string'
    ? client.resources.has(aud)
    : aud.some((each) => client.resources.has(each))
}

/** Answers by the claims that they are of: a remembered token keeps its claims, and so its answer. */
const answers = new WeakMap<AccessTokenClaims, string>()

function answerOf(claims: AccessTokenClaims): string {
  const known = answers.get(claims)
  if (known !== undefined) return known
  // The grant and the position are our own affair.
  const { gid: _gid, rev: _rev, ...told } = claims
  const answer = JSON.stringify({ active: true, token_type: 'Bearer', ...told })
  answers.set(claims, answer)
  return answer
}

/** A refresh token is the business of the client that holds it. */
async function introspectRefreshToken(
  deps: IntrospectDeps,
  client: ClientCaller,
  token: string,
): Promise<string> {
  const presented = await authenticateRefreshToken(deps, token).catch(undefinedIfRefused)
  if (presented === undefined) return inactive
  const { grant, generation } = presented
  const { userId, clientId } = grant
  if (clientId !== client.clientId && !client.permissions.has(introspectPermission)) return inactive
  const found = await findPresentableGrant(deps, grant, generation)
  if (found === undefined) return inactive
  return JSON.stringify({
    active: true,
    scope: found.scopes.join(' '),
    client_id: clientId,
    exp: Math.floor(found.expiresAt.getTime() / 1000),
    iat: Math.floor(found.createdAt.getTime() / 1000),
    sub: userId,
    iss: deps.config.issuer,
  })
}
