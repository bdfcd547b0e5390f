/** New tokens of a provider for its refresh token (RFC 6749 §6). An ID token that comes with them is not looked at. */

import * as openid from 'openid-client'
import type { Secret } from '../config/secret.ts'
import type { IdentityProvider, UpstreamTokens } from './identity-provider.ts'
import { openProviderClient, refusalOf } from './provider-client.ts'
import { clientSecretOf, reachProvider } from './reach-provider.ts'
import type { UpstreamParts } from './upstream.ts'
import { tokensOf } from './upstream-tokens.ts'

export async function refresh(
  parts: UpstreamParts,
  provider: IdentityProvider,
  refreshToken: Secret,
): Promise<UpstreamTokens> {
  const reached = await reachProvider(parts, provider)
  const { configuration } = openProviderClient(parts, provider, reached)
  try {
    const given = await openid.refreshTokenGrant(configuration, refreshToken.reveal())
    const tokens = tokensOf(given, reached.profile, provider, parts.now())
    return { ...tokens, refreshToken: tokens.refreshToken ?? refreshToken }
  } catch (error) {
    const secret = clientSecretOf(reached.profile, provider, parts.now())
    throw refusalOf(error, [secret, refreshToken.reveal()])
  }
}
