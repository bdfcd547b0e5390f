import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import Fastify from 'fastify'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { launchChromium } from '../testing/chromium.ts'
import { judgeLook, looks, withBrowserPage } from '../testing/looks.ts'
import { composeMail } from './compose-mail.ts'
import { openInbox } from './inbox.ts'
import { type MailKind, type MailKindRow, mailKinds } from './mail-kinds.ts'
import { mountInbox } from './mount-inbox.ts'

const fastify = Fastify()
const inbox = openInbox()
let browser: Browser
let close: () => Promise<void>
let origin: string

before(async () => {
  mountInbox(fastify, inbox)
  fastify.get('/favicon.ico', async (_, reply) => reply.code(204).send())
  fastify.get('/verify-email', async () => 'the link was followed')
  origin = await fastify.listen({ host: '127.0.0.1', port: 0 })
  const launched = await launchChromium()
  browser = launched.browser
  close = launched.close
})
after(async () => {
  await close?.()
  await fastify.close()
})

const hostile = `"><script>document.title="owned"</script> ${'x'.repeat(90)}`

async function fill(): Promise<void> {
  const config = {
    issuer: origin,
    brand: { name: 'Signet', color: '#0b5d75' },
    mail: { from: 'no-reply@example.com' },
  }
  for (const [index, kind] of (Object.keys(mailKinds) as MailKind[]).entries()) {
    const facts = {
      when: '2026-11-29T08:15:00.000Z',
      device: hostile,
      address: '192.0.2.1',
      phone: '…5678',
      email: `${'a'.repeat(60)}@example.net`,
    }
    const order = { kind, to: 'ada@example.com', locale: 'en', facts, uselessFrom: '' }
    const { link }: MailKindRow = mailKinds[kind]
    const opener = link && { token: `sl1_${'x'.repeat(43)}`, code: '12345678' }
    const mail = await composeMail(config, { id: `mail-${index}`, order, opener })
    await inbox.send(mail, new AbortController().signal)
  }
}

const withPage = (
  { path, ...options }: BrowserContextOptions & { path: string },
  use: (page: Page, complaints: string[]) => Promise<void>,
) =>
  withBrowserPage(browser, options, async (page, complaints) => {
    await page.goto(origin + path)
    await use(page, complaints)
  })

const widthOf = (page: Page) => page.evaluate<number>('document.documentElement.scrollWidth')

async function judge(page: Page, complaints: string[]): Promise<void> {
  const framed = await widthOf(page)
  // Nothing can be asked in the frame, which runs no script; its content is judged by itself.
  await page.evaluate(`document.querySelector('iframe')?.remove()`)
  await judgeLook(page)
  assert.equal(framed, await widthOf(page))
  assert.deepEqual(complaints, [])
}

it('says what to do while it is empty', () =>
  withPage({ path: '/dev/inbox', viewport: { width: 360, height: 780 } }, async (page, said) => {
    assert.equal(await page.locator('h1').textContent(), 'No mail yet')
    await judge(page, said)
  }))

describe('with a mail of each kind', () => {
  before(fill)

  for (const [name, look] of Object.entries(looks)) {
    it(`the list and every mail are accessible and fit ${name}`, async () => {
      const hostileMail = '/dev/inbox/mail-4@127.0.0.1'
      for (const path of ['/dev/inbox', hostileMail]) await withPage({ path, ...look }, judge)
      await withPage({ path: '/verify-email', ...look }, async (page, said) => {
        for (const { html } of inbox.list()) {
          await page.setContent(html)
          await judge(page, said)
        }
      })
    })
  }

  it('a link in the frame opens a page of its own, and nothing in a mail runs', () =>
    withPage({ path: '/dev/inbox/mail-0@127.0.0.1' }, async (page) => {
      const opened = page.context().waitForEvent('page', { timeout: 30_000 })
      await page.frameLocator('iframe').getByRole('link', { name: 'Confirm the address' }).click()
      const landed = await opened
      await landed.waitForLoadState()
      assert.match(landed.url(), /\/verify-email\?token=sl1_x{43}$/u)
      assert.equal(await landed.locator('body').textContent(), 'the link was followed')
    }))

  it('a mail by itself is in a sandbox too, where nothing runs and nothing is loaded', async () => {
    const { headers, body } = await fastify.inject({
      path: '/dev/inbox/mail-4@127.0.0.1/html',
      headers: { host: 'localhost' },
    })
    const policy = String(headers['content-security-policy'])
    assert.match(
      policy,
      /^default-src 'none'; .*; sandbox allow-popups allow-popups-to-escape-sandbox$/u,
    )
    assert.match(body, /&lt;script&gt;/u)
    assert.doesNotMatch(body, /<script/u)
  })

  it('marks the code in the plain text', () =>
    withPage({ path: '/dev/inbox/mail-0@127.0.0.1' }, async (page) => {
      assert.equal(await page.locator('pre mark').textContent(), '1234 5678')
    }))
})

it('exists for this machine alone, and not under another name', async () => {
  const paths = ['/dev/inbox', '/dev/inbox.json', '/dev/inbox/mail-0@127.0.0.1']
  for (const path of [...paths, `${paths[2]}/html`]) {
    const good = await fastify.inject({ path, headers: { host: 'localhost:8080' } })
    assert.equal(good.statusCode, 200, path)
    for (const headers of [
      { host: 'rebound.example.com' },
      { host: 'localhost', 'x-forwarded-for': '192.0.2.1' },
    ]) {
      const refused = await fastify.inject({ path, headers })
      assert.notEqual(refused.statusCode, 200, path)
    }
    const remote = { path, remoteAddress: '192.0.2.1', headers: { host: 'localhost' } }
    assert.notEqual((await fastify.inject(remote)).statusCode, 200, path)
  }
})

it('keeps the latest two hundred', async () => {
  const [mail] = inbox.list()
  assert.ok(mail)
  const { signal } = new AbortController()
  for (let n = 0; n < 250; n += 1) await inbox.send({ ...mail, messageId: `n${n}` }, signal)
  assert.deepEqual([inbox.list().length, inbox.list()[0]?.messageId], [200, 'n249'])
  assert.equal(inbox.find('n49'), undefined)
})
