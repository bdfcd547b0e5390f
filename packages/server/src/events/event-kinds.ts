/**
 * What can happen: the closed list of event kinds, and which failures are counted when they come in numbers.
 *
 * A kind is `thing.what_happened_to_it`. A kind that was ever written keeps its meaning: readers of old events rely on it.
 */

export const eventKinds = [
  'user.signed_up',
  'sign_up.refused',
  'user.suspended',
  'user.unsuspended',
  'user.updated',
  'user.signed_out',
  'user.erased',
  'phone.requested',
  'phone.verified',
  'phone.removed',
  'phone_code.refused',
  'phone_sign_in.requested',
  'avatar.set',
  'avatar.removed',
  'external_user.created',
  'identity.linked',
  'identity.unlinked',
  'federated_sign_in.failed',
  'upstream_token.released',
  'provider.created',
  'provider.updated',
  'provider.removed',
  'session.started',
  'session.reauthenticated',
  'session.ended',
  'refresh_token.reused',
  'refresh_token.retried_elsewhere',
  'refresh_token.state_lost',
  'access_token.revoked',
  'grant.issued',
  'grant.revoked',
  'authorization_code.reused',
  'consent.given',
  'consent.withdrawn',
  'sign_in.failed',
  'sign_in.refused',
  'sign_in.throttled',
  'password.set',
  'password.dropped',
  'password_change.failed',
  'password_change.throttled',
  'password_reset.requested',
  'email_verification.requested',
  'email_sign_in.requested',
  'mailed_link.refused',
  'email.verified',
  'guest.opened',
  'guest.upgrade_requested',
  'user.invited',
  'invitation.accepted',
  'invitation.revoked',
  'email.requested',
  'email.added',
  'email.changed',
  'email.removed',
  'email.primary_chosen',
  'email.change_undone',
  'role.assigned',
  'administrator.created',
  'setup.refused',
  'access.denied',
  'signing_key.created',
  'signing_key.activated',
  'signing_key.retired',
  'signing_key.revoked',
  'master_secret.rewrapped',
  'client.created',
  'client.updated',
  'client.enabled',
  'client.secret_rotated',
  'client.disabled',
  'client.authentication_failed',
  'installation.recovered',
] as const

export type EventKind = (typeof eventKinds)[number]

export type EventOutcome = 'success' | 'failure'

/** Kinds that anyone can cause as often as they like: beyond a rate they are one event with a count. */
export const countedKinds: ReadonlySet<EventKind> = new Set([
  'sign_up.refused',
  'sign_in.failed',
  'password_change.failed',
  'password_reset.requested',
  'email_verification.requested',
  'email_sign_in.requested',
  'mailed_link.refused',
  'phone_code.refused',
  'phone_sign_in.requested',
  'access.denied',
  'setup.refused',
  'refresh_token.retried_elsewhere',
  'refresh_token.state_lost',
  'client.authentication_failed',
  'federated_sign_in.failed',
  'upstream_token.released',
])

/** How many attempts of a window are recorded one by one. */
export const recordedSingly = 5

/** The length of a window. */
export const windowSeconds = 60
