/**
 * Sends mails to an HTTP mail service: one POST of JSON for each, with a bearer token.
 *
 *     { "messageId", "from": { "name", "address" }, "to": { "address" }, "subject", "text", "html" }
 *
 * Any 2xx means that the service has taken the mail. The id of the mail is its `Idempotency-Key`, so that a service which
 * knows that header sends a repeated one once. 400, 413 and 422 refuse this mail for good; everything else may pass.
 *
 * Specs: RFC 9110 §15 (status codes), RFC 6750 §2.1 (bearer tokens).
 */

import type { MailSender } from '../config/mail-settings.ts'
import { MailDelayed, type Mailer, MailRefused } from './mailer.ts'

const timeoutMs = 15_000
const finalStatuses = new Set([400, 413, 422])

/** The way to a mail service. */
export function openHttpMailer({ url, token }: Extract<MailSender, { kind: 'http' }>): Mailer {
  return {
    async send({ to, ...mail }, signal) {
      const response = await fetch(url, {
        method: 'POST',
        redirect: 'error',
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        headers: {
          authorization: `Bearer ${token.reveal()}`,
          'content-type': 'application/json',
          'idempotency-key': mail.messageId,
        },
        body: JSON.stringify({ ...mail, to: { address: to } }),
      }).catch((error: Error) => {
        throw new MailDelayed(`the mail service cannot be reached: ${causeOf(error)}`)
      })
      // Nothing in the answer matters, but a body that nobody reads would keep the connection.
      await response.body?.cancel()
      if (response.ok) return
      const sentence = `the mail service answered ${response.status}`
      throw finalStatuses.has(response.status)
        ? new MailRefused(sentence)
        : new MailDelayed(sentence)
    },
    close: async () => undefined,
  }
}

function causeOf(error: Error): string {
  return error.cause instanceof Error ? error.cause.message : error.message
}
