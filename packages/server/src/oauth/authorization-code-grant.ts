/**
 * Exchanges an authorization code for tokens.
 *
 * 1. The code, and what proves that whoever presents it asked for it: `redirect_uri`, `code_verifier`.
 * 2. Redeem it: once, by the client it was issued to, within a minute (see `redeemCode`). It makes a grant of its own.
 * 3. Issue the access token; the refresh token, where the client may refresh; the ID token, where `openid` was asked for.
 *
 * `redirect_uri` may be left out where a code verifier binds the code (OAuth 2.1 §4.1.3); where it is given it must be the same.
 *
 * Errors: INVALID_ARGUMENT, INVALID_GRANT, UNAVAILABLE.
 * Specs: RFC 6749 §4.1.3 and §4.1.4, RFC 7636 §4.5 and §4.6, OpenID Connect Core 1.0 §3.1.3.
 */

import type { Deps } from '../deps.ts'
import { firstGeneration } from '../grants/issue-grant.ts'
import type { RequestContext } from '../request-context.ts'
import { issueTokens } from '../tokens/issue-tokens.ts'
import { type RedeemedCode, redeemCode } from './authorization-codes.ts'
import { type Form, malformed, requireParameter } from './form.ts'
import { issueIdToken } from './id-token.ts'
import { readPerson } from './person.ts'
import { claimsAbout } from './standard-claims.ts'
import type { TokenClient, TokenResponse } from './token-response.ts'

const verifierForm = /^[A-Za-z0-9._~-]{43,128}$/u

/** The tokens of the authorization. */
export async function authorizationCodeGrant(
  deps: Deps,
  ctx: RequestContext,
  { client: { clientId }, form }: { client: TokenClient; form: Form },
): Promise<TokenResponse> {
  const code = requireParameter(form, 'code')
  const codeVerifier = form.get('code_verifier')
  if (codeVerifier !== undefined && !verifierForm.test(codeVerifier))
    throw malformed('The code_verifier has 43 to 128 letters, digits and - . _ ~.')
  const redirectUri = form.get('redirect_uri')
  const redeemed = await redeemCode(deps, ctx, { clientId, code, redirectUri, codeVerifier })
  const issued = issueTokens(deps, { ...redeemed, generation: firstGeneration }, ctx.now)
  const idToken = redeemed.scopes.includes('openid')
    ? await idTokenOf(deps, ctx.now, { redeemed, accessToken: issued.accessToken })
    : undefined
  return {
    access_token: issued.accessToken,
    token_type: 'Bearer',
    expires_in: issued.expiresIn,
    ...(redeemed.refreshes && { refresh_token: issued.refreshToken }),
    ...(idToken !== undefined && { id_token: idToken }),
    scope: redeemed.scopes.join(' '),
  }
}

async function idTokenOf(
  deps: Pick<Deps, 'config' | 'db' | 'signingKeys'>,
  now: Date,
  { redeemed, accessToken }: { redeemed: RedeemedCode; accessToken: string },
): Promise<string> {
  // What the client opens by it ends with the session, also where its grant goes on.
  const { grant, requestedClaims, authorizedIn: sessionId, ...state } = redeemed
  const { userId, clientId } = grant
  const named = requestedClaims.id_token ?? {}
  const person =
    Object.keys(named).length > 0
      ? await readPerson(deps, { userId, grantId: grant.id })
      : undefined
  const about = person === undefined ? {} : claimsAbout(person, { scopes: [], named })
  return issueIdToken(
    deps,
    { ...state, sessionId, userId, clientId, accessToken, claims: about },
    now,
  )
}
