/** The way of a person from an app through the pages and back, in a real browser: redirects after forms, policies, consent. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { authorizationParameters, registerApp } from '../oauth/testing/browser.ts'
import { openTestUser, testPassword } from '../testing/accounts.ts'
import { launchChromium } from '../testing/chromium.ts'
import { openTestDeps, rowsOf, type TestDeps } from '../testing/deps.ts'
import { judgeLook, looks, withBrowserPage } from '../testing/looks.ts'
import { type Mailbox, openMailbox } from '../testing/mailbox.ts'
import { startTestService, type TestService } from '../testing/service.ts'

const email = 'ada@example.com'

let test: TestDeps
let service: TestService
let mailbox: Mailbox
let browser: Browser
let close: () => Promise<void>
let callback: string
const app = createServer((request, response) => {
  request.resume()
  request.on('end', () => response.setHeader('content-type', 'text/html').end('<h1>The app</h1>'))
})

before(async () => {
  test = await openTestDeps()
  service = await startTestService(test.deps)
  mailbox = await openMailbox(test)
  await once(app.listen(0, '127.0.0.1'), 'listening')
  callback = `http://127.0.0.1:${(app.address() as AddressInfo).port}/callback`
  const changes = { redirectUris: [callback] }
  await registerApp(test.deps, { ...changes, name: 'Ledger' })
  await registerApp(test.deps, {
    ...changes,
    id: 'other',
    name: 'Other <b>App</b>',
    firstParty: false,
  })
  const launched = await launchChromium()
  browser = launched.browser
  close = launched.close
})
after(async () => {
  await close?.()
  await mailbox?.close()
  await service?.close()
  app.closeAllConnections()
  app.close()
  await test?.close()
})
beforeEach(async () => {
  for (const table of ['users', 'guess_counters', 'mail_requests'])
    await rowsOf(test.deps, `delete from ${table}`)
})

const authorizeUrl = (changes: Record<string, string> = {}) => {
  const parameters = authorizationParameters({ redirect_uri: callback, ...changes })
  return `${service.url}/oauth2/authorize?${new URLSearchParams(parameters)}`
}

async function fromApp(
  changes: Record<string, string>,
  use: (page: Page, complaints: string[]) => Promise<void>,
  options: BrowserContextOptions = {},
): Promise<void> {
  await withBrowserPage(browser, options, async (page, complaints) => {
    await page.goto(authorizeUrl(changes))
    await use(page, complaints)
  })
}

async function signIn(page: Page, identifier = email): Promise<void> {
  await page.locator('#identifier').fill(identifier)
  await page.locator('#password').fill(testPassword)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

const heading = (page: Page) => page.locator('h1').textContent()

/** What the app hears. */
async function answerTo(page: Page): Promise<URLSearchParams> {
  await page.waitForURL((url) => url.href.startsWith(callback))
  assert.equal(await heading(page), 'The app')
  return new URL(page.url()).searchParams
}

for (const javaScriptEnabled of [true, false])
  describe(javaScriptEnabled ? 'with scripts' : 'without scripts', () => {
    const options = { javaScriptEnabled }

    it('signs in for an app of ours, and comes back with a code', async () => {
      await openTestUser(test.deps, email)
      await fromApp(
        { login_hint: email },
        async (page, complaints) => {
          assert.equal(await page.locator('.to').textContent(), 'to continue to Ledger')
          assert.equal(await page.locator('#identifier').inputValue(), email)
          await signIn(page)
          const answer = await answerTo(page)
          assert.ok(answer.get('code')?.startsWith('sa1_'))
          assert.equal(answer.get('state'), 'the state')
          assert.deepEqual(complaints, [])
          // From now on nobody is asked.
          await page.goto(authorizeUrl({ state: 'another' }))
          assert.equal((await answerTo(page)).get('state'), 'another')
        },
        options,
      )
    })

    it('is asked by another app what it may do, once, and may refuse', async () => {
      await openTestUser(test.deps, email)
      const other = { client_id: 'other', scope: 'openid email invoices.read' }
      await fromApp(
        other,
        async (page) => {
          await signIn(page)
          assert.equal(await heading(page), 'Allow Other <b>App</b> to use your account?')
          const scopes = await page.locator('.scopes li').allTextContents()
          assert.deepEqual(
            scopes.map((each) => each.trim()),
            ['know who you are', 'see your email address', 'use invoices.read'],
          )
          const [deny, allow] = await Promise.all(
            ['Deny', 'Allow'].map((name) =>
              page.getByRole('button', { name }).getAttribute('class'),
            ),
          )
          assert.equal(deny, allow, 'one of them weighs more')
          await page.getByRole('button', { name: 'Deny' }).click()
          assert.equal((await answerTo(page)).get('error'), 'access_denied')
          await page.goto(authorizeUrl(other))
          await page.getByRole('button', { name: 'Allow' }).click()
          assert.ok((await answerTo(page)).get('code'))
          await page.goto(authorizeUrl(other))
          assert.ok((await answerTo(page)).get('code'))
          await page.goto(authorizeUrl({ ...other, scope: 'openid email profile' }))
          const more = await page
            .locator('.scopes li', { has: page.locator('.tag') })
            .allTextContents()
          assert.deepEqual(
            more.map((each) => each.trim()),
            ['see your name and language New'],
          )
        },
        options,
      )
    })

    it('answers by a form where the app asks for it', async () => {
      await openTestUser(test.deps, email)
      await fromApp(
        { response_mode: 'form_post' },
        async (page) => {
          await signIn(page)
          if (!javaScriptEnabled) await page.getByRole('button').click()
          await page.waitForURL(callback)
          assert.equal(await heading(page), 'The app')
        },
        options,
      )
    })
  })

