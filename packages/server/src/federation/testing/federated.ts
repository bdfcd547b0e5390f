/** What tests of federation begin with: the way out to loopback, a provider as configured, and a visit to it. */

import { randomBytes } from 'node:crypto'
import { Secret } from '../../config/secret.ts'
import { openGuardedFetch } from '../../outbound/guarded-fetch.ts'
import type { IdentityProvider, ProviderKind, ProviderSettings } from '../identity-provider.ts'
import { openUpstream, type Upstream, type UpstreamRequest } from '../upstream.ts'
import { visitProvider } from './provider-visitor.ts'

export const redirectUri = 'https://signet.example/auth/provider/callback'

/** As an operator would run it who has a provider on this machine. `warnings` fills with what is logged. */
export function openTestUpstream(
  options: { clock?: () => number; now?: () => Date; warnings?: unknown[] } = {},
): Upstream {
  const { warnings = [], ...clocks } = options
  return openUpstream({
    fetch: openGuardedFetch({ privateHosts: ['127.0.0.1:*'] }),
    log: { warn: (...said: unknown[]) => void warnings.push(said) },
    ...clocks,
  })
}

export function configured(
  kind: ProviderKind,
  at: {
    clientId: string
    clientSecret: string
    issuer?: string
    url?: string
    settings?: ProviderSettings
  },
  settings: ProviderSettings = {},
): IdentityProvider {
  const issuer = at.issuer ?? at.url
  return {
    id: kind,
    kind,
    name: kind,
    clientId: at.clientId,
    clientSecret: new Secret(at.clientSecret),
    settings: { ...(issuer !== undefined && { issuer }), ...at.settings, ...settings },
  }
}

export type Visit = UpstreamRequest

export function newVisit(changes: Partial<Visit> = {}): Visit {
  const random = () => randomBytes(32).toString('base64url')
  return {
    state: random(),
    nonce: random(),
    codeVerifier: random(),
    redirectUri,
    reauthenticate: false,
    ...changes,
  }
}

/** Sends a person there, and answers what they bring back. */
export async function visit(
  upstream: Upstream,
  provider: IdentityProvider,
  { choice, ...changes }: Partial<Visit> & { choice?: 'continue' | 'cancel' } = {},
) {
  const request = newVisit(changes)
  const url = await upstream.authorizationUrl(provider, request)
  const parameters = await visitProvider(url, request.redirectUri, choice)
  return { ...request, url, parameters }
}

/** A whole sign-in. */
export async function signIn(
  upstream: Upstream,
  provider: IdentityProvider,
  changes: Partial<Visit> = {},
) {
  return upstream.identify(provider, await visit(upstream, provider, changes))
}
