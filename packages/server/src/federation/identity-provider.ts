/** An identity provider as this installation knows it, and what it says of a person. */

import { type ProviderKind, providerNames } from '../config/provider-kinds.ts'
import type { Secret } from '../config/secret.ts'
import type { Json } from '../db/query.ts'

export type { ProviderKind }

export const providerKinds = Object.keys(providerNames) as ProviderKind[]

/** One provider that people may sign in with. Several may be of one kind. */
export interface IdentityProvider {
  /** Names it in addresses (`/auth/{id}`). */
  id: string
  kind: ProviderKind
  /** Names it on a button. */
  name: string
  /** What Signet is to the provider. */
  clientId: string
  /** The client secret; with Apple the private key, as PEM, that client secrets are signed with. */
  clientSecret: Secret
  settings: ProviderSettings
}

export interface ProviderSettings {
  /** Where it is, where that is not the one place of its kind: the issuer of `oidc`, another cloud of Microsoft, GitHub Enterprise. */
  issuer?: string
  /** With Microsoft the tenant whose people may come: its id, or `common`, `organizations`, `consumers`. */
  tenant?: string
  /** With Apple. */
  teamId?: string
  /** With Apple, of the private key. */
  keyId?: string
  /** Asked for beside what signing in needs. */
  scopes?: string[]
  /** Whether second factors that the provider saw count as ours. */
  trustsFactors?: boolean
  /** Whether its tokens are kept, for clients that may ask for them. */
  keepsTokens?: boolean
}

/** A person as a provider knows them. */
export interface UpstreamIdentity {
  /** Who says it: with Microsoft the issuer of the person's own tenant. */
  issuer: string
  /** Never reused by this issuer; the only thing that a person is found by. */
  subject: string
  /** As the provider has it; undefined where it says none. */
  email: string | undefined
  /** Whether the provider vouches for the address, as far as it can be believed. */
  emailVerified: boolean
  name: string
  pictureUrl: string | undefined
  /** How the person proved themselves there (RFC 8176), as far as it is said. */
  amr: readonly string[]
  acr: string | undefined
  /** The session there, for its end (OIDC Back-Channel Logout §2.1). */
  sid: string | undefined
  /** Everything it said. */
  claims: Json
}

/** Tokens of the provider's own. */
export interface UpstreamTokens {
  accessToken: Secret
  refreshToken: Secret | undefined
  /** Undefined where the provider does not say. */
  expiresAt: Date | undefined
  scopes: readonly string[]
}
