/** oidc-client-ts in a real browser: the single-page app of `examples/`, without a special case for it. */

import { after, before, it } from 'node:test'
import type { Page } from 'playwright-core'
import { launchChromium } from '../../packages/server/src/testing/chromium.ts'
import { freePort, openWorld, type RunningApp, startApp, type World } from './world.ts'

let world: World
let app: RunningApp
let chromium: Awaited<ReturnType<typeof launchChromium>>
let self: string

before(async () => {
  world = await openWorld()
  const port = String(await freePort())
  self = `http://localhost:${port}/`
  await world.registerClient(
    'spa',
    ...['--type', 'public', '--scope', 'openid', 'profile', 'email'],
    ...['--redirect-uri', self, '--post-logout-redirect-uri', self],
  )
  const settings = { SIGNET_ISSUER: world.issuer, SIGNET_CLIENT_ID: 'spa', PORT: port }
  app = await startApp('spa', settings)
  chromium = await launchChromium()
})
after(async () => {
  await chromium?.close()
  await app?.stop()
  await world?.close()
})

it('signs in, calls an API, renews in two tabs, and signs out', async () => {
  const context = await chromium.browser.newContext()
  const page = await context.newPage()
  await page.goto(self)
  await says(page, /^Nobody is signed in$/u)

  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(/\/sign-in\?/u)
  await page.locator('input[name=identifier]').fill(world.person.email)
  await page.locator('input[name=password]').fill(world.person.password)
  await page.locator('button[type=submit]').first().click()
  // The app is not one of ours, so the person is asked.
  await page.waitForURL(/\/consent\?/u)
  await page.getByRole('button', { name: 'Allow' }).click()
  await page.waitForURL((url) => url.href.startsWith(self))
  await says(page, /^Signed in: /u)

  await page.getByRole('button', { name: 'Call the API' }).click()
  await says(page, /^The API knows /u)
  await page.getByRole('button', { name: 'Renew' }).click()
  await says(page, /^Renewed$/u)

  // Another tab with a storage of its own signs in without being asked, and both go on.
  const tab = await context.newPage()
  await tab.goto(self)
  await tab.getByRole('button', { name: 'Sign in' }).click()
  await says(tab, /^Signed in: /u)
  for (const each of [page, tab, page]) {
    await each.getByRole('button', { name: 'Renew' }).click()
    await says(each, /^Renewed$/u)
    await each.getByRole('button', { name: 'Call the API' }).click()
    await says(each, /^The API knows /u)
  }

  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.waitForURL((url) => url.href.startsWith(self))
  await says(page, /^Nobody is signed in$/u)
  // What the other tab holds has ended with the session.
  await tab.getByRole('button', { name: 'Call the API' }).click()
  await says(tab, /^The API refuses: 401$/u)
  await tab.getByRole('button', { name: 'Renew' }).click()
  await says(tab, /invalid_grant|no longer good/u)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(/\/sign-in\?/u)
  await context.close()
})

/** Waits for a sentence of the app. */
async function says(page: Page, what: RegExp): Promise<void> {
  await page.getByRole('status').filter({ hasText: what }).waitFor({ timeout: 15_000 })
}
