/**
 * What is wrong with the configuration of a provider, found by asking it: what its settings lack, whether it is where it should be and
 * calls itself as configured, whether its keys can be used, and whether it takes our client id and secret.
 *
 * The last is asked with a code that nobody has issued: who knows the client refuses the code (`invalid_grant`), who does not
 * refuses the client. Microsoft, which may look at the code first, is asked for a token for Signet itself, too. Nothing is changed
 * anywhere by it.
 */

import { randomBytes } from 'node:crypto'
import * as openid from 'openid-client'
import type { IdentityProvider } from './identity-provider.ts'
import { violationsOf } from './judge-settings.ts'
import type { OpenIdProfile } from './profiles/profile.ts'
import { profileOf } from './profiles/profiles.ts'
import { openProviderClient, refusalOf } from './provider-client.ts'
import { type DiscoveryDocument, readDiscovery, readKeySet } from './provider-documents.ts'
import {
  clientSecretOf,
  discoveryUrlOf,
  misfits,
  type Reached,
  serverOf,
  unreadable,
} from './reach-provider.ts'
import type { UpstreamParts, UpstreamRefused } from './upstream.ts'

export async function checkProvider(
  parts: UpstreamParts,
  provider: IdentityProvider,
): Promise<string[]> {
  const profile = await profileOf(provider.kind)
  const violations = violationsOf(profile, provider)
  if (violations.length > 0) return violations.map(({ message }) => message)
  if (profile.protocol === 'oauth')
    return checkCredentials(parts, provider, { profile, server: serverOf(profile, provider) })
  const url = discoveryUrlOf(profile, provider)
  const read = await readDiscovery(parts.fetch, url).catch((error: unknown) =>
    unreached(error, url),
  )
  if (typeof read === 'string') return [read]
  return checkOpenId(parts, provider, { profile, server: read })
}

async function checkOpenId(
  parts: UpstreamParts,
  provider: IdentityProvider,
  reached: { profile: OpenIdProfile; server: DiscoveryDocument },
): Promise<string[]> {
  const { profile, server } = reached
  const wrong = misfits(profile, provider, server)
  if (wrong.length > 0) return wrong
  const keys = await readKeySet(parts.fetch, server.jwks_uri).catch((error: unknown) =>
    unreached(error, server.jwks_uri),
  )
  if (typeof keys === 'string') wrong.push(keys)
  else if (keys.length === 0)
    wrong.push(
      'The provider publishes no key of RS256, PS256, ES256 or EdDSA. Have it sign ID tokens with one of them.',
    )
  const challenges = server.code_challenge_methods_supported
  if (profile.takesPkce && challenges !== undefined && !challenges.includes('S256'))
    wrong.push('The provider takes no code challenge of S256. Switch PKCE on there.')
  return [...wrong, ...(await checkCredentials(parts, provider, reached))]
}

async function checkCredentials(
  parts: UpstreamParts,
  provider: IdentityProvider,
  reached: Reached,
): Promise<string[]> {
  const { configuration } = openProviderClient(parts, provider, reached)
  const random = () => randomBytes(32).toString('base64url')
  const back = new URL(`https://signet.invalid/auth/${encodeURIComponent(provider.id)}/callback`)
  back.search = new URLSearchParams({ code: random(), iss: reached.server.issuer }).toString()
  try {
    await openid.authorizationCodeGrant(configuration, back, {
      ...(reached.profile.takesPkce && { pkceCodeVerifier: random() }),
    })
    return ['The provider takes a code that it has not issued. Do not use it.']
  } catch (error) {
    const secret = clientSecretOf(reached.profile, provider, parts.now())
    const wrong = judgeRefusal(refusalOf(error, [secret]))
    const scope = reached.profile.ownScope?.(provider)
    if (wrong.length > 0 || scope === undefined) return wrong
    return checkOwnToken({ configuration, scope, secret })
  }
}

/** What the token endpoint says to a client that asks for itself. That it gives such clients nothing is no fault here. */
async function checkOwnToken({
  configuration,
  scope,
  secret,
}: {
  configuration: openid.Configuration
  scope: string
  secret: string
}): Promise<string[]> {
  try {
    await openid.clientCredentialsGrant(configuration, { scope })
    return []
  } catch (error) {
    const refusal = refusalOf(error, [secret])
    return /\binvalid_client\b/u.test(refusal.message) ? judgeRefusal(refusal) : []
  }
}

const clientRefused =
  /\b(?:invalid_client|unauthorized_client|deleted_client|application_suspended)\b/u
const notFound = /answers (?:401|403|404)$/u

function judgeRefusal({ kind, message }: UpstreamRefused): string[] {
  if (kind === 'unreachable')
    return [
      `The token endpoint could not be asked: ${message}. Try again, and look at the network.`,
    ]
  if (clientRefused.test(message) || notFound.test(message))
    return [
      `The provider does not accept client id and secret (${message}). Compare both with what it shows, and make a new secret where the old one has expired.`,
    ]
  // Whatever else it does not like, such as the address that we made up, it has let the client pass.
  return []
}

function unreached(error: unknown, url: string): string {
  const { message } = unreadable(error, url)
  return `${message.replace(/\.$/u, '')}. Compare the address with the provider's, and see that this machine may reach it.`
}
