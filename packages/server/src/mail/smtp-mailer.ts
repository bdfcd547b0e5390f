/**
 * Sends mails to a mail server, over a few connections that stay open while there is something to send.
 *
 * A recipient or a mail that is refused with 5xx is refused for good. Everything else may pass: no connection, no TLS, a
 * login that fails (an operator can mend it), 4xx, a server that falls silent half-way.
 *
 * Specs: RFC 5321 §4.2.1 (replies), §4.5.3.2 (timeouts), RFC 3207 (STARTTLS), RFC 8314 §3.3 (implicit TLS).
 */

import { createTransport } from 'nodemailer'
import type { MailSender } from '../config/mail-settings.ts'
import { MailDelayed, type Mailer, MailRefused } from './mailer.ts'

/** How long a server may take to be reached, to greet, and to answer, in milliseconds. */
interface SmtpLimits {
  connectMs: number
  greetMs: number
  silenceMs: number
}

const defaultLimits: SmtpLimits = { connectMs: 5_000, greetMs: 10_000, silenceMs: 30_000 }
const connectionsMax = 4
const answerLengthMax = 200

/** Opens the way to a mail server; connects with the first mail. */
export function openSmtpMailer(
  sender: Extract<MailSender, { kind: 'smtp' }>,
  limits: SmtpLimits = defaultLimits,
): Mailer {
  const { address, tls, login } = sender
  const transport = createTransport({
    pool: true,
    maxConnections: connectionsMax,
    maxMessages: 100,
    host: address.host,
    port: address.port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    connectionTimeout: limits.connectMs,
    greetingTimeout: limits.greetMs,
    socketTimeout: limits.silenceMs,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(login && { auth: { user: login.user, pass: login.password.reveal() } }),
  })
  return {
    async send({ messageId, from, to, subject, text, html }) {
      try {
        await transport.sendMail({
          messageId: `<${messageId}>`,
          from,
          to: { name: '', address: to },
          envelope: { from: from.address, to: [to] },
          subject,
          text,
          html,
          headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
        })
      } catch (error) {
        throw failureOf(error)
      }
    },
    close: async () => transport.close(),
  }
}

/** What nodemailer says of a failure. */
interface SmtpFailure {
  code?: string
  command?: string
  responseCode?: number
  response?: string
  message?: string
}

const aboutTheMail = new Set(['RCPT TO', 'DATA'])

function failureOf(error: unknown): Error {
  const { code, command = '', responseCode, response, message = '' } = error as SmtpFailure
  if (responseCode === undefined) {
    return new MailDelayed(`the mail server cannot be used: ${withoutAddresses(message)} (${code})`)
  }
  const sentence = `the mail server answered ${command || 'the connection'} with ${withoutAddresses(response ?? '')}`
  const isFinal = responseCode >= 500 && aboutTheMail.has(command)
  return isFinal ? new MailRefused(sentence) : new MailDelayed(sentence)
}

/** Servers quote the address that they refuse. */
function withoutAddresses(text: string): string {
  return text.replace(/[^\s<>"]+@[^\s<>"]+/gu, '…').slice(0, answerLengthMax)
}
