/** The inbox of a development installation: takes every mail, keeps the latest in memory, delivers nothing. */

import type { Mail, Mailer } from './mailer.ts'

export interface InboxMail extends Mail {
  receivedAt: Date
}

export interface Inbox extends Mailer {
  /** The latest first. */
  list(): readonly InboxMail[]
  find(messageId: string): InboxMail | undefined
}

const mailsMax = 200

/** An empty inbox. */
export function openInbox(): Inbox {
  const mails = new Map<string, InboxMail>()
  return {
    async send(mail) {
      // A copy takes the place of the first.
      mails.delete(mail.messageId)
      mails.set(mail.messageId, { ...mail, receivedAt: new Date() })
      const [oldest] = mails.keys()
      if (mails.size > mailsMax && oldest !== undefined) mails.delete(oldest)
    },
    close: async () => undefined,
    list: () => [...mails.values()].reverse(),
    find: (messageId) => mails.get(messageId),
  }
}
