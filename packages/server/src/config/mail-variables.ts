/** The variables that say how mail is sent. */

import { type Kind, kind, oneOf, plainText } from './kinds.ts'
import { socketAddress } from './socket-address.ts'
import { defaulted, secret, variable } from './variable.ts'
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
