import assert from 'node:assert/strict'
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { pngOfSize, testPicture } from '../pictures/testing/pictures.ts'
import type { BrandSettings } from './brand-settings.ts'
import { loadConfig } from './config.ts'
import { ConfigError } from './config-error.ts'

const directory = realpathSync(mkdtempSync(join(tmpdir(), 'signet-brand-')))
after(() => rmSync(directory, { recursive: true }))

type Environment = Record<string, string>

function file(name: string, content: string | Buffer): string {
  writeFileSync(join(directory, name), content)
  return name
}

const brandOf = (environment: Environment): BrandSettings =>
  loadConfig({ environment, directory }).brand

/** Each problem as `NAME message; fix`. */
function problemsOf(environment: Environment): string[] {
  try {
    brandOf(environment)
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    return error.problems.map(({ variable, message, fix }) => `${variable} ${message}; ${fix}`)
  }
  return []
}

describe('a brand', () => {
  test('is that of Signet, unless something is said', () => {
    assert.deepEqual(brandOf({}), { name: 'Signet', color: '#0b5d75' })
  })

  test('has an accent, and one for the dark that is made from it or given', () => {
    const accent = (more: Environment = {}) =>
      brandOf({ SIGNET_BRAND_COLOR: '#E30613', ...more }).accent
    assert.deepEqual(accent(), { day: '#e30613', night: '#feaba0' })
    assert.equal(accent({ SIGNET_BRAND_COLOR_DARK: '#FF8A80' })?.night, '#ff8a80')
    assert.equal(brandOf({ SIGNET_BRAND_COLOR: '#E30613' }).color, '#e30613')
  })

  test('has links, and says them as they were given', () => {
    const { privacyUrl, termsUrl, supportUrl } = brandOf({
      SIGNET_BRAND_PRIVACY_URL: 'https://acme.example/privacy?of=accounts',
      SIGNET_BRAND_TERMS_URL: 'https://acme.example/terms',
      SIGNET_BRAND_SUPPORT_URL: 'https://help.acme.example/',
    })
    assert.equal(privacyUrl, 'https://acme.example/privacy?of=accounts')
    assert.equal(termsUrl, 'https://acme.example/terms')
    assert.equal(supportUrl, 'https://help.acme.example/')
  })

  test('has logos, with what their bytes say of them', async () => {
    file('day.png', await testPicture({ width: 300, height: 80, format: 'png' }))
    file('night.bin', await testPicture({ width: 100, height: 80, format: 'webp' }))
    const { logo } = brandOf({
      SIGNET_BRAND_LOGO_FILE: 'day.png',
      SIGNET_BRAND_LOGO_DARK_FILE: 'night.bin',
    })
    const { mediaType, width, height, hash } = logo?.day ?? assert.fail('no logo')
    assert.deepEqual([mediaType, width, height], ['image/png', 300, 80])
    assert.match(hash, /^[\w-]{43}$/u)
    assert.equal(logo?.night?.mediaType, 'image/webp')
  })

  test('shows its logo in mails, where mail programs can load it', async () => {
    file('mail.png', await testPicture({ format: 'png' }))
    const logoUrl = (more: Environment) =>
      brandOf({ SIGNET_BRAND_LOGO_FILE: 'mail.png', ...more }).logoUrl
    assert.equal(logoUrl({}), undefined)
    assert.equal(
      logoUrl({ SIGNET_ISSUER: 'https://accounts.acme.example' }),
      'https://accounts.acme.example/brand/logo',
    )
    const given = { SIGNET_BRAND_LOGO_URL: 'https://cdn.acme.example/logo.png' }
    assert.equal(logoUrl(given), given.SIGNET_BRAND_LOGO_URL)
  })
})

describe('what is refused, all of it at once', () => {
  test('a colour that cannot be read, with its contrast and the nearest one that can', () => {
    assert.deepEqual(
      problemsOf({ SIGNET_BRAND_COLOR: '#ffcc00', SIGNET_BRAND_COLOR_DARK: '#0b5d75' }),
      [
        'SIGNET_BRAND_COLOR has a contrast of 1.39:1 to light pages and the text on buttons; 4.5:1 is the least that can be read; write #896c02, which has the same hue, or one that is darker',
        'SIGNET_BRAND_COLOR_DARK has a contrast of 2.19:1 to dark pages and the text on buttons; 4.5:1 is the least that can be read; write #4b91aa, which has the same hue, or one that is lighter',
      ],
    )
  })

  test('what is no colour, and what means nothing without another variable', () => {
    const wrong = problemsOf({
      SIGNET_BRAND_COLOR: 'red',
      SIGNET_BRAND_LOGO_DARK_FILE: file('alone.txt', 'x'),
    })
    assert.match(wrong.join('\n'), /SIGNET_BRAND_COLOR is not a colour; write it as #rrggbb/u)
    assert.match(wrong.join('\n'), /LOGO_DARK_FILE is set, but SIGNET_BRAND_LOGO_FILE is not/u)
    const alone = problemsOf({ SIGNET_BRAND_COLOR_DARK: '#ff8a80' })
    assert.deepEqual(alone.length, 1)
    assert.match(alone[0] ?? '', /is set, but SIGNET_BRAND_COLOR is not/u)
  })

  test('a link that is not https', () => {
    for (const name of ['PRIVACY', 'TERMS', 'SUPPORT'])
      for (const [url, why] of [
        ['http://acme.example/x', /is not https; write https/u],
        ['javascript:alert(1)', /is neither https nor http/u],
        ['mailto:help@acme.example', /is neither https nor http/u],
        ['acme.example', /is not a URL/u],
        ['https://user:password@acme.example', /holds a user name/u],
      ] as const)
        assert.match(problemsOf({ [`SIGNET_BRAND_${name}_URL`]: url }).join('\n'), why)
  })

  test('a logo that no browser shows safely, and one that is not there', async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    const cut = (await testPicture({ format: 'png' })).subarray(0, 60)
    for (const [name, why] of [
      [file('logo.svg', svg), /cannot be shown\. This is not a picture that is read here; name a/u],
      [file('html.png', '<!doctype html><script>alert(1)</script>'), /not a picture/u],
      [file('cut.png', cut), /cannot be shown\. The file is damaged;/u],
      [file('huge.png', pngOfSize(20_000, 20_000)), /cannot be shown\. The picture is too large/u],
      [file('heavy.png', Buffer.alloc(300_000)), /names a file of more than 262144 bytes/u],
      ['nothing.png', /does not exist/u],
      ['.', /names a directory/u],
    ] as const)
      assert.match(problemsOf({ SIGNET_BRAND_LOGO_FILE: name }).join('\n'), why, name)
  })
})
