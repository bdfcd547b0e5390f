/** Two tabs of a real browser, with the storage and the Web Locks that a browser gives them. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { somebody } from '../../../tests/client.ts'
import { launchChromium } from '../../server/src/testing/chromium.ts'
import { type ModuleServer, startModuleServer } from './testing/module-server.ts'
import { startService, type TestService } from './testing/service.ts'

let modules: ModuleServer
let service: TestService
let chromium: Awaited<ReturnType<typeof launchChromium>>
before(async () => {
  modules = await startModuleServer()
  service = await startService({ SIGNET_CORS_ORIGINS: modules.origin })
  chromium = await launchChromium()
})
after(async () => {
  await chromium?.close()
  await service?.stop()
  await modules?.stop()
})

/** What both tabs run: a client over localStorage, whose clock can be put ahead. */
const app = `
  import { createClient } from '@signet/client'
  const storage = {
    get: () => localStorage.getItem('signet') ?? undefined,
    set: (text) => text === undefined ? localStorage.removeItem('signet') : localStorage.setItem('signet', text),
  }
  globalThis.aheadMs = 0
  globalThis.refreshes = 0
  globalThis.signet = createClient({
    url: '__URL__',
    storage,
    now: () => Date.now() + globalThis.aheadMs,
    fetch: (input, init) => {
      if (String(input).endsWith('/RefreshTokens')) globalThis.refreshes++
      return fetch(input, init)
    },
  })`

async function openTab(page: Page): Promise<Page> {
  await page.goto(modules.origin)
  await page.addScriptTag({ type: 'module', content: app.replace('__URL__', service.url) })
  await page.waitForFunction('globalThis.signet !== undefined')
  return page
}

test('two tabs refresh at once: one request, both go on, and both are signed out by one', async () => {
  const context = await chromium.browser.newContext()
  const tabs = [await openTab(await context.newPage()), await openTab(await context.newPage())]
  const [first = assert.fail(), second = assert.fail()] = tabs
  const { email, password } = somebody()
  const signIn = JSON.stringify({ identifier: email, password })
  await first.evaluate(`signet.signUp(${JSON.stringify({ email, password })})`)
  await first.evaluate(`signet.signIn(${signIn})`)
  await service.passWindows()

  const call = `aheadMs = 300_000; Promise.all([1, 2, 3].map(() => signet.getMe())).then((all) => all[0].id)`
  const [one, other] = await Promise.all(tabs.map((tab) => tab.evaluate(call)))
  assert.equal(typeof one, 'string')
  assert.equal(other, one)
  const counts = await Promise.all(tabs.map((tab) => tab.evaluate('refreshes')))
  assert.deepEqual(counts.sort(), [0, 1])

  assert.deepEqual(await second.evaluate('signet.signOut()'), { acknowledged: true })
  const reason = await first.evaluate('signet.getMe().catch((error) => error.reason)')
  assert.equal(reason, 'SIGNED_OUT')
  await context.close()
})
