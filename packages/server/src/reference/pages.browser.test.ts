import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import Fastify from 'fastify'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { launchChromium } from '../testing/chromium.ts'
import { judgeLook, looks, withBrowserPage } from '../testing/looks.ts'
import { mountReference } from './mount-reference.ts'

const fastify = Fastify()
let browser: Browser
let close: () => Promise<void>
let origin: string

before(async () => {
  const launched = await launchChromium()
  browser = launched.browser
  close = launched.close
  mountReference(fastify, { issuer: 'http://localhost:8080' })
  origin = await fastify.listen({ host: '127.0.0.1', port: 0 })
})
after(async () => {
  await close?.()
  await fastify.close()
})

const withPage = (
  { path, ...options }: BrowserContextOptions & { path: string },
  use: (page: Page, complaints: string[]) => Promise<void>,
) =>
  withBrowserPage(browser, options, async (page, complaints) => {
    await page.goto(origin + path)
    await use(page, complaints)
  })

for (const path of ['/docs/api', '/docs/errors']) {
  describe(path, () => {
    for (const [name, look] of Object.entries(looks)) {
      it(`is accessible and fits ${name}`, () =>
        withPage({ path, ...look }, async (page, complaints) => {
          await judgeLook(page)
          assert.deepEqual(complaints, [])
        }))
    }

    it('follows the colour scheme of the reader', async () => {
      const grounds: string[] = []
      for (const colorScheme of ['light', 'dark'] as const)
        await withPage({ path, colorScheme }, async (page) => {
          grounds.push(
            await page.evaluate<string>('getComputedStyle(document.body).backgroundColor'),
          )
        })
      assert.notEqual(grounds[0], grounds[1])
    })

    it('offers to skip to the content first', () =>
      withPage({ path }, async (page) => {
        await page.keyboard.press('Tab')
        const skip = page.locator(':focus')
        assert.equal(await skip.textContent(), 'Skip to content')
        const box = await skip.boundingBox()
        assert.ok(box !== null && box.x >= 0, 'the link is not on the screen')
        await page.keyboard.press('Enter')
        await page.locator('#main:focus').waitFor()
      }))

    it('says everything with scripts switched off', () =>
      withPage({ path, javaScriptEnabled: false }, async (page) => {
        assert.ok((await page.locator('main h2').count()) > 3)
      }))
  })
}

it('scrolls a wide table inside its box', () =>
  withPage({ path: '/docs/api', viewport: { width: 360, height: 780 } }, async (page) => {
    const box = page.getByRole('region', { name: 'Refusals of AuthService.SignIn' })
    const [inner = 0, outer = 0] = await box.evaluate((each) => [
      each.scrollWidth,
      each.clientWidth,
    ])
    assert.ok(inner > outer, `${inner} fits into ${outer}: the test proves nothing`)
    await box.focus()
    await page.keyboard.press('ArrowRight')
    await page.waitForFunction((each) => (each?.scrollLeft ?? 0) > 0, await box.elementHandle())
  }))
