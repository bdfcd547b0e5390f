/**
 * The completeness matrix: what ends something, and what becomes of each artefact then. It is data: the tests run every cell of
 * it against real parts (`tests/revocation-matrix/`), and docs/reference/revocation.md is written from it.
 *
 * A cell says that the artefact dies, or that it lives on by design, with the reason; or that there is nothing to say.
 * Every reason that the revocation log can hold, and every kind of event, is claimed by a cause or ends nothing.
 */

import type { EventKind } from '../../events/event-kinds.ts'
import type { RevocationReason } from '../revocation-reasons.ts'
import type { SingleArtefact } from './artefacts.ts'
import {
  all,
  anotherClient,
  anotherSession,
  anotherUser,
  type Cell,
  dies,
  diesLater,
  everySession,
  kept,
  lives,
  none,
  nothingOfTheUser,
  type OfSession,
  ofAnotherUser,
  ofTheNumber,
  oneSession,
} from './cells.ts'

export interface Cause {
  title: string
  /** What stands in the revocation log afterwards. */
  reasons: readonly RevocationReason[]
  /** Which events speak of it. */
  events: readonly EventKind[]
  /** What was held in the session at hand. */
  here: OfSession
  /** What was held in another session of the same user. */
  other: OfSession
  single: Readonly<Record<SingleArtefact, Cell>>
}

/** The session that asks is kept with what it gave; what is still on its way to an app was asked for before. */
const keptSession: OfSession = { ...all(kept), authorizationCode: dies }
const ofThatApp: OfSession = {
  ...all(lives('the session is the person’s own; only that app loses what it has')),
  appAccessToken: dies,
  appRefreshToken: dies,
  authorizationCode: dies,
}
const anotherGrant = lives('only what the code was redeemed for ends')

const ofTheAddress = all(lives('it rests on the password, not on the address'))
const addressGone = {
  reasons: [],
  here: ofTheAddress,
  other: ofTheAddress,
  single: { ...oneSession, mailedLink: dies },
}

const expires = {
  reasons: [],
  events: [],
  here: {
    ...all(dies),
    eventStream: diesLater('within five seconds, when its caller is authenticated again'),
  },
  other: anotherSessionsLifetime(),
  single: {
    ...oneSession,
    signInInFlight: none('there is no session yet that could expire'),
    mailedLink: lives('it has a lifetime of its own'),
    phoneCode: lives('it has a lifetime of its own'),
  },
}

function anotherSessionsLifetime(): OfSession {
  return all(lives('each session has a lifetime of its own'))
}

const keyReadAgain = diesLater(
  'once the verifier has read the keys again: with the first token of the new key, after five minutes at the latest',
)
const byRevokedKey: OfSession = {
  ownApi: diesLater('within two seconds, when the instance reads the keys again'),
  introspection: diesLater('within two seconds, when the instance reads the keys again'),
  verifier: keyReadAgain,
  redis: keyReadAgain,
  refreshToken: lives('no key signs it; it yields tokens that the new key signs'),
  eventStream: diesLater('within seven seconds, when its caller is authenticated again'),
  browserCookie: lives('no key signs it; it is held against the database'),
  appAccessToken: diesLater('within two seconds, when the instance reads the keys again'),
  appRefreshToken: lives('no key signs it; it yields tokens that the new key signs'),
  authorizationCode: lives('no key signs it; it yields tokens that the new key signs'),
}