it('a new account goes on to the app: sign up, code, sign in', () =>
  fromApp({ prompt: 'create' }, async (page) => {
    assert.equal(await heading(page), 'Create an account')
    await page.locator('#email').fill(email)
    await page.locator('#password').fill(testPassword)
    const mail = await mailbox.mailOf(() =>
      page.getByRole('button', { name: 'Create the account' }).click(),
    )
    await page.waitForURL(/check-inbox/u)
    await page.locator('#code').fill(/\b\d{4} \d{4}\b/u.exec(mail.text)?.[0] ?? '')
    await page.getByRole('button', { name: 'Confirm the address' }).click()
    await signIn(page)
    assert.ok((await answerTo(page)).get('code'))
  }))

it('one of several accounts is chosen, or another one is used', async () => {
  const others = ['eve@example.com', 'grace@example.com']
  for (const each of [email, ...others]) await openTestUser(test.deps, each)
  await fromApp({}, async (page) => {
    await signIn(page)
    await answerTo(page)
    await page.goto(`${service.url}/sign-in`)
    await signIn(page, others[0])
    const choose = { prompt: 'select_account' }
    await page.goto(authorizeUrl(choose))
    assert.equal(await heading(page), 'Choose an account')
    await judgeLook(page)
    await page.getByRole('button', { name: email }).first().click()
    assert.ok((await answerTo(page)).get('code'))
    await page.goto(authorizeUrl(choose))
    await page.getByRole('link', { name: 'Use another account' }).click()
    await signIn(page, others[1])
    assert.ok((await answerTo(page)).get('code'))
  })
  const owners = await rowsOf(
    test.deps,
    `select i.value from authorization_codes c join identifiers i on i.user_id = c.user_id order by c.created_at`,
  )
  assert.deepEqual(owners.flat(), [email, email, others[1]])
})

it('the same person proves it again where the app asks for that, and stays in the same session', async () => {
  await openTestUser(test.deps, email)
  await fromApp({}, async (page) => {
    await signIn(page)
    await answerTo(page)
    await page.goto(authorizeUrl({ prompt: 'login' }))
    assert.equal(await heading(page), 'Sign in')
    await signIn(page)
    assert.ok((await answerTo(page)).get('code'))
  })
  assert.equal((await rowsOf(test.deps, 'select 1 from sessions')).length, 1)
})

it('a request in two tabs is two requests', async () => {
  await openTestUser(test.deps, email)
  await fromApp({ state: 'first' }, async (page) => {
    const tab = await page.context().newPage()
    await tab.goto(authorizeUrl({ state: 'second' }))
    await signIn(tab)
    assert.equal((await answerTo(tab)).get('state'), 'second')
    await signIn(page)
    assert.equal((await answerTo(page)).get('state'), 'first')
  })
})

it('consent is about the account that it was asked for', async () => {
  await openTestUser(test.deps, email)
  await openTestUser(test.deps, 'eve@example.com')
  await fromApp({ client_id: 'other', scope: 'openid email' }, async (page) => {
    await signIn(page)
    assert.match((await page.locator('main').textContent()) ?? '', /signed in as ada@example\.com/u)
    const tab = await page.context().newPage()
    await tab.goto(`${service.url}/sign-in`)
    await signIn(tab, 'eve@example.com')
    await page.getByRole('button', { name: 'Allow' }).click()
    await answerTo(page)
    const owners = `select i.value from consents c join identifiers i on i.user_id = c.user_id`
    assert.deepEqual(await rowsOf(test.deps, owners), [[email]])
    // Signed out meanwhile: nothing is allowed, and the person signs in.
    await page.goto(authorizeUrl({ client_id: 'other', scope: 'openid profile' }))
    await tab.goto(`${service.url}/signed-in`)
    await tab.getByRole('button', { name: 'Sign out of all accounts here' }).click()
    await page.getByRole('button', { name: 'Allow' }).click()
    assert.equal(await heading(page), 'Sign in')
    assert.deepEqual((await rowsOf(test.deps, 'select scopes from consents'))[0], [
      ['openid', 'email'],
    ])
  })
})

describe('what an app leads to fits and is accessible', () => {
  for (const [name, look] of Object.entries(looks))
    it(name, async () => {
      await openTestUser(test.deps, email)
      await withBrowserPage(browser, look, async (page) => {
        await page.goto(authorizeUrl({ client_id: 'other', scope: 'openid email invoices.read' }))
        await judgeLook(page)
        await page.locator('#identifier').fill(email)
        await page.locator('#password').fill(testPassword)
        await page.locator('main form button[type=submit]').click()
        await page.waitForURL(/\/consent/u)
        await judgeLook(page)
        await page.goto(authorizeUrl({ redirect_uri: `${callback}/../x?y=<script>` }))
        await page.locator('summary').click()
        assert.equal(await page.locator('dd mark').textContent(), '/../x?y=<script>')
        const said = await page.locator('dd', { hasText: 'is too much' }).textContent()
        assert.match(said ?? '', /^at character \d+ “\/\.\.\/x\?y=<script>” is too much$/u)
        await judgeLook(page)
      })
    })
})
