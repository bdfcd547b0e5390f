/** Pages that wait, in a real browser: for a mail, for a time to pass, and for what somebody does in another tab. */

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { openTestUser, testPassword } from '../testing/accounts.ts'
import { launchChromium } from '../testing/chromium.ts'
import { openTestDeps, rowsOf, type TestDeps } from '../testing/deps.ts'
import { judgeLook, looks, withBrowserPage } from '../testing/looks.ts'
import { linkToken, type Mailbox, openMailbox, type ReadMail } from '../testing/mailbox.ts'
import { openPageVisitor } from '../testing/page-visitor.ts'
import { startTestService, type TestService } from '../testing/service.ts'

const email = 'ada@example.com'
const password = 'lantern orbit velvet 42'

let test: TestDeps
let service: TestService
let mailbox: Mailbox
let browser: Browser
let close: () => Promise<void>

before(async () => {
  test = await openTestDeps()
  service = await startTestService(test.deps)
  mailbox = await openMailbox(test)
  const launched = await launchChromium()
  browser = launched.browser
  close = launched.close
})
after(async () => {
  await close?.()
  await mailbox?.close()
  await service?.close()
  await test?.close()
})
beforeEach(async () => {
  for (const table of ['users', 'guess_counters', 'mail_requests'])
    await rowsOf(test.deps, `delete from ${table}`)
})

const heading = (page: Page) => page.locator('h1').textContent()

/** A browser that has signed up and waits for the mail. */
async function waiting(
  options: BrowserContextOptions,
  use: (page: Page, mail: ReadMail, complaints: string[]) => Promise<void>,
): Promise<void> {
  await withBrowserPage(browser, options, async (page, complaints) => {
    await page.clock.install()
    await page.goto(`${service.url}/sign-up`)
    await page.locator('#email').fill(email)
    await page.locator('#displayName').fill('Ada Lovelace')
    await page.locator('#password').fill(password)
    const mail = await mailbox.mailOf(async () => {
      await page.locator('main form button[type=submit]').click()
      await page.waitForURL(/\/check-inbox/u)
    })
    await use(page, mail, complaints)
  })
}

/** Somebody opens the link of a mail on another device, and presses its button. */
async function confirmElsewhere(mail: ReadMail): Promise<void> {
  const who = openPageVisitor(service.url)
  const opened = await who.open(`/verify-email?token=${linkToken(mail)}`)
  assert.equal((await who.send(opened, '/verify-email')).status, 303)
}

/** How often the page has asked for news, from here on. */
function countNews(page: Page): { asked(): number } {
  let count = 0
  page.on('response', (response) => {
    if (response.url().endsWith('/check-inbox/news')) count += 1
  })
  return { asked: () => count }
}

/** The page is shown, or hidden behind another one. */
async function show(page: Page, visibility: 'visible' | 'hidden'): Promise<void> {
  await page.evaluate(`
    Object.defineProperty(document, 'hidden', { configurable: true, value: ${visibility === 'hidden'} })
    document.dispatchEvent(new Event('visibilitychange'))
  `)
}

async function untilAsked(page: Page, act: () => Promise<unknown>): Promise<void> {
  const answered = page.waitForResponse(/\/check-inbox\/news$/u)
  await act()
  await (await answered).finished()
}