export const causes = {
  signOut: {
    title: 'sign-out of this session',
    reasons: ['signed_out'],
    events: ['session.ended'],
    here: all(dies),
    other: all(anotherSession),
    single: oneSession,
  },
  plainLogout: {
    title: '`POST /logout`',
    reasons: ['signed_out'],
    events: ['session.ended'],
    here: all(dies),
    other: all(anotherSession),
    single: oneSession,
  },
  signOutOthers: {
    title: 'sign-out of the other sessions',
    reasons: ['signed_out_elsewhere'],
    events: ['user.signed_out'],
    here: keptSession,
    other: all(dies),
    single: everySession,
  },
  signOutEverywhere: {
    title: 'sign-out everywhere',
    reasons: ['signed_out_everywhere'],
    events: ['user.signed_out'],
    here: all(dies),
    other: all(dies),
    single: everySession,
  },
  revokeSession: {
    title: 'RevokeSession of another session',
    reasons: ['revoked'],
    events: ['session.ended'],
    here: all(kept),
    other: all(dies),
    single: oneSession,
  },
  revokeOtherSessions: {
    title: 'RevokeOtherSessions',
    reasons: ['signed_out_elsewhere'],
    events: ['user.signed_out'],
    here: keptSession,
    other: all(dies),
    single: everySession,
  },
  operatorKill: {
    title: '`signet session revoke` by an operator',
    reasons: ['revoked_by_operator'],
    events: ['session.ended'],
    here: all(dies),
    other: all(anotherSession),
    single: oneSession,
  },
  upstreamLogout: {
    title: 'the provider that the person came by says that they have left it',
    reasons: ['upstream_signed_out'],
    events: ['session.ended'],
    here: all(dies),
    other: all(anotherSession),
    single: oneSession,
  },
  passwordChange: {
    title: 'password change',
    reasons: ['password_changed'],
    events: ['password.set'],
    here: keptSession,
    other: all(dies),
    single: everySession,
  },
  passwordReset: {
    title: 'password reset by mail',
    reasons: ['password_reset'],
    events: ['password.set'],
    here: all(dies),
    other: all(dies),
    single: everySession,
  },
  emailChanged: {
    title: 'the address was changed for another',
    events: ['email.changed'],
    ...addressGone,
  },
  emailRemoved: {
    title: 'the address was taken away',
    events: ['email.removed'],
    ...addressGone,
  },
  phoneRemoved: {
    title: 'the number was taken away',
    reasons: [],
    events: ['phone.removed'],
    here: all(ofTheNumber),
    other: all(ofTheNumber),
    single: { ...oneSession, phoneCode: dies },
  },
  emailChangeUndone: {
    title: 'a change of the address was taken back',
    reasons: ['email_change_undone'],
    events: ['email.change_undone'],
    here: all(dies),
    other: all(dies),
    single: { ...everySession, undoLink: dies },
  },
  unprovenAddressProved: {
    title: 'sign-in by mail that proves an address for the first time',
    reasons: ['email_proved'],
    events: ['password.dropped'],
    here: all(dies),
    other: all(dies),
    single: { ...everySession, undoLink: dies },
  },
  invitationRevoked: {
    title: 'the invitation was taken back',
    reasons: [],
    events: ['invitation.revoked'],
    here: all(anotherUser),
    other: all(anotherUser),
    single: { ...oneSession, ...ofAnotherUser, invitation: dies },
  },
  suspension: {
    title: 'suspension, also once it was lifted',
    reasons: ['suspended'],
    events: ['user.suspended'],
    here: all(dies),
    other: all(dies),
    single: everySession,
  },
  clientDisabled: {
    title: 'the service is disabled',
    reasons: ['client_disabled'],
    events: ['client.disabled'],
    here: all(anotherClient),
    other: all(anotherClient),
    single: {
      ...nothingOfTheUser,
      clientToken: dies,
      mintedAccessToken: dies,
      mintedRefreshToken: dies,
      clientSecret: dies,
    },
  },
  secretRotatedOnce: {
    title: 'client secret rotated once',
    reasons: [],
    events: ['client.secret_rotated'],
    here: all(anotherClient),
    other: all(anotherClient),
    single: {
      ...nothingOfTheUser,
      clientToken: lives('it rests on the client, not on its secret; disable the client'),
      mintedAccessToken: lives('it rests on the client, not on its secret; disable the client'),
      mintedRefreshToken: lives('it rests on the client, not on its secret; disable the client'),
      clientSecret: lives('the former secret is good until the next rotation, for the change-over'),
    },
  },
  secretRotatedTwice: {
    title: 'client secret rotated twice',
    reasons: [],
    events: ['client.secret_rotated'],
    here: all(anotherClient),
    other: all(anotherClient),
    single: {
      ...nothingOfTheUser,
      clientToken: lives('it rests on the client, not on its secret; disable the client'),
      mintedAccessToken: lives('it rests on the client, not on its secret; disable the client'),
      mintedRefreshToken: lives('it rests on the client, not on its secret; disable the client'),
      clientSecret: diesLater('within five seconds, for which an instance remembers who it was'),
    },
  },
  accessTokenRevoked: {
    title: 'revocation of a minted access token (RFC 7009)',
    reasons: ['token_revoked'],
    events: ['access_token.revoked'],
    here: all(anotherClient),
    other: all(anotherClient),
    single: {
      ...nothingOfTheUser,
      clientToken: lives('it is another token'),
      mintedAccessToken: dies,
      mintedRefreshToken: lives('an access token ends alone; revoke the refresh token to end both'),
      clientSecret: lives('it is how the client proved that the token was its own'),
    },
  },
  refreshTokenRevoked: {
    title: 'revocation of a minted refresh token (RFC 7009)',
    reasons: ['token_revoked'],
    events: ['grant.revoked'],
    here: all(anotherClient),
    other: all(anotherClient),
    single: {
      ...nothingOfTheUser,
      clientToken: lives('it is another token'),
      mintedAccessToken: dies,
      mintedRefreshToken: dies,
      clientSecret: lives('it is how the client proved that the token was its own'),
    },
  },
  refreshReuse: {
    title: 'reuse of a refresh token',
    reasons: ['refresh_token_reuse'],
    events: ['refresh_token.reused'],
    here: all(dies),
    other: all(anotherSession),
    single: oneSession,
  },
  authorizationCodeReuse: {
    title: 'reuse of the authorization code of that app',
    reasons: ['authorization_code_reuse'],
    events: ['authorization_code.reused'],
    here: { ...all(anotherGrant), appAccessToken: dies, appRefreshToken: dies },
    other: all(anotherSession),
    single: oneSession,
  },
  consentWithdrawn: {
    title: 'the person withdraws the consent for that app',
    reasons: ['consent_withdrawn'],
    events: ['consent.withdrawn'],
    here: ofThatApp,
    other: ofThatApp,
    single: { ...oneSession, offlineRefreshToken: dies },
  },
  recover: {
    title: '`signet recover` after a restore',
    reasons: ['recovered'],
    events: ['installation.recovered'],
    here: all(dies),
    other: all(dies),
    single: {
      ...everySession,
      undoLink: dies,
      invitation: dies,
      clientToken: dies,
      mintedAccessToken: dies,
      mintedRefreshToken: dies,
      clientSecret: dies,
    },
  },
  signingKeyRevoked: {
    title: '`signet key revoke` of the key that signs',
    reasons: [],
    events: ['signing_key.revoked'],
    here: byRevokedKey,
    other: byRevokedKey,
    single: {
      ...nothingOfTheUser,
      signInInFlight: lives('its tokens are signed by the new key'),
      offlineRefreshToken: byRevokedKey.refreshToken,
      clientToken: keyReadAgain,
      mintedAccessToken: keyReadAgain,
      mintedRefreshToken: byRevokedKey.refreshToken,
      clientSecret: lives('no key signs it'),
    },
  },
  idleExpiry: { title: 'the session was idle for too long', ...expires },
  absoluteExpiry: { title: 'the session is as old as it may become', ...expires },
} as const satisfies Record<string, Cause>

export type CauseName = keyof typeof causes

/** What the design has and the product has not yet. Whoever builds one moves it up, and gives it cells. */
export const causesToCome: readonly string[] = [
  'factor added or removed',
  'deletion by the user',
  'erasure of a person (the events of a person can be made unreadable; nothing deletes the user yet)',
  'role change by an API (a token says something outdated until it is refreshed)',
  'end of an impersonation',
  'identity provider disabled',
  'API key revoked',
]
