import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import AxeBuilder from '@axe-core/playwright'
import Fastify from 'fastify'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { launchChromium } from '../testing/chromium.ts'
import { mountLinkPages } from './mount-pages.ts'

// The methods themselves are tested beside their use-cases; here it counts what the pages make of their answers.
const calls: { url: string; body: unknown }[] = []
const fastify = Fastify()
let answer: { status: number; body: object }
let browser: Browser
let close: () => Promise<void>
let origin: string

before(async () => {
  for (const url of ['/api/v1/auth/verify-email', '/api/v1/auth/reset-password'])
    fastify.post(url, async (request, reply) => {
      calls.push({ url, body: request.body })
      return reply.code(answer.status).send(answer.body)
    })
  mountLinkPages(fastify)
  origin = await fastify.listen({ host: '127.0.0.1', port: 0 })
  const launched = await launchChromium()
  browser = launched.browser
  close = launched.close
})
after(async () => {
  await close?.()
  await fastify.close()
})

const hostile = 'sl1_"><script>document.title="owned"</script>'
const refusal = (reason: string, violations?: object[]) => ({
  status: 400,
  body: { detail: `About ${reason}.`, reason, reference: 'AAAA-BBBB-CCCC', violations },
})

async function withPage(
  { path, ...options }: BrowserContextOptions & { path: string },
  use: (page: Page) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext(options)
  try {
    const page = await context.newPage()
    await page.goto(`${origin}${path}`)
    await use(page)
  } finally {
    await context.close()
  }
}

for (const path of ['/verify-email', '/reset-password']) {
  describe(path, () => {
    it('does nothing when it is opened, whoever opens it', async () => {
      const before = calls.length
      for (const method of ['GET', 'HEAD'] as const)
        assert.equal(
          (await fastify.inject({ method, path: `${path}?token=sl1_x` })).statusCode,
          200,
        )
      assert.equal(calls.length, before)
    })

    it('keeps the token from caches, frames, scripts and other sites', async () => {
      const { headers, body } = await fastify.inject({
        path: `${path}?token=${encodeURIComponent(hostile)}`,
      })
      assert.equal(headers['cache-control'], 'no-store')
      assert.equal(headers['referrer-policy'], 'no-referrer')
      assert.match(
        String(headers['content-security-policy']),
        /^default-src 'none';.*frame-ancestors 'none'$/u,
      )
      assert.doesNotMatch(body, /<script/u)
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

it('the button proves the address, without scripts', () =>
  withPage({ path: '/verify-email?token=sl1_abc', javaScriptEnabled: false }, async (page) => {
    answer = { status: 200, body: { email: 'ada@example.com' } }
    await page.getByRole('button', { name: 'Confirm the address' }).click()
    assert.equal(await page.locator('h1').textContent(), 'The address is confirmed')
    const expected = { url: '/api/v1/auth/verify-email', body: { proof: { token: 'sl1_abc' } } }
    assert.deepEqual(calls.at(-1), expected)
  }))

it('a password that is refused can be typed again, with the link still there', () =>
  withPage({ path: '/reset-password?token=sl1_abc' }, async (page) => {
    answer = refusal('PASSWORD_REJECTED', [{ message: 'Too many people use it.' }])
    await page.getByLabel('New password').fill('password123')
    await page.getByRole('button', { name: 'Set the password' }).click()
    assert.equal(await page.getByRole('alert').textContent(), 'Too many people use it.')
    answer = { status: 200, body: {} }
    await page.getByLabel('New password').fill('lantern orbit velvet 42')
    await page.getByRole('button', { name: 'Set the password' }).click()
    assert.equal(await page.locator('h1').textContent(), 'The password is set')
    const body = { proof: { token: 'sl1_abc' }, newPassword: 'lantern orbit velvet 42' }
    assert.deepEqual(calls.at(-1), { url: '/api/v1/auth/reset-password', body })
  }))

it('a link that is no longer good says what to do, with the reference', () =>
  withPage({ path: '/verify-email?token=sl1_abc' }, async (page) => {
    answer = refusal('LINK_INVALID')
    await page.getByRole('button').click()
    assert.equal(await page.getByRole('alert').textContent(), 'About LINK_INVALID.')
    assert.match((await page.locator('main').textContent()) ?? '', /AAAA-BBBB-CCCC/u)
  }))
