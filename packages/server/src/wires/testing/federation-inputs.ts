/** What the methods about providers and identities are called with by the test that compares the wires. */

import type { MethodInputs } from './method-inputs.ts'

export const federationInputs: MethodInputs = {
  'signet.v1.FederationService/ListSignInProviders': { valid: {} },
  'signet.v1.FederationService/GetAuthorizationUrl': {
    valid: {
      providerId: 'google',
      clientId: 'photos',
      redirectUri: 'com.example.photos:/signed-in',
      scopes: ['openid'],
      codeChallenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      state: 'state',
    },
    invalid: {
      input: { providerId: 'google', clientId: '', redirectUri: 'x', codeChallenge: 'short' },
      rules: { clientId: 'string.min_len', codeChallenge: 'string.pattern' },
    },
  },
  'signet.v1.FederationService/ExchangeCode': {
    valid: { clientId: 'photos', code: 'sa1_code', codeVerifier: 'v'.repeat(43) },
    invalid: {
      input: { clientId: 'photos', code: '', codeVerifier: 'v' },
      rules: { code: 'string.min_len', codeVerifier: 'string.pattern' },
    },
  },
  'signet.v1.FederationService/ListIdentities': { valid: {} },
  'signet.v1.FederationService/LinkIdentity': {
    valid: {
      providerId: 'github',
      redirectUri: 'https://app.example.com/linked',
      codeChallenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    },
    invalid: {
      input: { providerId: 'Git Hub', redirectUri: 'x', codeChallenge: 'c'.repeat(43) },
      rules: { providerId: 'string.pattern' },
    },
  },
  'signet.v1.FederationService/ConfirmIdentity': {
    valid: { code: 'code', codeVerifier: 'v'.repeat(43) },
    invalid: {
      input: { code: '', codeVerifier: 'v'.repeat(43) },
      rules: { code: 'string.min_len' },
    },
  },
  'signet.v1.FederationService/UnlinkIdentity': {
    valid: { identityId: '018f0000-0000-7000-8000-000000000001' },
    invalid: { input: { identityId: 'x' }, rules: { identityId: 'string.uuid' } },
  },
  'signet.v1.FederationService/GetUpstreamToken': {
    valid: { userId: '018f0000-0000-7000-8000-000000000001', providerId: 'github' },
    invalid: { input: { userId: 'x', providerId: 'github' }, rules: { userId: 'string.uuid' } },
  },
  'signet.v1.ProviderService/CreateProvider': {
    valid: {
      id: 'acme',
      kind: 'PROVIDER_KIND_OIDC',
      record: { name: 'Acme', clientId: 'signet', issuer: 'https://login.acme.example' },
      clientSecret: 'secret',
    },
    invalid: {
      input: {
        id: 'Acme',
        kind: 'PROVIDER_KIND_OIDC',
        record: { name: '', clientId: 'signet' },
        clientSecret: '',
      },
      rules: {
        id: 'string.pattern',
        'record.name': 'string.min_len',
        clientSecret: 'string.min_len',
      },
    },
  },
  'signet.v1.ProviderService/ListProviders': { valid: {} },
  'signet.v1.ProviderService/UpdateProvider': {
    valid: { providerId: 'acme', record: { name: 'Acme', clientId: 'signet' } },
    invalid: { input: { providerId: 'acme' }, rules: { record: 'required' } },
  },
  'signet.v1.ProviderService/DeleteProvider': {
    valid: { providerId: 'acme' },
    invalid: { input: { providerId: 'x'.repeat(33) }, rules: { providerId: 'string.max_len' } },
  },
  'signet.v1.ProviderService/CheckProvider': {
    valid: { providerId: 'acme' },
    invalid: { input: { providerId: '4' }, rules: { providerId: 'string.pattern' } },
  },
}
