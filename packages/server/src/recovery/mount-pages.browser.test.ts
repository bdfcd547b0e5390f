import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import AxeBuilder from '@axe-core/playwright'
import { ErrorReason } from '@signet/contract'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { reasons } from '../errors.ts'
import type { UserId } from '../ids.ts'
import { openTestUser, signInAs } from '../testing/accounts.ts'
import { launchChromium } from '../testing/chromium.ts'
import { openTestDeps, rowsOf, type TestDeps } from '../testing/deps.ts'
import { startTestService, type TestService } from '../testing/service.ts'
import { referenceHeader } from '../wires/response-headers.ts'
import { issueMailedLink, type LinkPurpose, makeOpener } from './mailed-links.ts'

const email = 'ada@example.com'
const newPassword = 'lantern orbit velvet 42'

let test: TestDeps
let service: TestService
let browser: Browser
let close: () => Promise<void>

before(async () => {
  test = await openTestDeps()
  service = await startTestService(test.deps)
  const launched = await launchChromium()
  browser = launched.browser
  close = launched.close
})
after(async () => {
  await close?.()
  await service?.close()
  await test?.close()
})
beforeEach(async () => {
  await rowsOf(test.deps, 'delete from users')
  await openTestUser(test.deps, email)
})

const hostile = 'sl1_"><script>document.title="owned"</script>'

/** The token of a fresh link to the address of the only user. */
async function linkFor(purpose: LinkPurpose): Promise<string> {
  const [row] = await rowsOf(test.deps, 'select id, user_id from identifiers')
  const [identifierId, userId] = row as [string, UserId]
  const opener = makeOpener()
  const link = { purpose, identifierId, userId, canonical: email, opener, lifetimeMinutes: 60 }
  await issueMailedLink(test.deps, link, new Date())
  return opener.token
}

async function withPage(
  { path, ...options }: BrowserContextOptions & { path: string },
  use: (page: Page) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext(options)
  try {
    const page = await context.newPage()
    await page.goto(service.url + path)
    await use(page)
  } finally {
    await context.close()
  }
}

for (const path of ['/verify-email', '/reset-password']) {
  describe(path, () => {
    it('does nothing when it is opened, whoever opens it', async () => {
      const purpose = path === '/verify-email' ? 'verify_email' : 'reset_password'
      const token = await linkFor(purpose)
      for (const method of ['GET', 'HEAD'] as const)
        assert.equal((await fetch(`${service.url}${path}?token=${token}`, { method })).status, 200)
      const unused = 'select count(*)::integer from mailed_links where used_at is null'
      assert.deepEqual(await rowsOf(test.deps, unused), [[1]])
    })

    it('keeps the token from caches, frames, scripts and other sites', async () => {
      const page = await fetch(`${service.url}${path}?token=${encodeURIComponent(hostile)}`)
      assert.equal(page.headers.get('cache-control'), 'no-store')
      assert.equal(page.headers.get('referrer-policy'), 'no-referrer')
      assert.match(
        page.headers.get('content-security-policy') ?? '',
        /^default-src 'none';.*frame-ancestors 'none'$/u,
      )
      assert.doesNotMatch(await page.text(), /<script/u)
    })

    for (const look of [
      { colorScheme: 'light', viewport: { width: 1280, height: 900 } },
      { colorScheme: 'dark', viewport: { width: 360, height: 780 } },
    ] satisfies BrowserContextOptions[]) {
      it(`is accessible and fits, ${look.colorScheme}, ${look.viewport.width} px`, () =>
        withPage({ path: `${path}?token=sl1_x`, ...look }, async (page) => {
          const widest = await page.evaluate<number>('document.documentElement.scrollWidth')
          assert.equal(widest, look.viewport.width)
          const { violations } = await new AxeBuilder({ page }).analyze()
          assert.deepEqual(
            violations.map(({ id }) => id),
            [],
          )
        }))
    }
  })
}

it('the button proves the address, without scripts', async () => {
  const path = `/verify-email?token=${await linkFor('verify_email')}`
  await withPage({ path, javaScriptEnabled: false }, async (page) => {
    await page.getByRole('button', { name: 'Confirm the address' }).click()
    assert.equal(await page.locator('h1').textContent(), 'The address is confirmed')
  })
})

it('a password that is refused can be typed again, with the link still there', async () => {
  const path = `/reset-password?token=${await linkFor('reset_password')}`
  await withPage({ path }, async (page) => {
    await page.getByLabel('New password').fill('password')
    await page.getByRole('button', { name: 'Set the password' }).click()
    assert.match((await page.getByRole('alert').textContent()) ?? '', /password/iu)
    await page.getByLabel('New password').fill(newPassword)
    await page.getByRole('button', { name: 'Set the password' }).click()
    assert.equal(await page.locator('h1').textContent(), 'The password is set')
  })
  await signInAs(test.deps, email, newPassword)
})

it('a link that is no longer good says what to do, with the reference', () =>
  withPage({ path: '/verify-email?token=sl1_abc' }, async (page) => {
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.request().method() === 'POST'),
      page.getByRole('button').click(),
    ])
    assert.equal(answer.status(), reasons[ErrorReason.LINK_INVALID].httpStatus)
    const told = await page.getByRole('alert').textContent()
    assert.equal(told, reasons[ErrorReason.LINK_INVALID].sentence)
    const reference = answer.headers()[referenceHeader] ?? assert.fail('no reference')
    assert.ok((await page.locator('main').textContent())?.includes(reference))
  }))

it('a form without anything, one that is too large, and what is no form, are refused', async () => {
  for (const path of ['/verify-email', '/reset-password']) {
    assert.equal((await service.post(path, {})).status, 400)
    assert.equal((await service.post(path, { token: 'x'.repeat(10_000) })).status, 413)
    const json = { 'content-type': 'application/json' }
    assert.equal((await service.post(path, '{"token":5,"password":{}}', json)).status, 415)
  }
})
