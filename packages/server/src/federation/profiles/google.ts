/** Google: OpenID Connect by the book. Its documentation: https://developers.google.com/identity/openid-connect/openid-connect. */

import { type OpenIdProfile, standardPerson } from './profile.ts'

export const google: OpenIdProfile = {
  protocol: 'openid',
  issuer: ({ issuer }) => issuer ?? 'https://accounts.google.com',
  scopes: ['openid', 'email', 'profile'],
  // A refresh token comes with the first consent alone, unless consent is asked for again.
  offline: { parameters: { access_type: 'offline', prompt: 'consent' } },
  // It has no way to ask for the password again; the choice of an account is what there is.
  reauthentication: { prompt: 'select_account' },
  loginHint: 'login_hint',
  takesPkce: true,
  clientAuthentication: 'post',
  sendsNonce: true,
  saysAllInIdToken: true,
  person: standardPerson,
}
