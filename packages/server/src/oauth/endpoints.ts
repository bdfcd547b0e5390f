/** Where the authorization server is asked what, so that its metadata says what is served. */

/** Paths, by what they are called in the metadata (RFC 8414 §2). */
export const endpoints = {
  authorization: '/oauth2/authorize',
  token: '/oauth2/token',
  userinfo: '/oauth2/userinfo',
  introspection: '/oauth2/introspect',
  revocation: '/oauth2/revoke',
  endSession: '/oauth2/end-session',
  jwks: '/.well-known/jwks.json',
} as const

/** Where a page sends the browser on, with the request that led to it. */
export const wayBack = {
  /** The person did what was asked. */
  resume: `${endpoints.authorization}/resume`,
  /** The person refused. */
  denied: `${endpoints.authorization}/denied`,
} as const

/** The document about all of this: of OpenID Connect, and of OAuth 2.0. */
export const metadataPaths = [
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
] as const

/** The UserInfo endpoint (OpenID Connect Core 1.0 §5.3). */
export function userinfoAddress(issuer: string): string {
  return issuer + endpoints.userinfo
}
