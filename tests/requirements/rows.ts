/**
 * What the specifications ask of an authorization server, row by row, and the tests that an attacker would have to fool.
 *
 * Rows are named as in OWASP ASVS 5.0 (V…), RFC 9700 (BCP-…), OAuth 2.1 (O21-…), RFC 9068, RFC 8725, RFC 7009, RFC 7662, RFC 9457 and
 * the OpenID Connect specifications (OIDC-…, RPI-…, BCL-…). A row without a test says why. `npm run check` fails where a test that is
 * named here is not there any more.
 */

export interface Requirement {
  id: string
  asks: string
  /** Files of tests, each with titles, or parts of titles, of tests in it. */
  shownBy: Readonly<Record<string, readonly string[]>>
  /** Why there is no test, or what part of it has none. */
  open?: string
}

const server = 'packages/server/src'
const authorize = `${server}/oauth/authorize-endpoint.test.ts`
const code = `${server}/oauth/authorization-code-grant.test.ts`
const token = `${server}/oauth/token.test.ts`
const userinfo = `${server}/oauth/userinfo.test.ts`
const redirect = `${server}/clients/redirect-uri.test.ts`
const clients = `${server}/clients/clients.test.ts`
const pages = `${server}/pages/mount-pages.test.ts`
const browser = `${server}/sign-in/browser-sign-in.test.ts`
const endSession = `${server}/oauth/end-session.test.ts`
const backchannel = `${server}/oauth/backchannel-logout.test.ts`
const introspect = `${server}/oauth/introspect.test.ts`
const revoke = `${server}/oauth/revoke.test.ts`
const assertions = `${server}/oauth/private-key-jwt.test.ts`
const reuse = `${server}/tokens/refresh-reuse.test.ts`
const refresh = `${server}/tokens/refresh-tokens.test.ts`
const race = `${server}/tokens/refresh-tokens.race.test.ts`
const rotation = `${server}/tokens/rotate-signing-keys.test.ts`
const keys = `${server}/tokens/signing-keys.test.ts`
const verifier = 'packages/verifier/src/verifier.test.ts'
const forgeries = 'packages/verifier/src/forgeries.test.ts'
const adapters = 'packages/verifier/src/adapters.test.ts'
const keySet = 'packages/verifier/src/key-set.test.ts'
const sweep = 'tests/requirements/sweep.test.ts'

const later = 'comes with pushed requests and sender-constrained tokens'
const asClient = 'comes with sign-in through other providers'

export const requirements: readonly Requirement[] = [
  {
    id: 'V10.1.2',
    asks: 'only answers to requests of one’s own are taken',
    shownBy: {},
    open: asClient,
  },
  {
    id: 'V10.2.2',
    asks: 'a mix-up of servers is noticed',
    shownBy: { [authorize]: ['is answered with a code, the state and the issuer'] },
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
    shownBy: {},
    open: asClient,
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
    shownBy: { [browser]: ['once it was idle for too long'] },
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
      [pages]: ['is a page for a person and a problem document'],
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
