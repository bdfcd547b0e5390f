/** Pages with the brand of an installation and the logo of an app, in a real browser: how they look, and whom they ask. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import sharp from 'sharp'
import { fetchClientLogo } from '../clients/fetch-client-logo.ts'
import { loadConfig } from '../config/config.ts'
import { authorizationParameters, registerApp } from '../oauth/testing/browser.ts'
import { openPictureRenderer } from '../pictures/picture-renderer.ts'
import { testPicture } from '../pictures/testing/pictures.ts'
import { openTestUser, testPassword } from '../testing/accounts.ts'
import { launchChromium } from '../testing/chromium.ts'
import { openTestDeps, rowsOf, type TestDeps, withParts } from '../testing/deps.ts'
import { judgeLook, looks, withBrowserPage } from '../testing/looks.ts'
import { startTestService, type TestService } from '../testing/service.ts'

const email = 'ada@example.com'
const callback = 'http://127.0.0.1:9/callback'
const directory = mkdtempSync(join(tmpdir(), 'signet-brand-pages-'))

let test: TestDeps
let service: TestService
let browser: Browser
let close: () => Promise<void>

before(async () => {
  test = await openTestDeps()
  writeFileSync(join(directory, 'day.png'), await testPicture({ width: 300, height: 80 }))
  writeFileSync(join(directory, 'night.webp'), await testPicture({ width: 200, height: 100 }))
  const environment = {
    SIGNET_BRAND_NAME: 'ACME Accounts',
    SIGNET_BRAND_COLOR: '#b3261e',
    SIGNET_BRAND_LOGO_FILE: 'day.png',
    SIGNET_BRAND_LOGO_DARK_FILE: 'night.webp',
    SIGNET_BRAND_PRIVACY_URL: 'https://acme.example/privacy',
    SIGNET_BRAND_TERMS_URL: 'https://acme.example/terms',
    SIGNET_BRAND_SUPPORT_URL: 'https://acme.example/help',
  }
  const deps = withParts(test.deps, { config: loadConfig({ environment, directory }) })
  service = await startTestService(deps)
  await openTestUser(deps, email)
  const links = {
    redirectUris: [callback],
    clientUri: 'https://ledger.example/',
    policyUri: 'https://ledger.example/privacy',
    tosUri: 'https://ledger.example/terms',
  }
  const name = 'Ledger of all the invoices that anybody ever wrote'
  await registerApp(deps, { ...links, id: 'plain', name })
  const logoUri = 'https://ledger.example/logo.png'
  await registerApp(deps, { ...links, name: 'Ledger <b>', firstParty: false, logoUri })
  await fetchLogo('app')
  const launched = await launchChromium()
  browser = launched.browser
  close = launched.close
})
after(async () => {
  await close?.()
  await service?.close()
  await test?.close()
  rmSync(directory, { recursive: true })
})

/** Does the job, with a server on the internet that sends a green picture. */
async function fetchLogo(clientId: string): Promise<void> {
  const background = '#0a6'
  const body = await sharp({ create: { width: 90, height: 60, channels: 3, background } })
    .png()
    .toBuffer()
  const pictures = openPictureRenderer()
  const fetch = async () => ({ status: 200, body, maxAgeSeconds: undefined })
  const { signal } = new AbortController()
  await fetchClientLogo({ db: test.deps.db, pictures, fetch }, { payload: { clientId }, signal })
  await pictures.close()
}

const authorizeUrl = (changes: Record<string, string> = {}) => {
  const parameters = authorizationParameters({ redirect_uri: callback, ...changes })
  return `${service.url}/oauth2/authorize?${new URLSearchParams(parameters)}`
}

async function signIn(page: Page): Promise<void> {
  await page.locator('#identifier').fill(email)
  await page.locator('#password').fill(testPassword)
  await page.locator('main form button[type=submit]').click()
}

/** A page, and everything that it asked for elsewhere. */
async function withPage(
  options: BrowserContextOptions,
  use: (page: Page, complaints: string[]) => Promise<void>,
): Promise<void> {
  await withBrowserPage(browser, options, async (page, complaints) => {
    const elsewhere: string[] = []
    page.on('request', (request) => {
      if (!request.url().startsWith(service.url)) elsewhere.push(request.url())
    })
    await use(page, complaints)
    assert.deepEqual(elsewhere, [])
    assert.deepEqual(complaints, [])
  })
}

/** Of the first element that matches; the browser evaluates `expression` on it as `node`. */
const ofNode = <T>(page: Page, selector: string, expression: string) =>
  page.evaluate<T>(`((node) => ${expression})(document.querySelector(${JSON.stringify(selector)}))`)
const isLoaded = (page: Page, selector: string) =>
  ofNode<boolean>(page, selector, 'node.complete && node.naturalWidth > 0')
const styleOf = (page: Page, selector: string, property: string) =>
  ofNode<string>(page, selector, `getComputedStyle(node).${property}`)

