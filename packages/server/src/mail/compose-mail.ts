/**
 * Makes a mail out of an order: in the language of its recipient, with the brand of this installation, and with links
 * that lead to the configured issuer and nowhere else.
 *
 * Facts are what people typed, or devices claimed. Before they stand in a mail they lose whatever could bend it (control
 * characters, line breaks, overrides of the writing direction) and all that is longer than a line; the layout escapes them.
 *
 * Specs: RFC 5322 §3.6.4 (Message-ID).
 */

import type { Config } from '../config/config.ts'
import { directionOf } from '../translation/languages.ts'
import { type Translator, translatorFor } from './catalogue.ts'
import { htmlOf, type MailContent, textOf } from './layout.ts'
import { codeLifetimeMinutes, type MailKindRow, mailKinds } from './mail-kinds.ts'
import type { MailOrder, Opener } from './mail-order.ts'
import type { Mail } from './mailer.ts'

const factLengthMax = 120

interface Ordered {
  /** The id of the job: every attempt sends the same mail. */
  id: string
  order: MailOrder
  opener: Opener | undefined
}

/** The finished mail. The same order makes the same mail. */
export async function composeMail(
  { issuer, brand, mail }: Pick<Config, 'issuer' | 'brand' | 'mail'>,
  { id, order, opener }: Ordered,
): Promise<Mail> {
  const { hostname, host } = new URL(issuer)
  const words = await translatorFor(order.locale)
  const facts = { ...factsOf(order, words), brand: brand.name, host, to: order.to }
  const content = contentOf({ issuer, brand, words, facts, order, opener })
  return {
    messageId: `${id}@${hostname}`,
    from: { name: brand.name, address: mail.from },
    to: order.to,
    subject: content.subject,
    text: textOf(content),
    html: htmlOf(content),
  }
}

interface Material {
  issuer: string
  brand: Config['brand']
  words: Translator
  facts: Record<string, string> & { brand: string; host: string; to: string }
  order: MailOrder
  opener: Opener | undefined
}

function contentOf({ issuer, brand, words, facts, order, opener }: Material): MailContent {
  const { kind } = order
  const { paragraphs, link }: MailKindRow = mailKinds[kind]
  const text = (name: string) => words.named(`${kind}_${name}`, facts)
  return {
    language: words.language,
    direction: directionOf(words.language),
    subject: text('subject'),
    brand,
    paragraphs: Array.from({ length: paragraphs }, (_, index) => text(`body_${index + 1}`)),
    ...(link !== undefined &&
      opener !== undefined && {
        action: {
          label: text('button'),
          url: `${issuer}${link.path}?token=${encodeURIComponent(opener.token)}`,
          hint: usefulFor(words, link),
          copy: words.text('copy_link'),
        },
        ...(link.code && { code: codeSentence(words, opener.code) }),
      }),
    notes: [
      ...(link === undefined || link.undoes ? [] : [words.text('not_you')]),
      words.text('sent_by', facts),
    ],
  }
}

function usefulFor(
  words: Translator,
  { lifetimeMinutes, code, longCode }: NonNullable<MailKindRow['link']>,
): string {
  const hours = lifetimeMinutes / 60
  if (hours < 1) return words.text('useful_minutes', { count: lifetimeMinutes })
  const link =
    hours > 48
      ? words.text('useful_days', { count: hours / 24 })
      : words.text('useful_hours', { count: hours })
  if (!code) return link
  const useful = longCode
    ? words.text('useful_long_code')
    : words.text('useful_code', { count: codeLifetimeMinutes })
  return `${link} ${useful}`
}

function codeSentence(words: Translator, code: string): NonNullable<MailContent['code']> {
  const [before = '', after = ''] = words.text('code', { code: '\n' }).split('\n')
  return { before, code: code.replace(/(\d{4})(?=\d)/gu, '$1 '), after }
}

function factsOf({ facts }: MailOrder, { locale }: Translator): Record<string, string> {
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [
      name,
      name === 'when' ? instant(value, locale) : harmless(value),
    ]),
  )
}

function instant(value: string, locale: string): string {
  const format = { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' } as const
  return `${new Intl.DateTimeFormat(locale, format).format(new Date(value))} UTC`
}

function harmless(value: string): string {
  const plain = value
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .normalize('NFC')
  const characters = [...plain]
  return characters.length > factLengthMax
    ? `${characters.slice(0, factLengthMax).join('')}…`
    : plain
}
