/** The kinds of events that end nothing that anybody holds: what is left of the closed list beside the causes of the matrix. */

import type { EventKind } from '../../events/event-kinds.ts'

export const endsNothing: readonly EventKind[] = [
  'user.signed_up',
  'sign_up.refused',
  'user.unsuspended',
  'user.updated',
  // Makes the events of a person unreadable. The deletion of the user, which ends what they hold, is not there yet.
  'user.erased',
  'avatar.set',
  'avatar.removed',
  'external_user.created',
  'session.started',
  'grant.issued',
  'consent.given',
  'session.reauthenticated',
  'refresh_token.retried_elsewhere',
  'refresh_token.state_lost',
  'sign_in.failed',
  'sign_in.refused',
  'sign_in.throttled',
  'password_change.failed',
  'password_change.throttled',
  'password_reset.requested',
  'email_verification.requested',
  'email_sign_in.requested',
  'mailed_link.refused',
  'email.verified',
  'email.requested',
  'email.added',
  'email.primary_chosen',
  'role.assigned',
  'role.unassigned',
  'administrator.created',
  'setup.refused',
  'access.denied',
  'signing_key.created',
  'signing_key.activated',
  // Retired on schedule, after the last token that it signed has expired.
  'signing_key.retired',
  'master_secret.rewrapped',
  'client.created',
  'client.updated',
  // What had ended stays ended: the cut is not lowered.
  'client.enabled',
  'client.authentication_failed',
]
