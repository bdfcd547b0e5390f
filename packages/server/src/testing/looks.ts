/** How pages are looked at in tests: by day and by night, wide and narrow, with scripts and without. */

import assert from 'node:assert/strict'
import AxeBuilder from '@axe-core/playwright'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'

export const looks = {
  'by day': { colorScheme: 'light', viewport: { width: 1280, height: 900 } },
  'on a phone by day, in Spanish': {
    colorScheme: 'light',
    viewport: { width: 360, height: 780 },
    locale: 'es-ES',
  },
  'on a phone by night': { colorScheme: 'dark', viewport: { width: 360, height: 780 } },
} satisfies Record<string, BrowserContextOptions>

/** A page in a context of its own. `complaints` is what the browser says against it. */
export async function withBrowserPage(
  browser: Browser,
  options: BrowserContextOptions,
  use: (page: Page, complaints: string[]) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext(options)
  try {
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    await use(page, complaints)
  } finally {
    await context.close()
  }
}

/** Fails where the page is wider than it is looked at, or, in English, not accessible: no language makes it less so. */
export async function judgeLook(page: Page): Promise<void> {
  const { width = 0 } = page.viewportSize() ?? {}
  const where = page.url()
  assert.equal(await page.evaluate<number>('document.documentElement.scrollWidth'), width, where)
  if ((await page.locator('html').getAttribute('lang'))?.startsWith('en') !== true) return
  const { violations } = await new AxeBuilder({ page }).analyze()
  const found = violations.map(({ id, nodes }) => [id, nodes.map((node) => node.target)])
  assert.deepEqual(found, [], where)
}
