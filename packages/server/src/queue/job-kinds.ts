/**
 * What can be queued: the closed list of job kinds, what each carries, and how often it is tried.
 *
 * A job runs at least once, and again where a worker dies in it: whoever works on it makes a second run harmless. A
 * payload is read by whoever has the database, so a secret in it is wrapped under the master secret.
 *
 * A kind that was ever queued keeps the meaning of its payload: jobs of the version before this one are still waiting.
 * A new kind needs its queue, made by a migration.
 */

import type { ClientId, SessionId, UserId } from '../ids.ts'

/** What a job of each kind carries. It is stored as JSON. */
export interface JobPayloads {
  /** Renders a mail and hands it to the mail server. */
  send_mail: {
    /** Which mail; `mail/mail-kinds.ts` has them all. */
    kind: string
    /** The address as its owner writes it. */
    to: string
    /** The language that the recipient reads, as a BCP 47 tag; may be empty. */
    locale: string
    /** Facts that stand in the mail, as text. */
    facts: Readonly<Record<string, string>>
    /** The opener, wrapped, in base64; and the id of the key. */
    wrapped?: { value: string; keyId: string }
    /** An ISO 8601 instant from which on the mail is of no use, and is not sent any more. */
    uselessFrom: string
  }
  /** Finds out who has an address, and orders a mail to it. */
  write_to_address: {
    about: 'sign_up' | 'password_reset' | 'email_verification' | 'email_sign_in'
    canonical: string
    /** Of a sign-up that opened an account, and of a browser that waits for its proof: whose claim it is. */
    userId?: string
    /** Of what the request was answered with, in hexadecimal. */
    requestHash?: string
  }
  /** Finds out who has a number, and orders a message to it. */
  write_to_number: { codeId: string; canonical: string }
  /** Hands a text message to whoever sends it. */
  send_sms: {
    purpose: 'add_phone' | 'sign_in'
    codeId: string
    /** In E.164. */
    to: string
    /** The language that the recipient reads, as a BCP 47 tag; may be empty. */
    locale: string
    /** An ISO 8601 instant from which on the code is of no use. */
    uselessFrom: string
  }
  /** Tells a client that a session has ended. It is queued by the database, with the end itself. */
  backchannel_logout: { sessionId: SessionId; clientId: ClientId; userId: UserId }
  /** Makes an avatar of an upload. */
  render_avatar: { uploadId: string }
  /** Fetches the picture of a client. */
  fetch_client_logo: { clientId: string }
  /** Writes to an address that somebody wants for their account. */
  write_to_new_address: {
    /** The id of the link that will be made. */
    linkId: string
    userId: string
    canonical: string
    /** The address as it was typed. */
    value: string
    /** The position of the revocation log on which the wish rests. */
    rev: string
    /** The identifier whose place it takes. */
    replaces?: string
  }
  /** Writes to somebody who is invited. */
  write_invitation: { invitationId: string }
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
  // Another server that is away is tried for an hour; after that its picture comes with the next change of the client.
  fetch_client_logo: {
    retriesMax: 10,
    firstDelaySeconds: 5,
    longestDelaySeconds: 600,
    runSeconds: 60,
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
