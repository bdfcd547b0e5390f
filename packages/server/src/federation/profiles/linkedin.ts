/**
 * LinkedIn: OpenID Connect without nonce and without PKCE. It sends no nonce back, and refuses a request with a code verifier as one of
 * a wrong client (`invalid_client`); what binds its answer to the browser is the state.
 *
 * Its documentation: https://learn.microsoft.com/linkedin/consumer/integrations/self-serve/sign-in-with-linkedin-v2.
 */

import { type OpenIdProfile, standardPerson } from './profile.ts'

export const linkedin: OpenIdProfile = {
  protocol: 'openid',
  issuer: ({ issuer }) => issuer ?? 'https://www.linkedin.com/oauth',
  scopes: ['openid', 'profile', 'email'],
  // It has no way to ask for the password again.
  reauthentication: {},
  takesPkce: false,
  clientAuthentication: 'post',
  // A code that was used or is too old is an `invalid_request`.
  readRefusal: (status, { error, error_description: about }) =>
    status === 400 && error === 'invalid_request'
      ? { error: 'invalid_grant', about: String(about ?? '') }
      : undefined,
  sendsNonce: false,
  saysAllInIdToken: false,
  person: standardPerson,
}
