/** Where the browser goes to sign in at a provider (OpenID Connect Core 1.0 §3.1.2.1, RFC 7636 §4.3). */

import * as openid from 'openid-client'
import type { IdentityProvider, ProviderSettings } from './identity-provider.ts'
import type { Profile } from './profiles/profile.ts'
import { openProviderClient } from './provider-client.ts'
import { reachProvider } from './reach-provider.ts'
import type { UpstreamParts, UpstreamRequest } from './upstream.ts'

export async function authorizationUrl(
  parts: UpstreamParts,
  provider: IdentityProvider,
  request: UpstreamRequest,
): Promise<string> {
  const reached = await reachProvider(parts, provider)
  const { profile } = reached
  const { settings } = provider
  const { configuration } = openProviderClient(parts, provider, reached)
  const url = openid.buildAuthorizationUrl(configuration, {
    redirect_uri: request.redirectUri,
    scope: scopesAsked(profile, settings).join(' '),
    state: request.state,
    ...(profile.protocol === 'openid' && { nonce: request.nonce }),
    ...(profile.takesPkce && {
      code_challenge: await openid.calculatePKCECodeChallenge(request.codeVerifier),
      code_challenge_method: 'S256',
    }),
    ...profile.parameters,
    ...(settings.keepsTokens && profile.offline?.parameters),
    ...(request.reauthenticate && profile.reauthentication),
    ...(request.loginHint && profile.loginHint && { [profile.loginHint]: request.loginHint }),
  })
  return url.href
}

/** What signing in needs, what keeping tokens needs, and what the operator asks for beside. */
export function scopesAsked(profile: Profile, settings: ProviderSettings): string[] {
  const offline = settings.keepsTokens ? (profile.offline?.scopes ?? []) : []
  return [...new Set([...profile.scopes, ...offline, ...(settings.scopes ?? [])])]
}
