/** Every provider, on the sign-in page, in a real browser: from the button to the provider and back, signed in. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { Deps } from '../deps.ts'
import {
  type ProviderKind,
  type ProviderSettings,
  providerKinds,
} from '../federation/identity-provider.ts'
import { addProvider } from '../federation/manage-providers.ts'
import { callbackAddress } from '../federation/provider-sign-in.ts'
import { type OidcIssuer, openOidcIssuer } from '../federation/testing/oidc-issuer.ts'
import { openFacebook, openGitHub, openLinkedIn } from '../federation/testing/social-servers.ts'
import { authorizationParameters, registerApp } from '../oauth/testing/browser.ts'
import { openTestUser, testPassword } from '../testing/accounts.ts'
import { launchChromium } from '../testing/chromium.ts'
import { openTestDeps, rowsOf, type TestDeps, testContext } from '../testing/deps.ts'
import { judgeLook, looks, withBrowserPage } from '../testing/looks.ts'
import { startTestIssuer, type TestService } from '../testing/service.ts'

let test: TestDeps
let deps: Deps
let service: TestService
let browser: Browser
let closeBrowser: () => Promise<void>
let acme: OidcIssuer
let callback: string
const closing: { close(): Promise<void> }[] = []
const app = createServer((request, response) => {
  request.resume()
  request.on('end', () => response.setHeader('content-type', 'text/html').end('<h1>The app</h1>'))
})

const names: Readonly<Record<ProviderKind, string>> = {
  google: 'Google',
  microsoft: 'Microsoft',
  apple: 'Apple',
  github: 'GitHub',
  linkedin: 'LinkedIn',
  facebook: 'Facebook',
  oidc: 'Acme staff',
}

interface Setup {
  clientId: string
  clientSecret: string
  settings: ProviderSettings
}

async function open(kind: ProviderKind): Promise<Setup> {
  const redirectUri = callbackAddress(service.url, kind)
  if (kind === 'github' || kind === 'linkedin' || kind === 'facebook') {
    const openServer = { github: openGitHub, linkedin: openLinkedIn, facebook: openFacebook }[kind]
    const server = await openServer({ redirectUri })
    closing.push(server)
    return { ...server, settings: { issuer: server.url } }
  }
  const issuer = await openOidcIssuer({ redirectUri, shape: kind })
  closing.push(issuer)
  if (kind === 'oidc') acme = issuer
  return issuer
}

before(async () => {
  test = await openTestDeps()
  ;({ service, deps } = await startTestIssuer(test.deps))
  for (const kind of providerKinds) {
    const { clientId, clientSecret, settings } = await open(kind)
    const record = { name: names[kind], clientId, disabled: false, settings }
    await addProvider(deps, testContext(), { id: kind, kind, record, clientSecret })
  }
  await once(app.listen(0, '127.0.0.1'), 'listening')
  callback = `http://127.0.0.1:${(app.address() as AddressInfo).port}/callback`
  await registerApp(deps, { redirectUris: [callback], name: 'Ledger' })
  const launched = await launchChromium()
  browser = launched.browser
  closeBrowser = launched.close
})
after(async () => {
  await closeBrowser?.()
  for (const each of closing) await each.close()
  await service?.close()
  app.closeAllConnections()
  app.close()
  await test?.close()
})
beforeEach(async () => {
  for (const table of ['users', 'guess_counters', 'mail_requests'])
    await rowsOf(test.deps, `delete from ${table}`)
})

const withPage = (
  use: (page: Page, complaints: string[]) => Promise<void>,
  options: BrowserContextOptions = {},
) =>
  withBrowserPage(browser, options, async (page, complaints) => {
    await page.goto(`${service.url}/sign-in`)
    await use(page, complaints)
  })

/** Presses the button, and the one at the provider. */
async function goThrough(page: Page, kind: ProviderKind): Promise<void> {
  const button = page.getByRole('link', { name: `Continue with ${names[kind]}` })
  if (!(await button.isVisible())) await page.getByText('More ways').click()
  await button.click()
  await page.getByRole('button', { name: /^Continue as / }).click()
}

