/** Tokens of a provider, as it answers them (RFC 6749 §5.1). */

import type { TokenEndpointResponse, TokenEndpointResponseHelpers } from 'openid-client'
import { Secret } from '../config/secret.ts'
import { scopesAsked } from './authorization-url.ts'
import type { IdentityProvider, UpstreamTokens } from './identity-provider.ts'
import type { Profile } from './profiles/profile.ts'

/** Spaces by the specification, commas where GitHub and LinkedIn write it. */
const separators = /[ ,]+/u
const lifetimeMaxSeconds = 10 * 365 * 24 * 3600

/** What is not said of scopes is what was asked for (RFC 6749 §5.1). */
export function tokensOf(
  given: TokenEndpointResponse & TokenEndpointResponseHelpers,
  profile: Profile,
  { settings }: IdentityProvider,
  now: Date,
): UpstreamTokens {
  const seconds = Math.min(given.expires_in ?? 0, lifetimeMaxSeconds)
  const scopes = given.scope?.split(separators) ?? scopesAsked(profile, settings)
  return {
    accessToken: new Secret(given.access_token),
    refreshToken: given.refresh_token === undefined ? undefined : new Secret(given.refresh_token),
    expiresAt: seconds > 0 ? new Date(now.getTime() + seconds * 1000) : undefined,
    scopes: scopes.filter((scope) => scope !== ''),
  }
}
