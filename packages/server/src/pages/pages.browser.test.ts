/** The pages as people use them, in a real browser: how they look, and the ways through them. */

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { openTestUser, testPassword } from '../testing/accounts.ts'
import { launchChromium } from '../testing/chromium.ts'
import { openTestDeps, rowsOf, type TestDeps, withParts } from '../testing/deps.ts'
import { judgeLook, looks, withBrowserPage } from '../testing/looks.ts'
import { linkToken, type Mailbox, openMailbox } from '../testing/mailbox.ts'
import { startTestService, type TestService } from '../testing/service.ts'

const email = 'ada@example.com'
const newPassword = 'lantern orbit velvet 42'

let test: TestDeps
let service: TestService
let mailbox: Mailbox
let browser: Browser
let close: () => Promise<void>

before(async () => {
  test = await openTestDeps()
  const phones = { ...test.deps.config.phones, signIn: true }
  const config = { ...test.deps.config, emailSignIn: true, phones }
  service = await startTestService(withParts(test.deps, { config }))
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

const withPage = (
  { path, ...options }: BrowserContextOptions & { path: string },
  use: (page: Page, complaints: string[]) => Promise<void>,
) =>
  withBrowserPage(browser, options, async (page, complaints) => {
    await page.goto(service.url + path)
    await use(page, complaints)
  })

const submit = (page: Page) => page.locator('main form button[type=submit]').first().click()
const heading = (page: Page) => page.locator('h1').textContent()

async function signIn(page: Page, identifier = email, password = testPassword): Promise<void> {
  await page.goto(`${service.url}/sign-in`)
  await page.locator('#identifier').fill(identifier)
  await page.locator('#password').fill(password)
  await submit(page)
}

/** The code in a mail, as it is written there. */
function codeIn({ text }: { text: string }): string {
  return /\b\d{4} \d{4}\b/u.exec(text)?.[0] ?? assert.fail('no code')
}

describe('every page fits, is accessible, and the browser has nothing against it', () => {
  for (const [name, look] of Object.entries(looks))
    it(name, async () => {
      await openTestUser(test.deps, email)
      const long = 'grace.hopper.with.a.rather.long.address@mathematics.example.org'
      await openTestUser(test.deps, long)
      await withBrowserPage(browser, look, async (page, complaints) => {
        for (const path of [
          '/sign-in',
          '/sign-up',
          '/forgot-password',
          '/reset-password',
          '/check-inbox',
          '/signed-out',
          '/verify-email?token=sl1_x',
          '/undo-email-change?token=sl1_x',
          '/done',
          '/sign-in-by-email',
          '/sign-in-by-email?step=code',
          '/sign-in-by-email?token=sl1_x',
          '/sign-in-by-phone',
        ]) {
          await page.goto(service.url + path)
          await judgeLook(page)
        }
        await signIn(page)
        await signIn(page, long)
        for (const path of ['/signed-in', '/choose-account', '/sign-out', '/apps']) {
          await page.goto(service.url + path)
          await judgeLook(page)
        }
        assert.deepEqual(complaints, [])
        // Refused, with every kind of note; and where there is nothing.
        await page.goto(`${service.url}/sign-up`)
        await page.locator('#email').fill('ada@example.com')
        await page.locator('#password').fill('password1')
        await submit(page)
        await judgeLook(page)
        await page.goto(`${service.url}/sign-in-by-phone`)
        for (const phone of ['0151 12345678', '+49 151 12345678']) {
          await page.locator('#phone').fill(phone)
          await submit(page)
          await judgeLook(page)
        }
        assert.equal(await page.locator('#code').getAttribute('autocomplete'), 'one-time-code')
        await page.goto(`${service.url}/nothing`)
        await page.locator('summary').click()
        await judgeLook(page)
      })
    })

  it('in forced colors', async () => {
    const look = { forcedColors: 'active', viewport: { width: 360, height: 780 } } as const
    await withPage({ path: '/sign-in', ...look }, async (page) => {
      await page.locator('#identifier').fill(email)
      await page.locator('#password').fill('x')
      await submit(page)
      await judgeLook(page)
    })
  })

  it('without anything moving while it loads', () =>
    withPage({ path: '/sign-in' }, async (page) => {
      const shift = await page.evaluate<number>(`new Promise((resolve) => {
        let sum = 0
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) sum += entry.value
        }).observe({ type: 'layout-shift', buffered: true })
        setTimeout(() => resolve(sum), 300)
      })`)
      assert.ok(shift <= 0.01, String(shift))
    }))
})

for (const javaScriptEnabled of [true, false])
  describe(javaScriptEnabled ? 'with scripts' : 'without scripts', () => {
    it('a new account: sign up, read the code, sign in, sign out', () =>
      withPage({ path: '/sign-in', javaScriptEnabled }, async (page) => {
        await page.getByRole('button', { name: 'Create an account' }).click()
        await page.getByLabel('Email address').fill(email)
        await page.getByLabel('Your name').fill('Ada Lovelace')
        await page.getByLabel('Password', { exact: true }).fill(newPassword)
        const mail = await mailbox.mailOf(async () => {
          await page.getByRole('button', { name: 'Create the account' }).click()
          assert.equal(await heading(page), 'Check your inbox')
        })
        assert.match((await page.locator('main').textContent()) ?? '', /ada@example\.com/u)
        await page.getByLabel('Code from the mail').fill(codeIn(mail))
        await page.getByRole('button', { name: 'Confirm the address' }).click()
        assert.equal(
          await page.locator('.notice').textContent(),
          'Your address is confirmed. Sign in to go on.',
        )
        assert.equal(await page.getByLabel('Email address').inputValue(), email)
        await page.getByLabel('Password', { exact: true }).fill(newPassword)
        await submit(page)
        assert.equal(await heading(page), 'You are signed in')
        await page.getByRole('button', { name: 'Sign out' }).click()
        assert.equal(await heading(page), 'You are signed out')
        assert.deepEqual(
          await rowsOf(test.deps, 'select 1 from sessions where ended_at is null'),
          [],
        )
      }))

    it('a forgotten password, by the code in this browser', async () => {
      await openTestUser(test.deps, email)
      await withPage({ path: '/sign-in', javaScriptEnabled }, async (page) => {
        await page.getByLabel('Email address').fill(email)
        await page.getByRole('button', { name: 'Forgot your password?' }).click()
        assert.equal(await page.getByLabel('Email address').inputValue(), email)
        const mail = await mailbox.mailOf(async () => {
          await page.getByRole('button', { name: 'Send the mail' }).click()
          assert.equal(await heading(page), 'Set a new password')
        })
        await page.getByLabel('Code from the mail').fill(codeIn(mail))
        await page.getByLabel('New password').fill('password1')
        await submit(page)
        assert.match((await page.getByRole('alert').textContent()) ?? '', /cannot be used/u)
        assert.equal(await page.getByLabel('Code from the mail').inputValue(), codeIn(mail))
        await page.getByLabel('New password').fill(newPassword)
        await submit(page)
        assert.match((await page.locator('.notice').textContent()) ?? '', /^Your password is set/u)
        await page.getByLabel('Password', { exact: true }).fill(newPassword)
        await submit(page)
        assert.equal(await heading(page), 'You are signed in')
      })
    })

    it('a link of a mail, in any browser; opening it does nothing', async () => {
      await openTestUser(test.deps, email)
      const mail = await mailbox.mailOf(() =>
        withPage({ path: '/forgot-password', javaScriptEnabled }, async (page) => {
          await page.getByLabel('Email address').fill(email)
          await submit(page)
        }),
      )
      const path = `/reset-password?token=${linkToken(mail)}`
      for (const method of ['GET', 'HEAD']) await fetch(service.url + path, { method })
      await withPage({ path, javaScriptEnabled }, async (page) => {
        await page.getByLabel('New password').fill(newPassword)
        await submit(page)
        assert.equal(await heading(page), 'Sign in')
        await signIn(page, email, newPassword)
        assert.equal(await heading(page), 'You are signed in')
      })
      await withPage({ path, javaScriptEnabled }, async (page) => {
        await page.getByLabel('New password').fill(newPassword)
        await submit(page)
        assert.match((await page.getByRole('alert').textContent()) ?? '', /no longer good/u)
      })
    })
  })

describe('whoever signs in', () => {
  it('may be wrong, go back, and send a form twice, and loses nothing', async () => {
    await openTestUser(test.deps, email)
    await withPage({ path: '/sign-in' }, async (page) => {
      await signIn(page, email, 'not the password')
      // The browser moves the focus when it has drawn the page, which may be after it has loaded it.
      await page.locator('[role=alert]:focus').waitFor()
      assert.equal(await page.locator('#identifier').inputValue(), email)
      await page.locator('#password').fill(testPassword)
      await page.locator('main form button[type=submit]').dblclick()
      await page.waitForURL('**/signed-in')
      await page.goBack()
      await page.waitForLoadState()
      assert.match(
        (await page.locator('main').textContent()) ?? '',
        /You are signed in as ada@example\.com|Sign in/u,
      )
      await page.reload()
      await page.getByRole('link', { name: 'Continue' }).click()
      assert.equal(await heading(page), 'You are signed in')
    })
    assert.equal(
      (await rowsOf(test.deps, 'select 1 from sessions where ended_at is null')).length,
      1,
    )
  })

  it('in two tabs at once is signed in in both', async () => {
    await openTestUser(test.deps, email)
    await withPage({ path: '/sign-in' }, async (page) => {
      const other = await page.context().newPage()
      await other.goto(`${service.url}/sign-in`)
      await Promise.all([signIn(page), signIn(other)])
      for (const tab of [page, other]) {
        await tab.goto(`${service.url}/signed-in`)
        assert.equal(await heading(tab), 'You are signed in')
      }
    })
  })

  it('may see the password, in a field that managers fill', async () => {
    await withPage({ path: '/sign-in' }, async (page) => {
      const [identifier, password] = [page.locator('#identifier'), page.locator('#password')]
      assert.equal(await identifier.getAttribute('autocomplete'), 'username')
      assert.equal(await password.getAttribute('autocomplete'), 'current-password')
      await password.fill('seen')
      await page.getByRole('button', { name: 'Show' }).click()
      assert.equal(await password.getAttribute('type'), 'text')
      await page.getByRole('button', { name: 'Hide' }).click()
      assert.equal(await password.getAttribute('type'), 'password')
      await page.goto(`${service.url}/sign-up`)
      const fresh = page.locator('#password')
      assert.equal(await fresh.getAttribute('autocomplete'), 'new-password')
      assert.match((await fresh.getAttribute('passwordrules')) ?? '', /minlength: \d+/u)
    })
  })

  it('is told that Caps Lock is on, in what screen readers speak', async () => {
    await withPage({ path: '/sign-in' }, async (page) => {
      const status = page.getByRole('status')
      assert.equal(await status.textContent(), '')
      // Playwright presses no lock: the event is as a browser makes it then.
      const press = (capsLock: boolean) =>
        page.evaluate(
          `document.getElementById('password').dispatchEvent(new KeyboardEvent('keydown', { key: 'a', modifierCapsLock: ${capsLock} }))`,
        )
      await press(true)
      assert.equal(await status.textContent(), 'Caps Lock is on.')
      await judgeLook(page)
      await press(false)
      assert.equal(await status.textContent(), '')
    })
  })

  it('takes the address along to wherever they go, and no password', async () => {
    await withPage({ path: '/sign-in' }, async (page) => {
      for (const [way, title] of [
        ['Create an account', 'Create an account'],
        ['Forgot your password?', 'Forgot your password?'],
        ['Sign in with a code by mail', 'Sign in by mail'],
      ] as const) {
        await page.goto(`${service.url}/sign-in`)
        await page.locator('#identifier').fill(`${way.length}@example.com`)
        await page.locator('#password').fill('begun')
        const sent = page.waitForRequest((request) => request.method() === 'POST')
        await page.getByRole('button', { name: way }).click()
        assert.doesNotMatch((await sent).postData() ?? '', /begun/u)
        assert.equal(await heading(page), title)
        assert.equal(await page.locator('#email').inputValue(), `${way.length}@example.com`)
      }
    })
  })

  it('may read another language, and keeps it on the way', async () => {
    await withPage({ path: '/sign-in' }, async (page) => {
      await page.getByRole('link', { name: 'Español' }).click()
      assert.equal(await heading(page), 'Inicia sesión')
      await page.getByRole('button', { name: 'Crea una cuenta' }).click()
      assert.equal(await heading(page), 'Crea una cuenta')
      assert.equal(await page.locator('html').getAttribute('lang'), 'es')
      await page.locator('#email').fill('sin arroba')
      await page.locator('#password').fill(newPassword)
      await page.evaluate(`document.forms[0].noValidate = true`)
      await submit(page)
      assert.match((await page.locator('#email-error').textContent()) ?? '', /lleva una @/u)
    })
  })

  it('with cookies blocked is told so', async () => {
    await withPage({ path: '/sign-in' }, async (page) => {
      await page.route('**/*', async (route) => {
        const { cookie: _, ...headers } = await route.request().allHeaders()
        await route.continue({ headers })
      })
      await page.goto(`${service.url}/sign-in`)
      for (const _ of [1, 2]) {
        await page.context().clearCookies()
        await page.locator('#identifier').fill(email)
        await page.locator('#password').fill('x')
        await submit(page)
      }
      assert.equal(await heading(page), 'Your browser keeps no cookies for this site')
    })
  })
})