for (const kind of providerKinds)
  it(`${names[kind]} signs in, and again as the same person`, async () => {
    for (const _ of [1, 2])
      await withPage(async (page, complaints) => {
        await goThrough(page, kind)
        await page.waitForURL('**/signed-in')
        await page.getByRole('heading', { name: 'You are signed in' }).waitFor()
        assert.deepEqual(complaints, [])
      })
    assert.deepEqual(
      await rowsOf(
        test.deps,
        'select provider, (select count(*)::integer from sessions) from federated_identities',
      ),
      [[kind, 2]],
    )
  })

it('for an app ends at the app, with a code of ours', () =>
  withPage(async (page) => {
    const parameters = authorizationParameters({ redirect_uri: callback, state: 'of the app' })
    await page.goto(`${service.url}/oauth2/authorize?${new URLSearchParams(parameters)}`)
    await goThrough(page, 'oidc')
    await page.waitForURL((url) => url.href.startsWith(callback))
    const answer = new URL(page.url()).searchParams
    assert.equal(answer.get('state'), 'of the app')
    assert.ok(answer.get('code')?.startsWith('sa1_'))
  }))

it('works without scripts', () =>
  withPage(
    async (page) => {
      await goThrough(page, 'google')
      await page.waitForURL('**/signed-in')
    },
    { javaScriptEnabled: false },
  ))

for (const javaScriptEnabled of [true, false])
  it(`takes along that the person stays signed in, ${javaScriptEnabled ? 'as the box says' : 'by a link where no script runs'}`, () =>
    withPage(
      async (page) => {
        if (javaScriptEnabled) await page.getByLabel('Stay signed in').check()
        else await page.getByRole('link', { name: 'Stay signed in with a provider, too' }).click()
        await goThrough(page, 'google')
        await page.waitForURL('**/signed-in')
        const found = await rowsOf(test.deps, 'select persistent from sessions')
        assert.deepEqual(found, [[true]])
      },
      { javaScriptEnabled },
    ))

it('finds the way that was used last in this browser first, and marked', () =>
  withPage(async (page) => {
    await goThrough(page, 'linkedin')
    await page.waitForURL('**/signed-in')
    await page.goto(`${service.url}/sign-in`)
    const [first] = await page.getByRole('link', { name: /^Continue with/u }).allTextContents()
    assert.equal(first, 'Continue with LinkedIn Last used')
    assert.equal(await page.locator('.tag').count(), 1)
    await judgeLook(page)
    const cookies = await page.context().cookies()
    const method = cookies.find(({ name }) => name === 'signet-method')
    assert.equal(method?.value, 'provider.linkedin')
    const email = 'somebody.else@example.com'
    await openTestUser(test.deps, email)
    await page.locator('#identifier').fill(email)
    await page.locator('#password').fill(testPassword)
    await page.locator('main form button[type=submit]').first().click()
    await page.waitForURL('**/signed-in')
    await page.goto(`${service.url}/sign-in`)
    assert.equal(await page.locator('label[for=password] .tag').textContent(), 'Last used')
    assert.equal(await page.locator('.tag').count(), 1)
    await judgeLook(page)
  }))

it('says no at the provider, and is back at the sign-in page with a sentence', () =>
  withPage(async (page) => {
    await page.getByText('More ways').click()
    await page.getByRole('link', { name: 'Continue with GitHub' }).click()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('alert').waitFor()
    assert.match(
      (await page.getByRole('alert').textContent()) ?? '',
      /You have not signed in with GitHub/u,
    )
    await goThrough(page, 'github')
    await page.waitForURL('**/signed-in')
  }))

describe('an address that has an account', () => {
  for (const [name, look] of Object.entries(looks))
    it(`is taken up by signing in to it, ${name}`, async () => {
      const email = 'grace@example.com'
      await openTestUser(test.deps, email)
      acme.person = { sub: 'grace', name: 'Grace Hopper', email, email_verified: false }
      await withPage(async (page) => {
        await judgeLook(page)
        await page.goto(`${service.url}/auth/oidc`)
        await page.getByRole('button', { name: /^Continue as / }).click()
        await page.waitForURL(/\/sign-in\?waiting=/u)
        await judgeLook(page)
        await page.locator('#identifier').fill(email)
        await page.locator('#password').fill(testPassword)
        await page.locator('main form button[type=submit]').first().click()
        await page.waitForURL('**/signed-in')
        assert.equal(new URL(page.url()).search, '')
      }, look)
      const linked = 'select subject from federated_identities'
      assert.deepEqual(await rowsOf(test.deps, linked), [['grace']])
    })
})
