/**
 * GitHub: OAuth, and an API that says who it is. The number of the account is the subject; login and address change hands.
 *
 * GitHub Enterprise is named by its web address; its API is below it, or beside it where GitHub hosts it (`….ghe.com`).
 *
 * Its documentation: https://docs.github.com/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps and
 * https://docs.github.com/rest/users/emails.
 */

import type { Json } from '../../db/query.ts'
import type { ProviderSettings } from '../identity-provider.ts'
import { UpstreamRefused } from '../upstream.ts'
import { type JsonObject, type OAuthProfile, withoutSlash } from './profile.ts'

/** Its errors, which come with the status of success. */
const errors: Readonly<Record<string, string>> = {
  incorrect_client_credentials: 'invalid_client',
  bad_verification_code: 'invalid_grant',
  bad_refresh_token: 'invalid_grant',
  unverified_user_email: 'invalid_grant',
  // What an unknown client id gets, with status 404.
  'Not Found': 'invalid_client',
}

export const github: OAuthProfile = {
  protocol: 'oauth',
  endpoints(settings) {
    const base = withoutSlash(settings.issuer ?? 'https://github.com')
    return {
      issuer: `${base}/login/oauth`,
      authorization: `${base}/login/oauth/authorize`,
      token: `${base}/login/oauth/access_token`,
      api: apiOf(base),
    }
  },
  scopes: ['read:user', 'user:email'],
  reauthentication: { prompt: 'select_account' },
  loginHint: 'login',
  takesPkce: true,
  clientAuthentication: 'post',
  readRefusal: (_status, { error, error_description: about }) =>
    typeof error === 'string'
      ? { error: errors[error] ?? error, about: `${error} ${about ?? ''}` }
      : undefined,
  async person({ base, get }) {
    const emailsOf = get(`${base}/user/emails`).catch(withoutPermission)
    const [user, emails] = await Promise.all([get(`${base}/user`), emailsOf])
    const claims = (user ?? {}) as JsonObject
    const { id, login, name, avatar_url: pictureUrl } = claims
    if (!Number.isSafeInteger(id)) throw new UpstreamRefused('answer', 'the user has no numeric id')
    const primary = primaryOf(emails)
    return {
      subject: String(id),
      email: primary?.email,
      emailVerified: primary?.verified === true,
      name: name ?? login,
      pictureUrl,
      claims: { ...claims, ...(primary && { email: primary.email ?? null }) },
    }
  },
}

function apiOf(base: ProviderSettings['issuer'] & string): string {
  const { protocol, hostname, host } = new URL(base)
  const isHosted = hostname === 'github.com' || hostname.endsWith('.ghe.com')
  return isHosted ? `${protocol}//api.${host}` : `${base}/api/v3`
}

/** A GitHub App that may not read addresses is refused them, and nothing else. */
function withoutPermission(error: unknown): Json {
  if (error instanceof UpstreamRefused && error.kind === 'answer') return []
  throw error
}

function primaryOf(emails: Json): JsonObject | undefined {
  if (!Array.isArray(emails)) return undefined
  return emails.find((each) => (each as JsonObject | null)?.primary === true) as JsonObject
}
