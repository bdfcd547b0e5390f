/** What RFC 9700, OAuth 2.1, RFC 9068 and RFC 8725 ask. */

import {
  adapters,
  assertions,
  authorize,
  backchannel,
  clients,
  code,
  forgeries,
  introspect,
  keySet,
  later,
  pages,
  type Requirement,
  redirect,
  refresh,
  server,
  sweep,
  token,
  userinfo,
} from './requirement.ts'

export const ofProtocol: readonly Requirement[] = [
  {
    id: 'BCP-2.1b',
    asks: 'nobody is sent on to somewhere else',
    shownBy: {
      [sweep]: ['sends nobody to another site'],
      [`${server}/oauth/authorize-endpoint.test.ts`]: ['that was changed or made up goes nowhere'],
    },
  },
  {
    id: 'BCP-2.1c',
    asks: 'a request belongs to the browser that made it',
    shownBy: {
      [`${server}/pages/app-flow.browser.test.ts`]: ['a request in two tabs is two requests'],
      [code]: ['is bound to its code verifier'],
    },
  },
  {
    id: 'BCP-2.1d',
    asks: 'every answer names its issuer',
    shownBy: {
      [authorize]: [
        'the client hears what is wrong',
        'is answered with a code, the state and the issuer',
      ],
    },
  },
  {
    id: 'BCP-2.1e',
    asks: 'no redirect sends a form on',
    shownBy: { [sweep]: ['sends nobody to another site'], [pages]: ['is followed by 303'] },
  },
  {
    id: 'BCP-2.1.1a',
    asks: 'PKCE is enforced where it was begun',
    shownBy: { [code]: ['is bound to its code verifier'] },
  },
  {
    id: 'BCP-2.1.1b',
    asks: 'and not taken where it was not',
    shownBy: { [code]: ['nobody downgrades PKCE'] },
  },
  {
    id: 'BCP-2.1.1c',
    asks: 'PKCE is published',
    shownBy: { [userinfo]: ['is the same at both places'] },
  },
  {
    id: 'BCP-2.2.2',
    asks: 'refresh tokens of public clients rotate, and are bound to scope and resource',
    shownBy: {
      [refresh]: ['advances after the window'],
      [token]: ['may be asked for less, never for more'],
    },
  },
  {
    id: 'BCP-2.3',
    asks: 'tokens have an audience and no more scopes than needed',
    shownBy: { [token]: ['is for the resources that were asked for'] },
  },
  {
    id: 'BCP-2.5',
    asks: 'secrets are long, and stored as hashes; keys are better',
    shownBy: {
      [clients]: ['gives a secret, of which only hash'],
      [assertions]: ['an assertion proves its client'],
    },
  },
  {
    id: 'BCP-2.6',
    asks: 'no http but at loopback, no CORS where people are sent',
    shownBy: {
      [redirect]: ['is a registered one to the letter'],
      [token]: ['may be called by pages of every origin'],
    },
  },
  {
    id: 'BCP-4.2',
    asks: 'nothing leaks by Referer',
    shownBy: {
      [pages]: ['keeps itself from caches, frames'],
      [sweep]: ['every answer of every route'],
    },
  },
  {
    id: 'BCP-4.5',
    asks: 'a code that was stolen is of no use elsewhere',
    shownBy: { [code]: ['is bound to its code verifier', 'is bound to its client'] },
  },
  {
    id: 'BCP-4.15',
    asks: 'a client never looks like a person',
    shownBy: {
      [token]: ['yield a token in which the client is its own subject'],
      [clients]: ['says everything that is wrong at once'],
    },
  },
  {
    id: 'BCP-4.16',
    asks: 'no page is shown in a frame',
    shownBy: { [pages]: ['keeps itself from caches, frames'] },
  },
  {
    id: 'O21-2',
    asks: 'no token in an address',
    shownBy: { [userinfo]: ['never in the address'], [adapters]: ['a token in the address'] },
  },
  {
    id: 'O21-4',
    asks: 'a token request may leave the redirect URI out where PKCE binds the code',
    shownBy: { [code]: ['which PKCE makes dispensable'] },
  },
  {
    id: 'O21-5',
    asks: 'client credentials may come in the body',
    shownBy: { [token]: ['refuses a client that does not prove itself'] },
  },
  {
    id: 'O21-6',
    asks: 'no parameter comes twice',
    shownBy: {
      [authorize]: ['each parameter that comes twice'],
      [introspect]: ['with a parameter twice'],
    },
  },
  {
    id: 'O21-7',
    asks: 'the scheme of a bearer token is read in any case',
    shownBy: { [userinfo]: ['never in the address'] },
  },
  {
    id: 'O21-8',
    asks: 'a request of nobody is answered by a page, not by a redirect',
    shownBy: { [authorize]: ['where the client is not known'] },
  },
  { id: 'PAR-1', asks: 'a pushed request is bound and used once', shownBy: {}, open: later },
  { id: 'DPOP-1', asks: 'proofs of possession are checked', shownBy: {}, open: later },
  {
    id: '9068-2.1',
    asks: 'access tokens say that they are',
    shownBy: { [forgeries]: ['forged tokens'], [sweep]: ['tokens of every grant'] },
  },
  { id: '9068-2.2', asks: 'and have every claim', shownBy: { [sweep]: ['tokens of every grant'] } },
  {
    id: '9068-2.2.1',
    asks: 'what they say of the proof is so',
    shownBy: {
      [sweep]: ['tokens of every grant'],
      [code]: ['yields an access token, a refresh token'],
    },
  },
  {
    id: '9068-4',
    asks: 'a resource server checks them in order',
    shownBy: { [forgeries]: ['forged tokens'] },
  },
  {
    id: '8725-3.3',
    asks: 'every cryptographic check is made',
    shownBy: {
      [`${server}/tokens/forged-signatures.test.ts`]: [''],
      [forgeries]: ['forged tokens'],
    },
    open: 'the vectors of Wycheproof were not run',
  },
  {
    id: '8725-3.4',
    asks: 'weak and broken keys of clients are refused',
    shownBy: {
      [clients]: ['keys that are weak, broken or private'],
      [`${server}/clients/client-keys.test.ts`]: ['of another kind or use, and broken ones'],
      [keySet]: ['is a weak RSA key'],
    },
  },
  {
    id: '8725-3.7',
    asks: 'tokens are read in one way only',
    shownBy: { [`${server}/tokens/forged-encodings.test.ts`]: [''] },
  },
  {
    id: '8725-3.10',
    asks: 'keys come from where they were configured',
    shownBy: {
      [`${server}/tokens/forged-headers.test.ts`]: [''],
      [assertions]: ['that brings its own key'],
    },
  },
  {
    id: '8725-3.11',
    asks: 'one kind of token is never taken for another',
    shownBy: {
      [backchannel]: ['is no ID token and no access token'],
      [userinfo]: ['refuses what is no good token'],
    },
  },
]