describe('a tab that waits for a mail', () => {
  it('goes on by itself when the link is opened on another device', () =>
    waiting({}, async (page, mail, complaints) => {
      await untilAsked(page, () => page.clock.fastForward(2000))
      assert.equal(await heading(page), 'Check your inbox')
      await confirmElsewhere(mail)
      await page.clock.fastForward(3000)
      await page.waitForURL(/\/sign-in\?notice=address_confirmed/u)
      assert.equal(await page.locator('#identifier').inputValue(), email)
      assert.deepEqual(complaints, [])
    }))

  it('asks less and less often, not while it is hidden, and at once when it is seen again', () =>
    waiting({}, async (page) => {
      const news = countNews(page)
      for (const pause of [2000, 3000, 4500])
        await untilAsked(page, () => page.clock.fastForward(pause))
      assert.equal(news.asked(), 3)
      await page.clock.fastForward(4500)
      await show(page, 'hidden')
      await page.clock.fastForward(600_000)
      assert.equal(news.asked(), 3)
      await untilAsked(page, async () => {
        await show(page, 'visible')
        await page.clock.fastForward(1)
      })
      assert.equal(news.asked(), 4)
    }))

  it('goes on by a link where no script runs', () =>
    waiting({ javaScriptEnabled: false }, async (page, mail) => {
      await page.getByRole('link', { name: 'Continue' }).click()
      assert.match((await page.getByRole('status').textContent()) ?? '', /not confirmed yet/u)
      await confirmElsewhere(mail)
      await page.getByRole('link', { name: 'Continue' }).click()
      assert.equal(
        await page.locator('.notice').textContent(),
        'Your address is confirmed. Sign in to go on.',
      )
    }))

  it('counts down until another mail can be had, and says so without interrupting', () =>
    waiting({}, async (page) => {
      const timer = page.getByRole('timer')
      assert.match((await timer.textContent()) ?? '', /in 0:(?:30|29|28)\.$/u)
      await page.clock.runFor(10_000)
      assert.match((await timer.textContent()) ?? '', /in 0:(?:20|19|18)\.$/u)
      const again = page.getByRole('button', { name: 'Send another mail' })
      await again.click()
      assert.match((await page.getByRole('alert').textContent()) ?? '', /cannot be sent yet/u)
      assert.equal(await page.getByRole('alert').getByRole('timer').count(), 0)
      await page.clock.runFor(31_000)
      assert.deepEqual(await timer.allTextContents(), ['You can try again now.'])
    }))

  it('goes back to change the address, and finds what was typed', () =>
    waiting({ javaScriptEnabled: false }, async (page) => {
      await page.getByRole('link', { name: 'Use another address' }).click()
      assert.equal(await page.locator('#email').inputValue(), email)
      assert.equal(await page.locator('#displayName').inputValue(), 'Ada Lovelace')
    }))
})

describe('a sign-in page that is left open', () => {
  it('offers to go on when somebody comes back from another tab, and keeps what they type', async () => {
    await openTestUser(test.deps, email)
    await withBrowserPage(browser, {}, async (page, complaints) => {
      await page.clock.install()
      await page.goto(`${service.url}/sign-in`)
      await page.locator('#identifier').fill('somebody@example.com')
      const tab = await page.context().newPage()
      await tab.goto(`${service.url}/sign-in`)
      await tab.locator('#identifier').fill(email)
      await tab.locator('#password').fill(testPassword)
      await tab.locator('main form button[type=submit]').first().click()
      await tab.waitForURL(/\/signed-in/u)
      await page.clock.fastForward(2000)
      await show(page, 'visible')
      const note = page.locator('[aria-live]').filter({ hasText: `already signed in as ${email}` })
      await note.waitFor()
      assert.equal(await page.locator('#identifier').inputValue(), 'somebody@example.com')
      await judgeShift(page)
      await judgeLook(page)
      await note.getByRole('link', { name: 'Continue' }).click()
      assert.equal(await heading(page), 'You are signed in')
      assert.deepEqual(complaints, [])
    })
  })
})

it('a reference is copied, which is said', async () => {
  const look = { permissions: ['clipboard-read', 'clipboard-write'] }
  await withBrowserPage(browser, look, async (page) => {
    await page.goto(`${service.url}/nothing`)
    await page.getByRole('button', { name: 'Copy' }).click()
    await page.getByRole('status').filter({ hasText: 'Copied' }).waitFor({ state: 'attached' })
    const copied = await page.evaluate<string>('navigator.clipboard.readText()')
    const shown = (await page.locator('.aside').first().textContent()) ?? ''
    assert.ok(copied !== '' && shown.includes(copied), copied)
  })
})

describe('every page that waits fits, is accessible, and does not move', () => {
  for (const [name, look] of Object.entries(looks))
    it(name, () =>
      waiting(look, async (page, _mail, complaints) => {
        await judgeLook(page)
        await page.goto(`${service.url}/check-inbox?notice=pressed`)
        await judgeLook(page)
        assert.deepEqual(complaints, [])
        await page.locator('.again button').click()
        await judgeLook(page)
        await page.clock.runFor(40_000)
        await judgeShift(page)
        await page.goto(`${service.url}/forgot-password`)
        await page.locator('main form button[type=submit]').click()
        await judgeLook(page)
      }),
    )
})

/** Fails where parts of the page have moved without being asked to (Cumulative Layout Shift), and names them. */
async function judgeShift(page: Page): Promise<void> {
  const { sum, moved } = await page.evaluate<{
    sum: number
    moved: string[]
  }>(`new Promise((resolve) => {
    let sum = 0
    const moved = []
    new PerformanceObserver((list) => {
      for (const { value, sources } of list.getEntries()) {
        sum += value
        for (const { node } of sources) moved.push(node?.outerHTML?.slice(0, 80) ?? '')
      }
    }).observe({ type: 'layout-shift', buffered: true })
    setTimeout(() => resolve({ sum, moved }), 300)
  })`)
  assert.ok(sum <= 0.01, `${sum}: ${moved.join(' ')}`)
}
