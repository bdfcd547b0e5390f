/** The variables that say how mail is sent, and what it looks like. */

import { type Kind, kind, oneOf } from './kinds.ts'
import { socketAddress } from './socket-address.ts'
import { defaulted, secret, variable } from './variable.ts'
import { collectorUrl } from './web-addresses.ts'

const section = 'Mail and brand'

const plainText = (form: string, lengthMax: number): Kind<string> =>
  kind(form, (text) => {
    if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text))
      return { wrong: 'holds characters that cannot be seen', fix: 'type it, on one line' }
    if (text.length > lengthMax)
      return { wrong: `has more than ${lengthMax} characters`, fix: 'shorten it' }
    return { value: text }
  })

const mailAddress: Kind<string> = kind('a mail address', (text) => {
  const fix = 'write an address such as no-reply@example.com'
  return /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[a-z0-9.-]{1,253}$/iu.test(text)
    ? { value: text }
    : { wrong: 'is not a plain mail address', fix }
})

const colour: Kind<string> = kind('a colour as `#rrggbb`', (text) =>
  /^#[0-9a-f]{6}$/iu.test(text)
    ? { value: text.toLowerCase() }
    : { wrong: 'is not a colour', fix: 'write it as #rrggbb, such as #0b5d75' },
)

const imageUrl: Kind<string> = kind('an https URL', (text) => {
  const parsed = collectorUrl.parse(text)
  if (!('value' in parsed) || parsed.value.startsWith('https:')) return parsed
  return { wrong: 'is not https', fix: 'mail programs show images from https alone' }
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
  SIGNET_BRAND_NAME: defaulted('Signet', {
    section,
    kind: plainText('a name', 60),
    about: 'What people know the service as: the sender of mails, and their heading.',
  }),
  SIGNET_BRAND_LOGO_URL: variable({
    section,
    kind: imageUrl,
    url: 'web',
    about: 'An image for the head of mails, about 40 pixels high.',
  }),
  SIGNET_BRAND_COLOR: defaulted('#0b5d75', {
    section,
    kind: colour,
    about:
      'The colour of the button in mails. White text is set on it, so it should be a dark one.',
  }),
} as const
