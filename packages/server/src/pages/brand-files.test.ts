import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, it } from 'node:test'
import { loadConfig } from '../config/config.ts'
import { composeMail } from '../mail/compose-mail.ts'
import { testPicture } from '../pictures/testing/pictures.ts'
import { openFileDeps, withParts } from '../testing/deps.ts'
import { openPageVisitor } from '../testing/page-visitor.ts'
import { startTestService, type TestService } from '../testing/service.ts'

const opened = await openFileDeps({ emptied: [] })
const directory = mkdtempSync(join(tmpdir(), 'signet-brand-files-'))
const logo = await testPicture({ width: 200, height: 80, format: 'png' })
writeFileSync(join(directory, 'logo.png'), logo)
const config = loadConfig({
  directory,
  environment: {
    SIGNET_ISSUER: 'https://accounts.acme.example',
    SIGNET_BRAND_NAME: 'ACME',
    SIGNET_BRAND_COLOR: '#b3261e',
    SIGNET_BRAND_LOGO_FILE: 'logo.png',
  },
})

let plain: TestService
let branded: TestService

before(async () => {
  plain = await startTestService(opened.deps)
  branded = await startTestService(withParts(opened.deps, { config }))
})
after(async () => {
  await plain?.close()
  await branded?.close()
  rmSync(directory, { recursive: true })
})

/** The page to sign in, its policy, and what it links to of its brand. */
async function signInPage({ url }: TestService) {
  const { html, headers } = await openPageVisitor(url).open('/sign-in')
  const files = [...html.matchAll(/(?:href|src)="(\/brand\/[^"]+)"/gu)].map(([, path = '']) => path)
  return { html, policy: headers.get('content-security-policy') ?? '', files }
}

it('a stylesheet of our own is allowed only where the installation has one', async () => {
  const [own, other] = [await signInPage(branded), await signInPage(plain)]
  assert.match(own.policy, /; style-src 'sha256-[^']+' 'self';/u)
  assert.match(other.policy, /; style-src 'sha256-[^']+';/u)
  assert.doesNotMatch(own.policy, /unsafe|https?:|data:/u)
  assert.equal(own.files.filter((path) => path.endsWith('.css')).length, 1)
  assert.deepEqual(
    other.files.filter((path) => !path.endsWith('.svg')),
    [],
  )
})

it('what a page links to is kept for good, has its type, and runs nothing', async () => {
  const { files } = await signInPage(branded)
  const types = {
    css: 'text/css; charset=utf-8',
    svg: 'image/svg+xml',
    png: 'image/png',
  } satisfies Record<string, string>
  const found = new Set<string>()
  for (const path of files) {
    const answer = await fetch(branded.url + path)
    const extension = path.slice(path.lastIndexOf('.') + 1) as keyof typeof types
    found.add(extension)
    assert.equal(answer.status, 200, path)
    assert.equal(answer.headers.get('content-type'), types[extension], path)
    assert.equal(answer.headers.get('cache-control'), 'public, max-age=31536000, immutable', path)
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff', path)
    assert.match(
      answer.headers.get('content-security-policy') ?? '',
      /^default-src 'none'; sandbox;/u,
    )
    const bytes = Buffer.from(await answer.arrayBuffer())
    if (extension === 'png') assert.ok(bytes.equals(logo))
  }
  assert.deepEqual([...found].sort(), ['css', 'png', 'svg'])
})

it('mails find the logo under an address that stays, and say the name beside it', async () => {
  const when = new Date(0).toISOString()
  const order = {
    kind: 'password_changed',
    to: 'ada@example.com',
    locale: 'en',
    facts: { when },
    uselessFrom: when,
  } as const
  const { html, text, from } = await composeMail(config, {
    id: '1',
    order,
    opener: undefined,
  })
  assert.match(html, /<img src="https:\/\/accounts\.acme\.example\/brand\/logo" alt="ACME"/u)
  assert.match(text, /^ACME\n/u)
  assert.equal(from.name, 'ACME')
  const answer = await fetch(`${branded.url}/brand/logo`)
  assert.equal(answer.headers.get('cache-control'), 'public, max-age=86400')
  assert.ok(Buffer.from(await answer.arrayBuffer()).equals(logo))
  assert.equal((await fetch(`${plain.url}/brand/logo`)).status, 404)
})
