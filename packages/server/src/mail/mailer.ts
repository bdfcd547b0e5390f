/**
 * Hands finished mails to whoever delivers them: a mail server, an HTTP mail service, or the inbox of a development
 * installation. What takes a mail is loaded with the first one.
 *
 * A failure that may pass throws MailDelayed; one that will not, such as a recipient who is refused, MailRefused. Their
 * messages are for an operator, and name neither recipient nor content.
 */

import type { Config } from '../config/config.ts'
import type { Inbox } from './inbox.ts'

/** A mail as it is sent. */
export interface Mail {
  /** Without angle brackets. A second mail with the same id is a copy of the first. */
  messageId: string
  from: { name: string; address: string }
  to: string
  subject: string
  text: string
  html: string
}

export interface Mailer {
  /** Resolves once somebody else is responsible for the mail. */
  send(mail: Mail, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** Not now; perhaps later. */
export class MailDelayed extends Error {
  override readonly name = 'MailDelayed'
}

/** Not now and not later. */
export class MailRefused extends Error {
  override readonly name = 'MailRefused'
}

/** The mailer that the configuration names; in development without one, the inbox. */
export function openMailer({ mail }: Pick<Config, 'mail'>, inbox: Inbox | undefined): Mailer {
  const { sender } = mail
  if (sender === undefined) return inbox ?? noMailer
  let opened: Promise<Mailer> | undefined
  const open = async () => {
    if (sender.kind === 'http') return (await import('./http-mailer.ts')).openHttpMailer(sender)
    return (await import('./smtp-mailer.ts')).openSmtpMailer(sender)
  }
  return {
    async send(message, signal) {
      opened ??= open().catch((error: unknown) => {
        // The next mail tries again.
        opened = undefined
        throw error
      })
      await (await opened).send(message, signal)
    },
    close: async () => (await opened)?.close(),
  }
}

const noMailer: Mailer = {
  async send() {
    throw new MailDelayed('no mail is sent: set SIGNET_SMTP_ADDRESS or SIGNET_MAIL_API_URL')
  },
  close: async () => undefined,
}
