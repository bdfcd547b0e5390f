/**
 * Every mail there is: how many paragraphs it has, where its button leads, and for how long.
 *
 * The texts of a kind are those of the catalogue whose keys begin with its name: `_subject`, `_body_1` and so on, and
 * `_button`. The facts that they need are typed from the English ones.
 */

import type { FactsOf } from './catalogue.ts'

/** What a kind is made of, beside its texts. */
export interface MailKindRow {
  paragraphs: number
  /** Where the button leads, and how long what it opens is good for. Missing: there is no button. */
  link?: {
    path: `/${string}`
    lifetimeMinutes: number
    code: boolean
    /** The code waits for as long as the link, and is longer than others. */
    longCode?: true
    /** It takes something back that was done already. */
    undoes?: true
  }
}

/**
 * How long a code is good for. It is short, so that a person can type it, and so it has to be used at once; the link beside
 * it cannot be guessed and lives longer (OWASP ASVS 5.0 V6.5.5).
 */
export const codeLifetimeMinutes = 10

const hour = 60
const day = 24 * hour

export const mailKinds = {
  verify_email: {
    paragraphs: 1,
    link: { path: '/verify-email', lifetimeMinutes: day, code: true },
  },
  account_exists: {
    paragraphs: 2,
    link: { path: '/reset-password', lifetimeMinutes: hour, code: false },
  },
  reset_password: {
    paragraphs: 2,
    link: { path: '/reset-password', lifetimeMinutes: hour, code: true },
  },
  password_changed: { paragraphs: 2 },
  new_device: { paragraphs: 2 },
  invitation: {
    paragraphs: 2,
    link: {
      path: '/accept-invitation',
      lifetimeMinutes: 7 * day,
      code: true,
      longCode: true,
    },
  },
  sign_in: {
    paragraphs: 1,
    link: { path: '/sign-in-by-email', lifetimeMinutes: codeLifetimeMinutes, code: true },
  },
  password_dropped: { paragraphs: 2 },
  add_email: {
    paragraphs: 1,
    link: { path: '/confirm-email', lifetimeMinutes: day, code: true },
  },
  change_email: {
    paragraphs: 1,
    link: { path: '/confirm-email', lifetimeMinutes: day, code: true },
  },
  email_taken: { paragraphs: 2 },
  email_added: { paragraphs: 2 },
  primary_email_changed: { paragraphs: 2 },
  email_changed: {
    paragraphs: 2,
    link: { path: '/undo-email-change', lifetimeMinutes: 7 * day, code: false, undoes: true },
  },
  email_removed: {
    paragraphs: 2,
    link: { path: '/undo-email-change', lifetimeMinutes: 7 * day, code: false, undoes: true },
  },
  phone_added: { paragraphs: 2 },
  phone_removed: { paragraphs: 2 },
  identity_linked: { paragraphs: 2 },
  identity_unlinked: { paragraphs: 2 },
} as const satisfies Record<string, MailKindRow>

export type MailKind = keyof typeof mailKinds

/** The facts that a mail of this kind needs, as text. `when` is an ISO 8601 instant. */
export type MailFacts<K extends MailKind> = Readonly<Record<FactsOf<K>, string>>
