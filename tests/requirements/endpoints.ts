/** What RFC 7009, RFC 7662, RFC 9457 and the OpenID Connect specifications ask. */

import {
  authorize,
  backchannel,
  code,
  endSession,
  introspect,
  keys,
  type Requirement,
  revoke,
  rotation,
  server,
  sweep,
  userinfo,
} from './requirement.ts'

export const ofEndpoints: readonly Requirement[] = [
  {
    id: '7009-1',
    asks: 'a client revokes what is its own',
    shownBy: {
      [revoke]: ['7009-1: a token is bound to its client', '7009-1: a public client gives up'],
    },
  },
  {
    id: '7009-2',
    asks: 'what is no good token is answered alike',
    shownBy: { [revoke]: ['unknown, forged, of another kind'] },
  },
  {
    id: '7009-3',
    asks: 'a refresh token takes its access tokens with it',
    shownBy: { [revoke]: ['a refresh token ends its grant'] },
  },
  { id: '7009-4', asks: 'a wrong hint does no harm', shownBy: { [revoke]: ['7009-4'] } },
  {
    id: '7009-5',
    asks: 'nothing is acknowledged that was not done',
    shownBy: { [revoke]: ['the answer is 503 with Retry-After'] },
  },
  {
    id: '7662-1',
    asks: 'only who may ask is told',
    shownBy: {
      [introspect]: ['7662-1: the caller is authenticated', '7662-1: the caller is authorized'],
    },
  },
  {
    id: '7662-2',
    asks: 'inactive says nothing more',
    shownBy: { [introspect]: ['garbage, forged, of another issuer'] },
  },
  {
    id: '7662-3',
    asks: 'active is only what everything lives of',
    shownBy: { [`${server}/oauth/introspect-causes.test.ts`]: ['7662-3'] },
  },
  {
    id: '7662-4',
    asks: 'no token in a query',
    shownBy: { [introspect]: ['GET and other methods are refused'] },
  },
  {
    id: '9457-1',
    asks: 'refusals of the API are problem documents',
    shownBy: {
      [sweep]: ['every answer of every route'],
      'packages/server/src/pages/refusal-pages.test.ts': [
        'is a page for a person and a problem document',
      ],
    },
  },
  {
    id: '9457-3',
    asks: 'and the same over every wire',
    shownBy: { [`${server}/wires/parity.test.ts`]: ['passes each refusal of its handler on'] },
  },
  {
    id: 'OIDC-1',
    asks: 'code flow, scopes, claims, UserInfo',
    shownBy: {
      [userinfo]: ['says what the scopes ask for', 'takes the token in the header or in a form'],
    },
  },
  {
    id: 'OIDC-2',
    asks: 'ID tokens say what they must',
    shownBy: { [code]: ['yields an access token, a refresh token'] },
  },
  {
    id: 'OIDC-3',
    asks: 'prompt, max_age, hints, locales, acr',
    shownBy: {
      [authorize]: [
        'is nobody while prompt=none',
        'proves it again for prompt=login',
        'is the one the client insists on',
        'is the one login_hint names',
        'an acr that nobody reaches',
      ],
    },
  },
  {
    id: 'OIDC-5',
    asks: 'request objects are refused clearly',
    shownBy: { [authorize]: ['a request object', 'a request_uri'] },
  },
  {
    id: 'OIDC-7',
    asks: 'discovery is whole, and no private key is published',
    shownBy: {
      [userinfo]: ['is the same at both places'],
      [keys]: ['publishes public parts alone'],
    },
  },
  {
    id: 'OIDC-8',
    asks: 'keys rotate without a failed verification',
    shownBy: { [rotation]: ['fails no verification by anybody in two rotations'] },
  },
  {
    id: 'OIDC-9',
    asks: 'unknown parameters are ignored, errors are those of the specification',
    shownBy: {
      [authorize]: ['with parameters that nobody knows', 'the client hears what is wrong'],
    },
  },
  {
    id: 'RPI',
    asks: 'signing out on behalf of an app',
    shownBy: {
      [endSession]: [
        'oidcc-rp-initiated-logout',
        'oidcc-rp-initiated-logout-bad-post-logout-redirect-uri',
        'oidcc-rp-initiated-logout-no-id-token-hint',
      ],
    },
  },
  {
    id: 'BCL-1',
    asks: 'a logout token says what it must',
    shownBy: { [backchannel]: ['is what the specification says (BCL-1)'] },
  },
  {
    id: 'BCL-2',
    asks: 'every app of the session is told',
    shownBy: {
      [backchannel]: [
        'each client of the session once',
        'is told again until it has heard',
        'is not asked elsewhere where it redirects',
      ],
    },
  },
]
