/** How text messages are sent and to whom, and whether a code from one signs somebody in. */

import { type Kind, kind, listOf, onOff } from './kinds.ts'
import type { Secret } from './secret.ts'
import { defaulted, secret, variable } from './variable.ts'
import type { Values } from './variables.ts'
import { collectorUrl } from './web-addresses.ts'

const section = 'Phones'

const prefixes: Kind<readonly string[]> = listOf(
  'beginnings of numbers, such as `+49, +4179`, with commas between them',
  (text) =>
    /^\+[1-9]\d{0,6}$/u.test(text)
      ? { value: text }
      : {
          wrong: `has ${JSON.stringify(text)}, which is no beginning of a number`,
          fix: 'write such as +49',
        },
)

const webhookSecret: Kind<Secret> = kind('a secret of 24 bytes or more', (text) => {
  const parsed = secret.parse(text)
  if (!('value' in parsed) || Buffer.byteLength(text) >= 24) return parsed
  return { wrong: 'is too short', fix: 'make one with: openssl rand -base64 32' }
})

export const phoneVariables = {
  SIGNET_SMS_WEBHOOK_URL: variable({
    section,
    kind: collectorUrl,
    url: 'web',
    defaultText: 'in development the built-in inbox at `/dev/inbox`, in production no messages',
    about:
      'An HTTP service of yours that sends text messages. Each is a POST of JSON (`to`, `text`), signed as Standard Webhooks have it: `webhook-id`, which stays the same when a message is sent again, `webhook-timestamp` and `webhook-signature`. Any 2xx means that it was taken.',
  }),
  SIGNET_SMS_WEBHOOK_SECRET: variable({
    section,
    kind: webhookSecret,
    secret: true,
    about: 'The secret that messages to that service are signed with, as it stands here.',
  }),
  SIGNET_SMS_PREFIXES: defaulted('', {
    section,
    kind: prefixes,
    about:
      'Where messages go: numbers that begin with one of these. Empty: everywhere. Name the countries that you serve, because whoever earns from calls to a number can have messages sent to it.',
  }),
  SIGNET_PHONE_SIGN_IN: defaulted('off', {
    section,
    kind: onOff,
    about:
      'Whether a code from a text message signs in by itself. It is the weakest way in: messages can be read on their way and numbers taken over (NIST SP 800-63B-4 §3.1.3.3 calls it restricted), so it is off, and never a second factor.',
  }),
} as const

export interface PhoneSettings {
  /** Missing: messages go to the built-in inbox, or nowhere. */
  readonly webhook?: { readonly url: string; readonly secret: Secret }
  /** Beginnings of the numbers that are served; none: all of them. */
  readonly prefixes: readonly string[]
  /** Whether messages go anywhere. */
  readonly sends: boolean
  readonly signIn: boolean
}

/** What the variables say. */
export function phoneSettings(values: Values): PhoneSettings {
  const { SIGNET_SMS_WEBHOOK_URL: url, SIGNET_SMS_WEBHOOK_SECRET: key } = values
  const isGiven = url !== undefined && key !== undefined
  return {
    ...(isGiven && { webhook: { url, secret: key } }),
    prefixes: values.SIGNET_SMS_PREFIXES,
    sends: isGiven || values.SIGNET_ENV === 'development',
    signIn: values.SIGNET_PHONE_SIGN_IN,
  }
}
