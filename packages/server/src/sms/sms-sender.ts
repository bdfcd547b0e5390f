/**
 * Hands text messages to whoever sends them: an HTTP service of the operator, or the inbox of a development installation.
 *
 * A failure that may pass throws SmsDelayed; one that will not, such as a number that is refused, SmsRefused. Their messages are
 * for an operator, and name neither number nor content.
 */

import type { Config } from '../config/config.ts'
import { html, renderPage } from '../html/html.ts'
import type { Inbox } from '../mail/inbox.ts'

export interface Sms {
  /** A second message with the same id is a copy of the first. */
  id: string
  /** In E.164. */
  to: string
  text: string
}

export interface SmsSender {
  /** Resolves once somebody else is responsible for the message. */
  send(sms: Sms, signal: AbortSignal): Promise<void>
}

/** Not now; perhaps later. */
export class SmsDelayed extends Error {
  override readonly name = 'SmsDelayed'
}

/** Not now and not later. */
export class SmsRefused extends Error {
  override readonly name = 'SmsRefused'
}

/** The sender that the configuration names; in development without one, the inbox. */
export function openSmsSender(
  { phones, brand }: Pick<Config, 'phones' | 'brand'>,
  inbox: Inbox | undefined,
): SmsSender {
  const { webhook } = phones
  if (webhook !== undefined)
    return {
      async send(sms, signal) {
        const { sendByWebhook } = await import('./webhook-sender.ts')
        await sendByWebhook(webhook, sms, signal)
      },
    }
  return inbox === undefined ? noSender : inboxSender(inbox, brand.name)
}

/** Shows messages among the mails. */
function inboxSender(inbox: Inbox, brand: string): SmsSender {
  return {
    async send({ id, to, text }, signal) {
      const page = html`<html lang="en"><head><meta charset="utf-8"><title>Text message</title></head><body><p>${text}</p></body></html>`
      const from = { name: brand, address: 'sms' }
      const mail = {
        messageId: id,
        from,
        to,
        subject: 'Text message',
        text,
        html: renderPage(page),
      }
      await inbox.send(mail, signal)
    },
  }
}

const noSender: SmsSender = {
  async send() {
    throw new SmsDelayed('no text message is sent: set SIGNET_SMS_WEBHOOK_URL')
  },
}
