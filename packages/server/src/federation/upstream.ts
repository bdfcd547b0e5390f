/**
 * Signet as the relying party of identity providers: where a browser is sent, what it brings back, and who that is.
 *
 * Everything that is fetched goes through the guarded way out; nothing that a provider says is believed before it was judged.
 * `openid-client` and the profiles of providers are loaded with the first question: who signs in with a password alone does
 * not pay for them.
 *
 * Errors: UpstreamRefused.
 * Specs: OpenID Connect Core 1.0 §3.1, OpenID Connect Back-Channel Logout 1.0 §2.6, RFC 6749 §4.1, RFC 7636, RFC 9207.
 */

import type { Logger } from 'pino'
import type { Secret } from '../config/secret.ts'
import type { GuardedFetch } from '../outbound/guarded-fetch.ts'
import type { IdentityProvider, UpstreamIdentity, UpstreamTokens } from './identity-provider.ts'
import { openProviderDocuments, type ProviderDocuments } from './provider-documents.ts'

/** What is made for one visit, and kept with the browser until it is back. */
export interface UpstreamRequest {
  state: string
  nonce: string
  /** RFC 7636 §4.1. */
  codeVerifier: string
  redirectUri: string
  /** Ask the person to prove it anew. Whether the provider did is said by `auth_time` of the claims, where it says it. */
  reauthenticate: boolean
  /** Whom it is probably about, for a field that is filled in. */
  loginHint?: string
}

/** What the browser brought back, and what was kept for it. */
export interface UpstreamAnswer {
  /** Of the query, or of the form of Apple. */
  parameters: URLSearchParams
  state: string
  nonce: string
  codeVerifier: string
  redirectUri: string
}

/** Whose session has ended at the provider. One of `subject` and `sid` is there, or both. */
export interface UpstreamLogout {
  issuer: string
  subject?: string
  sid?: string
  /** Used once; that is for the caller to see to. */
  jti: string
  expiresAt: Date
}

export interface Upstream {
  /** Where the browser goes. */
  authorizationUrl(provider: IdentityProvider, request: UpstreamRequest): Promise<string>
  /** Judges what the browser brought back, exchanges the code, and answers who it is. */
  identify(
    provider: IdentityProvider,
    answer: UpstreamAnswer,
  ): Promise<{ identity: UpstreamIdentity; tokens: UpstreamTokens }>
  /** New tokens for an old one. Where the provider gives no new refresh token, the old one is answered. */
  refresh(provider: IdentityProvider, refreshToken: Secret): Promise<UpstreamTokens>
  /** Judges a logout token in the order of OIDC Back-Channel Logout 1.0 §2.6; its single use is the caller's. */
  judgeLogoutToken(provider: IdentityProvider, token: string): Promise<UpstreamLogout>
  /** What is wrong with the configuration, each as a sentence that says what to do; empty where all is well. Asks the provider. */
  check(provider: IdentityProvider): Promise<string[]>
}

/** What asking a provider needs. */
export interface UpstreamParts {
  fetch: GuardedFetch
  documents: ProviderDocuments
  now: () => Date
}

interface UpstreamOptions {
  fetch: GuardedFetch
  log: Pick<Logger, 'warn'>
  /** Milliseconds, never backwards: how old a document is. */
  clock?: () => number
  now?: () => Date
}

/**
 * Nothing came of it.
 * - `denied`: the person said no at the provider.
 * - `answer`: what came is not acceptable, such as a wrong nonce or a code that was used before.
 * - `unreachable`: the provider is slow or broken; later it may do.
 * - `configuration`: the provider does not know us, or we it; an operator has to change something.
 *
 * The message is for an operator's log, and names no secret.
 */
export class UpstreamRefused extends Error {
  override readonly name = 'UpstreamRefused'
  readonly kind: 'denied' | 'answer' | 'unreachable' | 'configuration'

  constructor(kind: UpstreamRefused['kind'], message: string) {
    super(message)
    this.kind = kind
  }
}

/** How many people may wait for one provider in one process. */
const waitingMax = 64

/** Knows nothing of any provider yet. */
export function openUpstream({
  fetch,
  log,
  clock,
  now = () => new Date(),
}: UpstreamOptions): Upstream {
  const parts = { fetch, documents: openProviderDocuments({ fetch, log, clock }), now }
  const waiting = new Map<string, number>()

  /** Refused at once where many wait for this provider already: a slow one keeps nobody from signing in otherwise. */
  async function inPlace<T>({ id }: IdentityProvider, ask: () => Promise<T>): Promise<T> {
    const others = waiting.get(id) ?? 0
    if (others >= waitingMax)
      throw new UpstreamRefused(
        'unreachable',
        `${others} people wait for the provider ${id} already`,
      )
    waiting.set(id, others + 1)
    try {
      return await ask()
    } finally {
      const left = (waiting.get(id) ?? 1) - 1
      if (left === 0) waiting.delete(id)
      else waiting.set(id, left)
    }
  }

  return {
    authorizationUrl: (provider, request) =>
      inPlace(provider, async () => {
        const { authorizationUrl } = await import('./authorization-url.ts')
        return authorizationUrl(parts, provider, request)
      }),
    identify: (provider, answer) =>
      inPlace(provider, async () => {
        const { identify } = await import('./identify.ts')
        return identify(parts, provider, answer)
      }),
    async refresh(provider, refreshToken) {
      const { refresh } = await import('./refresh-upstream.ts')
      return refresh(parts, provider, refreshToken)
    },
    async judgeLogoutToken(provider, token) {
      const { judgeLogoutToken } = await import('./judge-logout-token.ts')
      return judgeLogoutToken(parts, provider, token)
    },
    async check(provider) {
      const { checkProvider } = await import('./check-provider.ts')
      return checkProvider(parts, provider)
    },
  }
}
