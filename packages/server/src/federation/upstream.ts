/** stub until merged */
import type { Logger } from 'pino'
import type { Secret } from '../config/secret.ts'
import type { GuardedFetch } from '../outbound/guarded-fetch.ts'
import type { IdentityProvider, UpstreamIdentity, UpstreamTokens } from './identity-provider.ts'

export interface UpstreamRequest {
  state: string
  nonce: string
  codeVerifier: string
  redirectUri: string
  reauthenticate: boolean
  loginHint?: string
}
export interface Upstream {
  authorizationUrl(provider: IdentityProvider, request: UpstreamRequest): Promise<string>
  identify(
    provider: IdentityProvider,
    answer: {
      parameters: URLSearchParams
      state: string
      nonce: string
      codeVerifier: string
      redirectUri: string
    },
  ): Promise<{ identity: UpstreamIdentity; tokens: UpstreamTokens }>
  refresh(provider: IdentityProvider, refreshToken: Secret): Promise<UpstreamTokens>
  judgeLogoutToken(
    provider: IdentityProvider,
    token: string,
  ): Promise<{ issuer: string; subject?: string; sid?: string; jti: string; expiresAt: Date }>
  check(provider: IdentityProvider): Promise<string[]>
}
export function openUpstream(_parts: { fetch: GuardedFetch; log: Logger }): Upstream {
  return undefined as never
}
export class UpstreamRefused extends Error {
  readonly kind: 'denied' | 'answer' | 'unreachable' | 'configuration'
  constructor(kind: UpstreamRefused['kind'], message: string) {
    super(message)
    this.kind = kind
  }
}
