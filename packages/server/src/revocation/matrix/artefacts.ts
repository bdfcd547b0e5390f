/**
 * What somebody may hold that opens something: the closed list of artefacts, one axis of the completeness matrix.
 *
 * Each names what the database keeps of it, and how it begins where it has a form of its own. `npm run check` fails where a
 * column of the schema, or a prefix in the source, is claimed by none of them: a new kind of credential comes with its cells.
 */

export interface ArtefactDescription {
  title: string
  /** Columns, as `table.column`, that hold what it is checked against. */
  storedIn?: readonly string[]
  /** How it begins. */
  prefix?: string
}

/** What a session yields: each of them is held in this session, and in another one of the same user. */
export const sessionArtefacts = {
  ownApi: { title: "access token at Signet's own API" },
  verifier: { title: 'access token at a verifier' },
  introspection: { title: 'access token by introspection' },
  redis: { title: 'access token via Redis' },
  refreshToken: {
    title: 'refresh token',
    storedIn: ['sessions.rev', 'grants.rev', 'grants.wrapped_secret'],
    prefix: 'sr1_',
  },
  eventStream: { title: 'open event stream' },
  browserCookie: {
    title: 'cookie of a browser',
    storedIn: ['session_cookies.secret_hash'],
    prefix: 'sc1_',
  },
  appAccessToken: { title: 'access token of another app that the person signed in to' },
  appRefreshToken: { title: 'refresh token of that app' },
  authorizationCode: {
    title: 'authorization code for that app',
    storedIn: ['authorization_codes.rev', 'authorization_codes.code_hash'],
    prefix: 'sa1_',
  },
} as const satisfies Record<string, ArtefactDescription>

/** What exists once: of the user, or of a service. */
export const singleArtefacts = {
  signInInFlight: { title: 'sign-in in flight (the password was read, its hash still runs)' },
  mailedLink: {
    title: 'mailed link or code',
    storedIn: [
      'mailed_links.rev',
      'mailed_links.token_hash',
      'mailed_links.code_hash',
      'mailed_links.request_hash',
    ],
    prefix: 'sl1_',
  },
  invitation: {
    title: 'invitation (link or code)',
    storedIn: ['invitations.rev', 'invitations.token_hash', 'invitations.code_hash'],
  },
  phoneCode: { title: 'code from a text message', storedIn: ['phone_codes.rev'] },
  undoLink: { title: 'link that gives a former address back' },
  offlineRefreshToken: { title: 'refresh token that outlives sessions (`offline_access`)' },
  clientToken: { title: 'access token that a service got for itself' },
  mintedAccessToken: { title: 'minted access token of a service' },
  mintedRefreshToken: { title: 'minted refresh token of a service' },
  clientSecret: {
    title: 'client secret of that service',
    storedIn: ['client_secrets.rev', 'client_secrets.secret_hash'],
    prefix: 'sk_',
  },
  deviceSecret: {
    title: 'device secret',
    storedIn: ['known_devices.secret_hash'],
    prefix: 'sd1_',
  },
} as const satisfies Record<string, ArtefactDescription>

export type SessionArtefact = keyof typeof sessionArtefacts
export type SingleArtefact = keyof typeof singleArtefacts

/** What looks like a credential in the schema and is none, with the reason. */
export const notHeld: Readonly<Record<string, string>> = {
  'event_keys.wrapped_key': 'encrypts personal facts in the event log; never leaves the service',
  'client_assertions.jti_hash': 'names an assertion that was used; opens nothing',
  'federated_sign_ins.state_hash':
    'names a sign-in that is at a provider; it opens nothing without what the provider answers',
  'federated_sign_ins.browser_hash': 'names the browser that such a sign-in must come back to',
  'waiting_identities.token_hash':
    'names an identity that waits to be linked; it opens nothing, and who links it is signed in to that account',
  'waiting_identities.browser_hash': 'names the browser in which such an identity waits',
  'identity_providers.wrapped_secret':
    'proves to a provider that it is Signet who asks; opens nothing here',
  'upstream_tokens.wrapped_tokens': 'opens something at a provider, and nothing here',
  'upstream_logouts.jti_hash': 'names a logout token that was taken; opens nothing',
  'idempotency_keys.key_hash': 'names a request that was answered; opens nothing',
  'signing_keys.wrapped_key': 'signs access tokens; its end is a cause',
}

/** What the design has and the product has not yet. Whoever builds one moves it up, and gives it cells. */
export const artefactsToCome: readonly string[] = [
  'device code',
  'API key',
  'remembered device of a second factor',
]
