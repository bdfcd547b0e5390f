/** Any OpenID provider that has a discovery document (OpenID Connect Discovery 1.0). */

import { type OpenIdProfile, standardPerson } from './profile.ts'

export const oidc: OpenIdProfile = {
  protocol: 'openid',
  issuer: ({ issuer }) => issuer ?? '',
  scopes: ['openid', 'email', 'profile'],
  offline: { scopes: ['offline_access'], parameters: { prompt: 'consent' } },
  reauthentication: { prompt: 'login', max_age: '0' },
  loginHint: 'login_hint',
  takesPkce: true,
  clientAuthentication: 'announced',
  sendsNonce: true,
  saysAllInIdToken: false,
  person: standardPerson,
  violations: ({ settings }) =>
    settings.issuer === undefined
      ? [
          {
            field: 'issuer',
            rule: 'required',
            message:
              'It has no issuer. Give the address that the provider publishes as its issuer.',
          },
        ]
      : [],
}
