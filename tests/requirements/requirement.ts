/** A row of what is asked, and the files of tests that rows name. */

export interface Requirement {
  id: string
  asks: string
  /** Files of tests, each with titles, or parts of titles, of tests in it. */
  shownBy: Readonly<Record<string, readonly string[]>>
  /** Why there is no test, or what part of it has none. */
  open?: string
}

export const server = 'packages/server/src'
export const authorize = `${server}/oauth/authorize-endpoint.test.ts`
export const code = `${server}/oauth/authorization-code-grant.test.ts`
export const token = `${server}/oauth/token.test.ts`
export const userinfo = `${server}/oauth/userinfo.test.ts`
export const redirect = `${server}/clients/redirect-uri.test.ts`
export const clients = `${server}/clients/clients.test.ts`
export const pages = `${server}/pages/mount-pages.test.ts`
export const browser = `${server}/sign-in/browser-sign-in.test.ts`
export const endSession = `${server}/oauth/end-session.test.ts`
export const backchannel = `${server}/oauth/backchannel-logout.test.ts`
export const introspect = `${server}/oauth/introspect.test.ts`
export const revoke = `${server}/oauth/revoke.test.ts`
export const assertions = `${server}/oauth/private-key-jwt.test.ts`
export const reuse = `${server}/tokens/refresh-reuse.test.ts`
export const refresh = `${server}/tokens/refresh-tokens.test.ts`
export const race = `${server}/tokens/refresh-tokens.race.test.ts`
export const rotation = `${server}/tokens/rotate-signing-keys.test.ts`
export const keys = `${server}/tokens/signing-keys.test.ts`
export const verifier = 'packages/verifier/src/verifier.test.ts'
export const forgeries = 'packages/verifier/src/forgeries.test.ts'
export const adapters = 'packages/verifier/src/adapters.test.ts'
export const keySet = 'packages/verifier/src/key-set.test.ts'
export const openIdProviders = `${server}/federation/openid-providers.test.ts`
export const socialProviders = `${server}/federation/social-providers.test.ts`
export const hostileProviders = `${server}/federation/hostile-provider.test.ts`
export const logoutTokens = `${server}/federation/judge-logout-token.test.ts`
export const sweep = 'tests/requirements/sweep.test.ts'

export const later = 'comes with pushed requests and sender-constrained tokens'
export const asClient = 'comes with sign-in through other providers'
