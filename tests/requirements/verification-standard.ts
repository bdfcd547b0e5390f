/** What OWASP ASVS 5.0 asks: its rows on OAuth (V10), cookies and pages (V3), sessions (V7) and what else decides. */

import {
  adapters,
  assertions,
  authorize,
  bigProviders,
  browser,
  code,
  endSession,
  forgeries,
  hostileProviders,
  introspect,
  later,
  logoutTokens,
  openIdProviders,
  pages,
  providerAccounts,
  providerPages,
  type Requirement,
  race,
  redirect,
  refresh,
  reuse,
  revoke,
  server,
  socialProviders,
  sweep,
  token,
  userinfo,
  verifier,
} from './requirement.ts'

export const ofVerificationStandard: readonly Requirement[] = [
  {
    id: 'V10.1.2',
    asks: 'only answers to requests of one’s own are taken',
    shownBy: {
      [openIdProviders]: ['another state', 'refuses another code verifier'],
      [socialProviders]: ['another state is refused, and nobody asked'],
      [providerPages]: ['in another browser', 'a second time', 'two tabs do not cross'],
    },
  },
  {
    id: 'V10.2.2',
    asks: 'a mix-up of servers is noticed',
    shownBy: {
      [authorize]: ['is answered with a code, the state and the issuer'],
      [openIdProviders]: ['another issuer', 'no issuer where one was announced'],
    },
  },
  {
    id: 'V10.2.3',
    asks: 'and asks others for no more than is needed',
    shownBy: { [socialProviders]: ['is asked for what signing in needs, and no more'] },
  },
  {
    id: 'V10.3.1',
    asks: 'a resource server takes only tokens that are meant for it',
    shownBy: {
      [forgeries]: ['forged tokens'],
      [token]: ['is for the resources that were asked for'],
    },
  },
  {
    id: 'V10.3.2',
    asks: 'and only for the scopes that it needs',
    shownBy: {
      [verifier]: ['scopes and permissions are all needed'],
      [adapters]: ['a token without the scope'],
    },
  },
  {
    id: 'V10.3.5',
    asks: 'and only from who holds its key',
    shownBy: { [forgeries]: ['a token that is bound to a key is no bearer token'] },
    open: later,
  },
  {
    id: 'V10.4.1',
    asks: 'redirect URIs match exactly',
    shownBy: {
      [redirect]: [
        'is none that only looks like one',
        'is none of more than a thousand that are nearly one',
      ],
      [authorize]: ['where the redirect URI is missing, or none'],
    },
  },
  {
    id: 'V10.4.2',
    asks: 'a code is good once, and its reuse ends what it yielded',
    shownBy: {
      [code]: ['is good once, and used again', 'has one winner'],
      'bench/race/race.test.ts': ['authorization-code'],
    },
  },
  {
    id: 'V10.4.3',
    asks: 'a code lives a minute at the most',
    shownBy: { [code]: ['is over after a minute'] },
  },
  {
    id: 'V10.4.4',
    asks: 'each client has its grant types; no implicit flow, no password grant',
    shownBy: {
      [token]: ['refuses grant types that nobody has'],
      [authorize]: ['the implicit flow', 'the hybrid flow'],
    },
  },
  {
    id: 'V10.4.5',
    asks: 'a replayed refresh token ends its family',
    shownBy: {
      [reuse]: ['after the window is found at once'],
      [refresh]: ['is reuse: a third tab'],
      [race]: ['make one advance, and 49'],
    },
  },
  {
    id: 'V10.4.6',
    asks: 'PKCE with S256 is required',
    shownBy: {
      [authorize]: ['no code_challenge', 'a plain code_challenge'],
      [code]: ['nobody downgrades PKCE', 'is bound to its code verifier'],
    },
  },
  {
    id: 'V10.4.7',
    asks: 'nobody registers clients unasked',
    shownBy: { [`${server}/clients/rpc.test.ts`]: ['get no permission from who does not have it'] },
    open: 'dynamic registration is not served',
  },
  {
    id: 'V10.4.8',
    asks: 'a refresh token does not live for ever',
    shownBy: { [reuse]: ['never lives longer than it may'] },
  },
  {
    id: 'V10.4.9',
    asks: 'people can take back what they gave',
    shownBy: { 'tests/revocation-matrix/acts.ts': ['consentWithdrawn'] },
    open: 'through the contract; the account page comes later',
  },
  {
    id: 'V10.4.10',
    asks: 'confidential clients prove who they are, in one way',
    shownBy: {
      [token]: ['refuses a client that does not prove itself'],
      [introspect]: ['but not by two methods at once'],
      [revoke]: ['anonymous and wrong clients are refused'],
    },
  },
  {
    id: 'V10.4.11',
    asks: 'no scope is granted that was not registered',
    shownBy: { [authorize]: ['a scope of others'], [token]: ['are for what is registered'] },
  },
  {
    id: 'V10.4.12',
    asks: 'nor a response mode',
    shownBy: { [authorize]: ['a response mode or a grant type that is not'] },
  },
  { id: 'V10.4.13', asks: 'requests are pushed', shownBy: {}, open: later },
  { id: 'V10.4.14', asks: 'tokens are bound to a key', shownBy: {}, open: later },
  {
    id: 'V10.4.16',
    asks: 'clients can prove themselves by a key',
    shownBy: { [assertions]: ['as oauth4webapi makes it', 'once, of fifty at the same time'] },
  },
  {
    id: 'V10.5.1',
    asks: 'nonce, issuer, subject and audience of others’ ID tokens are checked',
    shownBy: {
      [hostileProviders]: [
        'of another visit',
        'of another issuer',
        'for us and another client',
        'signed with the client secret',
        'of another subject is refused',
      ],
      [bigProviders]: ['the same subject in another tenant is somebody else'],
    },
  },
  {
    id: 'V10.5.5',
    asks: 'and their logout tokens',
    shownBy: {
      [logoutTokens]: ['with a nonce', 'about another event', 'an ID token is none'],
      [providerAccounts]: ['once: the same token ends nothing that began since'],
    },
  },
  {
    id: 'V10.6.1',
    asks: 'the only response type is code',
    shownBy: { [userinfo]: ['is the same at both places'], [authorize]: ['the implicit flow'] },
  },
  {
    id: 'V10.6.2',
    asks: 'nobody is signed out by a link',
    shownBy: {
      [endSession]: ['by a client that says no more than its id', 'by a form that is not ours'],
    },
  },
  {
    id: 'V10.7.1',
    asks: 'people agree to each client, and again to more',
    shownBy: { [authorize]: ['is asked for once, for an app', 'is asked for again for more'] },
  },
  {
    id: 'V10.7.2',
    asks: 'and see what they agree to',
    shownBy: {
      [`${server}/pages/app-flow.browser.test.ts`]: ['is asked by another app what it may do'],
    },
  },
  {
    id: 'V3.3.1',
    asks: 'cookies are Secure, HttpOnly, SameSite and of this host',
    shownBy: { [pages]: ['sets cookies that only this host', 'with cookies that no script reads'] },
  },
  {
    id: 'V3.4.1',
    asks: 'every answer carries its policy',
    shownBy: {
      [sweep]: ['every answer of every route'],
      [pages]: ['keeps itself from caches, frames'],
    },
  },
  {
    id: 'V3.5.1',
    asks: 'nobody acts through another site',
    shownBy: { [pages]: ['from another site does nothing', 'without the token of this browser'] },
  },
  {
    id: 'V3.5.3',
    asks: 'safe methods are safe',
    shownBy: { [pages]: ['changes nothing when it is opened'] },
  },
  {
    id: 'V4.1.3',
    asks: 'headers of proxies are believed from proxies alone',
    shownBy: { [`${server}/wires/caller-facts.test.ts`]: [''] },
  },
  {
    id: 'V4.2.1',
    asks: 'no request is smuggled',
    shownBy: { [`${server}/wires/hostile-sockets.test.ts`]: [''] },
  },
  {
    id: 'V7.2.4',
    asks: 'a session gets another secret with each proof',
    shownBy: {
      [browser]: [
        'goes on with the session under a new secret',
        'takes no secret that it is given',
      ],
    },
  },
  {
    id: 'V7.3.1',
    asks: 'sessions end when they are idle or old',
    shownBy: {
      [browser]: [
        'once it was idle for too long',
        'has a session that dies after a shorter time without use',
      ],
    },
  },
  {
    id: 'V7.4.1',
    asks: 'what has ended is refused, whatever it is',
    shownBy: { 'tests/revocation-matrix/matrix.test.ts': ['beside each other'] },
  },
  {
    id: 'V7.6.2',
    asks: 'nobody is signed in without acting',
    shownBy: { [pages]: ['changes nothing when it is opened'] },
  },
  {
    id: 'V14.3.2',
    asks: 'nothing secret is kept by caches',
    shownBy: {
      [sweep]: ['every answer of every route'],
      [code]: ['yields an access token, a refresh token'],
    },
  },
  {
    id: 'V16.5.1',
    asks: 'errors tell nothing of the inside',
    shownBy: {
      [`${server}/wires/fuzz.test.ts`]: ['JSON of any shape'],
      [`${server}/oauth/form-endpoints.fuzz.test.ts`]: ['any bytes'],
    },
  },
]
