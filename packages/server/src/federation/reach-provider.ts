/** Where a provider is asked: by its discovery document, or as its profile has it; and what of that can be used. */

import { FetchFailed } from '../outbound/guarded-fetch.ts'
import type { IdentityProvider } from './identity-provider.ts'
import { violationsOf } from './judge-settings.ts'
import {
  type OAuthProfile,
  type OpenIdProfile,
  type Profile,
  withoutSlash,
} from './profiles/profile.ts'
import { profileOf } from './profiles/profiles.ts'
import type { DiscoveryDocument } from './provider-documents.ts'
import { type UpstreamParts, UpstreamRefused } from './upstream.ts'

/** A provider, and where it is. */
export type Reached =
  | { profile: OpenIdProfile; server: DiscoveryDocument }
  | { profile: OAuthProfile; server: OAuthServer }

export interface OAuthServer {
  issuer: string
  authorization_endpoint: string
  token_endpoint: string
}

/** Throws UpstreamRefused: `configuration`, `unreachable`. */
export async function reachProvider(
  { documents }: Pick<UpstreamParts, 'documents'>,
  provider: IdentityProvider,
): Promise<Reached> {
  const profile = await profileOf(provider.kind)
  const [violation] = violationsOf(profile, provider)
  if (violation !== undefined) throw new UpstreamRefused('configuration', violation.message)
  if (profile.protocol === 'oauth') return { profile, server: serverOf(profile, provider) }
  const url = discoveryUrlOf(profile, provider)
  const server = await documents.discovery.get(url).catch((error: unknown) => {
    throw unreadable(error, 'its discovery document')
  })
  const [misfit] = misfits(profile, provider, server)
  if (misfit !== undefined) throw new UpstreamRefused('configuration', misfit)
  return { profile, server }
}

export function discoveryUrlOf(profile: OpenIdProfile, { settings }: IdentityProvider): string {
  const below = () => `${withoutSlash(profile.issuer(settings))}/.well-known/openid-configuration`
  return profile.discoveryUrl?.(settings) ?? below()
}

export function serverOf(profile: OAuthProfile, { settings }: IdentityProvider): OAuthServer {
  const { issuer, authorization, token } = profile.endpoints(settings)
  return { issuer, authorization_endpoint: authorization, token_endpoint: token }
}

/** What of a discovery document cannot be right (OpenID Connect Discovery 1.0 §4.3), as sentences. */
export function misfits(
  profile: OpenIdProfile,
  { settings }: IdentityProvider,
  server: DiscoveryDocument,
): string[] {
  const expected = profile.issuer(settings)
  const found: string[] = []
  if (withoutSlash(server.issuer) !== withoutSlash(expected))
    found.push(
      `The provider calls itself ${server.issuer}, and is configured as ${expected}. Give its issuer exactly as it publishes it.`,
    )
  // The browser goes there, so that no guarded way out looks at the address.
  if (expected.startsWith('https:') && !server.authorization_endpoint.startsWith('https:'))
    found.push('The provider names an authorization endpoint without https. It is not used.')
  return found
}

/** Why something could not be read, as a refusal. */
export function unreadable(error: unknown, what: string): UpstreamRefused {
  const isForbidden = error instanceof FetchFailed && error.kind === 'forbidden'
  const why = error instanceof Error ? error.message : String(error)
  return new UpstreamRefused(
    isForbidden ? 'configuration' : 'unreachable',
    `${what} could not be read: ${why}`,
  )
}

/** The secret that Signet shows this provider. */
export function clientSecretOf(profile: Profile, provider: IdentityProvider, now: Date): string {
  return profile.clientSecret?.(provider, now) ?? provider.clientSecret.reveal()
}
