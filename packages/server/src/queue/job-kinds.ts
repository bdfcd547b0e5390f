/**
 * What can be queued: the closed list of job kinds, what each carries, and how often it is tried.
 *
 * A job runs at least once, and again where a worker dies in it: whoever works on it makes a second run harmless. A
 * payload is read by whoever has the database, so a secret in it is wrapped under the master secret.
 *
 * A kind that was ever queued keeps the meaning of its payload: jobs of the version before this one are still waiting.
 * A new kind needs its queue, made by a migration.
 */

import type { AvatarJob } from '../avatars/render-avatar.ts'
import type { NewAddressJob } from '../emails/write-to-new-address.ts'
import type { InvitationJob } from '../invitations/write-invitation.ts'
import type { MailOrder } from '../mail/mail-order.ts'
import type { SmsJob } from '../phones/send-sms.ts'
import type { NumberJob } from '../phones/sign-in-by-phone.ts'
import type { AddressJob } from '../recovery/write-to-address.ts'
import type { BackchannelLogout } from '../revocation/backchannel-logout.ts'

/** What a job of each kind carries. It is stored as JSON. */
export interface JobPayloads {
  /** Renders a mail and hands it to the mail server. */
  send_mail: MailOrder
  /** Finds out who has an address, and orders a mail to it. */
  write_to_address: AddressJob
  /** Finds out who has a number, and orders a message to it. */
  write_to_number: NumberJob
  /** Hands a text message to whoever sends it. */
  send_sms: SmsJob
  /** Tells a client that a session has ended. It is queued by the database, with the end itself. */
  backchannel_logout: BackchannelLogout
  /** Makes an avatar of an upload. */
  render_avatar: AvatarJob
  /** Writes to an address that somebody wants for their account. */
  write_to_new_address: NewAddressJob
  /** Writes to somebody who is invited. */
  write_invitation: InvitationJob
  /** Has providers renew the tokens that are kept of them. */
  refresh_upstream_tokens: Record<string, never>
  /** Deletes what is over. */
  clean_up: Record<string, never>
}

export type JobKind = keyof JobPayloads

/** How a kind is tried. Each failure doubles the wait, with some chance in it, from the first up to the longest. */
export interface JobPolicy {
  retriesMax: number
  firstDelaySeconds: number
  longestDelaySeconds: number
  /** How long one run may take before it counts as failed. */
  runSeconds: number
  /** How many of this kind one process works on at once. */
  concurrency: number
}

/** How long a job that was done is kept, and one that failed for good: the dead letters. */
export const keptSeconds = { done: 3600, failed: 30 * 86_400 }

/** Seconds without a sign of life after which a job is taken from its worker. */
export const heartbeatSeconds = 10

export const jobPolicies: { readonly [K in JobKind]: JobPolicy } = {
  // A mail server that was away is found within a minute of its return, and one that stays away is tried for a day.
  send_mail: {
    retriesMax: 2_000,
    firstDelaySeconds: 2,
    longestDelaySeconds: 45,
    runSeconds: 120,
    concurrency: 4,
  },
  write_to_address: {
    retriesMax: 20,
    firstDelaySeconds: 1,
    longestDelaySeconds: 60,
    runSeconds: 30,
    concurrency: 4,
  },
  write_to_number: {
    retriesMax: 20,
    firstDelaySeconds: 1,
    longestDelaySeconds: 60,
    runSeconds: 30,
    concurrency: 4,
  },
  // A code is good for ten minutes; a message that comes later is not sent.
  send_sms: {
    retriesMax: 60,
    firstDelaySeconds: 1,
    longestDelaySeconds: 20,
    runSeconds: 30,
    concurrency: 4,
  },
  // A client that was away hears of everything within half a minute of its return, and one that stays away is tried for half a
  // day. The numbers stand in the migration, too.
  backchannel_logout: {
    retriesMax: 2_000,
    firstDelaySeconds: 1,
    longestDelaySeconds: 20,
    runSeconds: 30,
    concurrency: 16,
  },
  // Pictures are decoded one by one. What cannot be decoded is refused, so only a store that is away is tried again.
  render_avatar: {
    retriesMax: 50,
    firstDelaySeconds: 1,
    longestDelaySeconds: 60,
    runSeconds: 90,
    concurrency: 2,
  },
  write_to_new_address: {
    retriesMax: 20,
    firstDelaySeconds: 1,
    longestDelaySeconds: 60,
    runSeconds: 30,
    concurrency: 4,
  },
  write_invitation: {
    retriesMax: 20,
    firstDelaySeconds: 1,
    longestDelaySeconds: 60,
    runSeconds: 30,
    concurrency: 4,
  },
  refresh_upstream_tokens: {
    retriesMax: 2,
    firstDelaySeconds: 30,
    longestDelaySeconds: 60,
    runSeconds: 280,
    concurrency: 1,
  },
  clean_up: {
    retriesMax: 3,
    firstDelaySeconds: 10,
    longestDelaySeconds: 60,
    runSeconds: 300,
    concurrency: 1,
  },
}

/** What comes round by itself: once over the whole installation, however many workers there are. In UTC, as cron has it. */
export const schedules: readonly { kind: JobKind; cron: string }[] = [
  { kind: 'clean_up', cron: '*/10 * * * *' },
  { kind: 'refresh_upstream_tokens', cron: '*/5 * * * *' },
]
