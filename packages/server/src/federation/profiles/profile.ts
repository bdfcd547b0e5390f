/**
 * What is different about one provider. Everything else is the same for all of them: a profile is a table of facts, and of small
 * functions from what a provider says to what Signet understands.
 */

import type { Json } from '../../db/query.ts'
import type { IdentityProvider, ProviderSettings } from '../identity-provider.ts'

export type JsonObject = { [key: string]: Json }

export type Profile = OpenIdProfile | OAuthProfile

/** What is wrong with one setting of a provider. */
export interface SettingViolation {
  field:
    | 'id'
    | 'name'
    | 'clientId'
    | 'clientSecret'
    | 'issuer'
    | 'tenant'
    | 'teamId'
    | 'keyId'
    | 'scopes'
  rule: 'required' | 'form' | 'uri' | 'private_key'
  /** Says it to whoever sets the provider up. */
  message: string
}

interface AnyProfile {
  /** What signing in needs. */
  scopes: readonly string[]
  /** What makes the provider give a refresh token, where its tokens are kept. */
  offline?: { scopes?: readonly string[]; parameters?: Readonly<Record<string, string>> }
  /** Sent with every authorization request. */
  parameters?: Readonly<Record<string, string>>
  /** What asks the person to prove it anew. */
  reauthentication: Readonly<Record<string, string>>
  /** The parameter for whom it is probably about; undefined where there is none. */
  loginHint?: 'login_hint' | 'login'
  /** False where the provider refuses a code verifier. */
  takesPkce: boolean
  /** How Signet proves itself: in the body, or as discovery says. */
  clientAuthentication: 'post' | 'announced'
  /** The client secret, where it is not simply what is configured. */
  clientSecret?: (provider: IdentityProvider, now: Date) => string
  /** A refusal of the token endpoint as an OAuth error (RFC 6749 §5.2), where the provider has words of its own. */
  readRefusal?: (status: number, body: JsonObject) => { error: string; about: string } | undefined
  /**
   * The scope of a token for ourselves, where asking for one is needed to learn whether the secret is accepted: the provider looks at a
   * code before it looks at who shows it.
   */
  ownScope?: (provider: IdentityProvider) => string | undefined
  /** What the settings lack, or have wrong, beside what any provider has to have. */
  violations?: (provider: IdentityProvider) => SettingViolation[]
}

/** It speaks OpenID Connect, and says by itself where it is asked. */
export interface OpenIdProfile extends AnyProfile {
  protocol: 'openid'
  /** What it must call itself (`{tenantid}` stands for the tenant of a person). */
  issuer(settings: ProviderSettings): string
  /** Where it says so, where that is not below its issuer. */
  discoveryUrl?: (settings: ProviderSettings) => string
  /** The issuer that a token with these claims must have; undefined where nobody like that may come. */
  issuerOf?: (
    announced: string,
    claims: JsonObject,
    settings: ProviderSettings,
  ) => string | undefined
  /** Whether `iss` of an answer (RFC 9207) is one of its issuers, where there is more than the announced one. */
  isIssuer?: (iss: string, announced: string, settings: ProviderSettings) => boolean
  /** False where it never sends the nonce back. A nonce that it does send is judged all the same. */
  sendsNonce: boolean
  /** Whether the ID token says everything, so that the userinfo endpoint need not be asked. */
  saysAllInIdToken: boolean
  /** Who it is, by claims of which the signature is right. */
  person(claims: PersonClaims): Person
}

export interface PersonClaims {
  idToken: JsonObject
  userinfo: JsonObject | undefined
  /** What the browser brought back: unsigned. */
  parameters: URLSearchParams
}

/** It speaks OAuth alone, at addresses that are written down here, and says who somebody is in its own way. */
export interface OAuthProfile extends AnyProfile {
  protocol: 'oauth'
  endpoints(settings: ProviderSettings): OAuthEndpoints
  /** Who it is, by what its API says. */
  person(api: ProviderApi, provider: IdentityProvider): Promise<Person & { subject: string }>
}

export interface OAuthEndpoints {
  /** What it calls itself, in answers (RFC 9207) and in the accounts that are linked. */
  issuer: string
  authorization: string
  token: string
  api: string
}

export interface ProviderApi {
  accessToken: string
  /** The base address of the API. */
  base: string
  /** Asks the API with the access token. Throws UpstreamRefused. */
  get(url: string): Promise<Json>
}

/** As the provider says it: not trimmed, not checked. */
export interface Person {
  email?: Json | undefined
  emailVerified: boolean
  name?: Json | undefined
  pictureUrl?: Json | undefined
  /** Everything it said. */
  claims: JsonObject
}

/**
 * The person of standard claims (OpenID Connect Core 1.0 §5.1). Where ID token and userinfo name different addresses, that of the ID token
 * counts; a word on its verification counts for that very address alone.
 */
export function standardPerson({ idToken, userinfo = {} }: PersonClaims): Person {
  const email = idToken.email ?? userinfo.email
  const verified = [idToken, userinfo].find(
    (said) => said.email === email && said.email_verified !== undefined,
  )?.email_verified
  const claims = { ...userinfo, ...idToken }
  const parts = [claims.given_name, claims.family_name].filter((part) => typeof part === 'string')
  return {
    email,
    emailVerified: verified === true,
    name: claims.name ?? (parts.length > 0 ? parts.join(' ') : claims.preferred_username),
    pictureUrl: claims.picture,
    claims,
  }
}

/** Without the slashes at its end. */
export function withoutSlash(address: string): string {
  return address.replace(/\/+$/u, '')
}
