/**
 * Google: OpenID Connect by the book. An address counts as verified where Google answers for who has it today: one of Gmail, or of
 * a Workspace (`hd`). Any other one was verified once, and may have somebody else since.
 *
 * Its documentation: https://developers.google.com/identity/openid-connect/openid-connect and, on addresses,
 * https://developers.google.com/identity/siwg/backend-auth#verify-the-integrity-of-the-id-token.
 */

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
  person(said) {
    const person = standardPerson(said)
    const isOfGoogle = /@gmail\.com$/iu.test(String(person.email)) || person.claims.hd !== undefined
    return { ...person, emailVerified: person.emailVerified && isOfGoogle }
  },
}
