/** How mail is sent, and from whom. */

import { type Kind, kind, oneOf, plainText } from './kinds.ts'
import type { Secret } from './secret.ts'
import { type SocketAddress, socketAddress } from './socket-address.ts'
import { defaulted, secret, variable } from './variable.ts'
import type { Values } from './variables.ts'
import { collectorUrl } from './web-addresses.ts'

const section = 'Mail'

const mailAddress: Kind<string> = kind('a mail address', (text) => {
  const fix = 'write an address such as no-reply@example.com'
  return /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[a-z0-9.-]{1,253}$/iu.test(text)
    ? { value: text }
    : { wrong: 'is not a plain mail address', fix }
})

export const mailVariables = {
  SIGNET_SMTP_ADDRESS: variable({
    section,
    kind: socketAddress,
    defaultText: 'in development the built-in inbox at `/dev/inbox`, in production none',
    about: 'The mail server to send with, such as `smtp.example.com:587`.',
  }),
  SIGNET_SMTP_TLS: defaulted('starttls', {
    section,
    kind: oneOf('starttls', 'implicit', 'none'),
    about:
      'How the way to the mail server is encrypted: `starttls` (mostly port 587; a server that offers none is refused), `implicit` from the first byte on (mostly port 465), or `none`, which sends every link in plain text.',
  }),
  SIGNET_SMTP_USER: variable({
    section,
    kind: plainText('a name', 255),
    about: 'The name to sign in to the mail server with.',
  }),
  SIGNET_SMTP_PASSWORD: variable({
    section,
    kind: secret,
    secret: true,
    about: 'The password that goes with that name.',
  }),
  SIGNET_MAIL_API_URL: variable({
    section,
    kind: collectorUrl,
    url: 'web',
    about:
      'An HTTP mail service instead of a mail server. Each mail is a POST of JSON (`messageId`, `from`, `to`, `subject`, `text`, `html`), with the token as bearer token and the id of the mail as `Idempotency-Key`; any 2xx means that it was taken.',
  }),
  SIGNET_MAIL_API_TOKEN: variable({
    section,
    kind: secret,
    secret: true,
    about: 'The bearer token for that service.',
  }),
  SIGNET_MAIL_FROM: variable({
    section,
    kind: mailAddress,
    defaultText: '`no-reply@` and the host of the issuer',
    about: 'The address that mails come from. Its domain must allow your mail server to send.',
  }),
} as const

/** What takes mails from us. */
export type MailSender =
  | {
      readonly kind: 'smtp'
      readonly address: SocketAddress
      readonly tls: 'starttls' | 'implicit' | 'none'
      readonly login?: { readonly user: string; readonly password: Secret }
    }
  | { readonly kind: 'http'; readonly url: string; readonly token: Secret }

/** `sender` is missing where mails go to the built-in inbox, or nowhere. */
export interface MailSettings {
  readonly sender?: MailSender
  readonly from: string
}

/** What the variables say, of the mails of this issuer. */
export function mailSettings(values: Values, issuer: string): MailSettings {
  const sender = mailSender(values)
  const from = values.SIGNET_MAIL_FROM ?? `no-reply@${new URL(issuer).hostname}`
  return { ...(sender !== undefined && { sender }), from }
}

function mailSender(values: Values): MailSender | undefined {
  const { SIGNET_SMTP_ADDRESS: address, SIGNET_SMTP_USER: user } = values
  const { SIGNET_SMTP_PASSWORD: password, SIGNET_MAIL_API_TOKEN: token } = values
  if (address !== undefined) {
    const login = user !== undefined && password !== undefined ? { login: { user, password } } : {}
    return { kind: 'smtp', address, tls: values.SIGNET_SMTP_TLS, ...login }
  }
  const url = values.SIGNET_MAIL_API_URL
  return url === undefined || token === undefined ? undefined : { kind: 'http', url, token }
}

/** What an operator should know of them. */
export function mailWarnings(values: Values): string[] {
  if (values.SIGNET_ENV !== 'production' || mailSender(values) !== undefined) return []
  return ['No mail is sent: set SIGNET_SMTP_ADDRESS or SIGNET_MAIL_API_URL. Mails wait for a day.']
}
