import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { languageTags, translatorFor } from './catalogue.ts'
import { composeMail } from './compose-mail.ts'
import { type MailKind, type MailKindRow, mailKinds } from './mail-kinds.ts'
import type { MailOrder } from './mail-order.ts'
import { en } from './texts/en.ts'
import { es } from './texts/es.ts'

const config = {
  issuer: 'https://auth.example.com',
  brand: { name: 'Ledger & Sons', color: '#0b5d75' },
  mail: { from: 'no-reply@example.com' },
}
const kinds = Object.keys(mailKinds) as MailKind[]
const opener = { token: 'sl1_CANARY+/=', code: '12345678' }
const facts = {
  when: '2026-11-29T08:15:00.000Z',
  device: 'Pixel 11',
  address: '192.0.2.1',
  email: 'ada@example.net',
  phone: '…5678',
  provider: 'Google',
}

function compose(kind: MailKind, changes: Partial<MailOrder> = {}) {
  const order = { kind, to: 'ada@example.com', locale: 'en-GB', facts, uselessFrom: '', ...changes }
  const { link }: MailKindRow = mailKinds[kind]
  return composeMail(config, { id: 'job-1', order, opener: link && opener })
}

describe('every mail', () => {
  for (const kind of kinds) {
    for (const locale of languageTags) {
      it(`${kind} can be made in ${locale}`, async () => {
        const mail = await compose(kind, { locale })
        assert.equal(mail.messageId, 'job-1@auth.example.com')
        assert.match(
          mail.html,
          new RegExp(`^<!doctype html>\n<html lang="${locale}" dir="ltr">`, 'u'),
        )
        const { link }: MailKindRow = mailKinds[kind]
        const urls = [...mail.html.matchAll(/(?:href|src)="([^"]*)"/gu)].map(([, url]) => url)
        const url = link && `https://auth.example.com${link.path}?token=sl1_CANARY%2B%2F%3D`
        assert.deepEqual(new Set(urls), new Set(link ? [url] : []))
        assert.equal(mail.text.includes('12345678'), false)
        assert.equal(mail.text.includes('1234 5678'), link?.code ?? false)
        assert.equal(mail.html.includes('>1234 5678<'), link?.code ?? false)
        if (url !== undefined) assert.ok(mail.text.includes(url))
        for (const text of [mail.subject, mail.text, mail.html])
          assert.doesNotMatch(text, /\{\{|undefined|\[object/u)
      })
    }
  }

  it('is the same mail each time it is made', async () => {
    for (const kind of kinds) assert.deepEqual(await compose(kind), await compose(kind))
  })
})

describe('catalogues', () => {
  it('have the same texts with the same facts', () => {
    assert.deepEqual(Object.keys(es).sort(), Object.keys(en).sort())
    const factsIn = (text: string) =>
      [...text.matchAll(/\{\{\w+\}\}/gu)].map(([fact]) => fact).sort()
    for (const [key, text] of Object.entries(es))
      assert.deepEqual(factsIn(text), factsIn(en[key as keyof typeof en]), key)
  })

  it('are found by locale, with English for what there is not', async () => {
    const found = async (locale: string) => (await translatorFor(locale)).language
    assert.equal(await found('es-MX'), 'es')
    assert.equal(await found('ES'), 'es')
    assert.equal(await found('tlh'), 'en')
    assert.equal(await found(''), 'en')
    assert.equal(await found('en-x'), 'en')
    assert.equal(await found('constructor'), 'en')
    assert.equal(await found('__proto__'), 'en')
  })

  it('count as the language does', async () => {
    const words = await translatorFor('en')
    assert.match(words.text('useful_hours', { count: 1 }), /for 1 hour,/u)
    assert.match(words.text('useful_hours', { count: 24 }), /for 24 hours,/u)
  })

  it('write times as the reader does', async () => {
    const dated = async (locale: string) => (await compose('password_changed', { locale })).text
    assert.match(await dated('en-US'), /November 29, 2026 at 8:15.AM UTC/u)
    assert.match(await dated('es'), /29 de noviembre de 2026.*8:15 UTC/u)
  })
})

describe('hostile facts', () => {
  const hostile: Record<string, string> = {
    markup: '<img src=x onerror=alert(1)>"\'&</p><script>alert(1)</script>',
    header: 'Pixel\r\nBcc: everyone@example.com\r\n\r\nbody',
    direction: 'evil\u202Egnp.exe\u2066x\u2069',
    unseen: 'a\u0000b\u0007c\u200Bd\u2028e',
    template: '{{to}} {{brand}} $1',
    long: 'x'.repeat(4096),
    emoji: '👩‍👩‍👧‍👦'.repeat(1000),
  }
  for (const [name, device] of Object.entries(hostile)) {
    it(`${name} bend nothing`, async () => {
      const mail = await compose('new_device', { facts: { ...facts, device, address: device } })
      assert.doesNotMatch(mail.subject, /[\r\n]/u)
      assert.doesNotMatch(mail.html, /<img|<script|onerror=alert\(1\)>"/u)
      for (const text of [mail.text, mail.html]) {
        assert.doesNotMatch(
          text.replaceAll('\n', ''),
          /[\p{Cc}\u202a-\u202e\u2066-\u2069\u200b\u2028]/u,
        )
        assert.doesNotMatch(text, /^Bcc:/mu)
        assert.ok(text.length < 8_000, String(text.length))
      }
    })
  }

  it('keep facts that look like facts as they are', async () => {
    const { text } = await compose('new_device', { facts: { ...facts, device: '{{to}}' } })
    assert.match(text, /\{\{to\}\}/u)
  })
})
