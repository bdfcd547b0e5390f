/**
 * Facebook: OAuth, and the Graph API that says who it is. The id is the person's id for this app alone. It does not say whether an
 * address was verified, so that none counts as that.
 *
 * Each question to the API carries a proof that whoever asks has the app's secret, so that a stolen access token alone is worth
 * nothing here.
 *
 * Its documentation: https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow and
 * https://developers.facebook.com/docs/graph-api/guides/secure-requests.
 */

import { createHmac } from 'node:crypto'
import { UpstreamRefused } from '../upstream.ts'
import { type JsonObject, type OAuthProfile, withoutSlash } from './profile.ts'

const version = 'v24.0'
const fields = 'id,name,email,picture.width(512).height(512){url,is_silhouette}'

/** Codes of its errors at the token endpoint: the secret, the app. */
const clientErrors: readonly unknown[] = [1, 101]

export const facebook: OAuthProfile = {
  protocol: 'oauth',
  endpoints({ issuer }) {
    const graph = `${withoutSlash(issuer ?? 'https://graph.facebook.com')}/${version}`
    const web = withoutSlash(issuer ?? 'https://www.facebook.com')
    return {
      issuer: web,
      authorization: `${web}/${version}/dialog/oauth`,
      token: `${graph}/oauth/access_token`,
      api: graph,
    }
  },
  scopes: ['public_profile', 'email'],
  reauthentication: { auth_type: 'reauthenticate' },
  takesPkce: true,
  clientAuthentication: 'post',
  readRefusal(_status, { error }) {
    if (typeof error !== 'object' || error === null || Array.isArray(error)) return undefined
    const { message, code } = error
    const named = clientErrors.includes(code) ? 'invalid_client' : 'invalid_grant'
    // 191: the redirect URI is not one of the app's.
    return { error: code === 191 ? 'redirect_uri_mismatch' : named, about: String(message ?? '') }
  },
  async person({ base, accessToken, get }, { clientSecret }) {
    const url = new URL(`${base}/me`)
    const proof = createHmac('sha256', clientSecret.reveal()).update(accessToken).digest('hex')
    url.search = new URLSearchParams({ fields, appsecret_proof: proof }).toString()
    const claims = ((await get(url.href)) ?? {}) as JsonObject
    const { id, name, email, picture } = claims
    if (typeof id !== 'string') throw new UpstreamRefused('answer', 'the user has no id')
    const { data } = (picture ?? {}) as { data?: { url?: string; is_silhouette?: boolean } }
    return {
      subject: id,
      email,
      emailVerified: false,
      name,
      pictureUrl: data?.is_silhouette === true ? undefined : data?.url,
      claims,
    }
  },
}