describe('every page with a brand fits, is accessible, and the browser has nothing against it', () => {
  const schemes: Record<string, BrowserContextOptions> = {
    ...looks,
    'by night': { colorScheme: 'dark', viewport: { width: 1280, height: 900 } },
    'in forced colors': { forcedColors: 'active', viewport: { width: 360, height: 780 } },
  }
  for (const [name, look] of Object.entries(schemes))
    it(name, () =>
      withPage(look, async (page) => {
        for (const path of ['/sign-in', '/sign-up', '/check-inbox', '/signed-out']) {
          await page.goto(service.url + path)
          await judgeLook(page)
        }
        await page.goto(authorizeUrl({ client_id: 'plain' }))
        assert.equal(await page.locator('.app .mark').textContent(), 'LO')
        await judgeLook(page)
        await page.goto(authorizeUrl({ scope: 'openid email' }))
        assert.ok(await isLoaded(page, '.app img.mark'))
        await judgeLook(page)
        await signIn(page)
        await page.waitForURL(/\/consent/u)
        assert.ok(await isLoaded(page, '.app img.mark'))
        await judgeLook(page)
        await page.goto(authorizeUrl({ prompt: 'select_account' }))
        await page.waitForURL(/\/choose-account/u)
        assert.ok(await isLoaded(page, '.app img.mark'))
        await judgeLook(page)
      }),
    )

  it('from right to left', () =>
    withPage({ viewport: { width: 360, height: 780 } }, async (page) => {
      await page.goto(authorizeUrl())
      await page.evaluate(`document.documentElement.dir = 'rtl'`)
      await judgeLook(page)
      const [mark, text] = await Promise.all(
        ['.app .mark', '.app .to'].map((each) => page.locator(each).boundingBox()),
      )
      assert.ok((mark?.x ?? 0) > (text?.x ?? 0))
    }))

  it('without anything moving while it loads', () =>
    withPage({ viewport: { width: 360, height: 780 } }, async (page) => {
      // The pictures come a while after the page.
      await page.route(/\/brand\/.*(?:png|jpeg|webp)$|\/client-logos\//u, async (route) => {
        await page.waitForLoadState('domcontentloaded')
        await route.continue()
      })
      await page.goto(authorizeUrl())
      const shift = await page.evaluate<number>(`new Promise((resolve) => {
        let sum = 0
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) sum += entry.value
        }).observe({ type: 'layout-shift', buffered: true })
        setTimeout(() => resolve(sum), 300)
      })`)
      assert.equal(shift, 0)
    }))
})

describe('the brand', () => {
  it('colours buttons and links by day, and as light as it must be by night', async () => {
    for (const [colorScheme, accent, logo] of [
      ['light', 'rgb(179, 38, 30)', /\/brand\/[\w-]{43}\.jpeg$/u],
      ['dark', 'rgb(255, 171, 159)', /\/brand\/[\w-]{43}\.jpeg$/u],
    ] as const)
      await withPage({ colorScheme }, async (page) => {
        await page.goto(`${service.url}/sign-in`)
        assert.equal(await styleOf(page, '.button', 'backgroundColor'), accent)
        assert.equal(await styleOf(page, 'footer a', 'color'), accent)
        const image = page.locator('img.logo')
        assert.ok(await isLoaded(page, 'img.logo'))
        assert.equal(await image.getAttribute('alt'), 'ACME Accounts')
        assert.match(await ofNode<string>(page, 'img.logo', 'node.currentSrc'), logo)
        const { width = 0, height = 0 } = (await image.boundingBox()) ?? {}
        assert.deepEqual([width, height], colorScheme === 'light' ? [150, 40] : [80, 40])
      })
  })

  it('is named where its logo does not load, and stands in the title', () =>
    withBrowserPage(browser, {}, async (page) => {
      await page.route(/\/brand\/[\w-]{43}/u, (route) => route.abort())
      await page.goto(`${service.url}/sign-in`)
      assert.equal(await page.getByRole('img', { name: 'ACME Accounts' }).count(), 1)
      assert.equal(await page.title(), 'Sign in · ACME Accounts')
    }))

  it('links to its privacy policy, its terms and its help, in the language of the page', () =>
    withPage({ locale: 'es-ES' }, async (page) => {
      await page.goto(`${service.url}/sign-in`)
      for (const [name, to] of [
        ['Privacidad', 'https://acme.example/privacy'],
        ['Condiciones', 'https://acme.example/terms'],
        ['Ayuda', 'https://acme.example/help'],
      ] as const)
        assert.equal(await page.getByRole('link', { name }).getAttribute('href'), to)
    }))
})

describe('an app', () => {
  it('is shown with its logo, its name and its links wherever it is signed in to', () =>
    withPage({}, async (page) => {
      await page.goto(authorizeUrl())
      assert.equal(await page.locator('.app').textContent(), 'to continue to Ledger <b>')
      assert.equal(await styleOf(page, '.app .mark', 'width'), '40px')
      const links = page.locator('.about a')
      assert.deepEqual(await links.allTextContents(), ['Website', 'Privacy policy', 'Terms'])
      await signIn(page)
      await page.waitForURL(/\/consent/u)
      assert.equal(await page.locator('.app').textContent(), 'ledger.example')
      assert.deepEqual(await links.allTextContents(), ['Privacy policy', 'Terms'])
    }))

  it('has initials where its logo is not there', async () => {
    await rowsOf(
      test.deps,
      `update client_logos set hash = null, picture = null, fetched_at = null, problem = 'away'`,
    )
    await withPage({}, async (page) => {
      await page.goto(authorizeUrl())
      assert.equal(await page.locator('.app .mark').textContent(), 'LB')
      await judgeLook(page)
    })
    await fetchLogo('app')
  })
})

it('the page to sign in to an app with all of it is small', async () => {
  const first = await fetch(authorizeUrl(), { redirect: 'manual' })
  const html = await (await fetch(new URL(first.headers.get('location') ?? '', service.url))).text()
  assert.match(html, /client-logos/u)
  const bytes = gzipSync(html).length
  assert.ok(bytes <= 14 * 1024, String(bytes))
})
