/**
 * Apache with mod_auth_openidc, as Debian has it, without a special case: a page behind it is for who signed in with Signet. It
 * calls an API, refreshes, signs out, and hears of a sign-out elsewhere.
 */

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { launchChromium } from '../../packages/server/src/testing/chromium.ts'
import { apache, findProgram } from '../../packages/server/src/testing/system-program.ts'
import { signIn } from '../client.ts'
import { freePort, openWorld, type World } from './world.ts'

let world: World
let directory: string
let child: ChildProcess
let self: string
let chromium: Awaited<ReturnType<typeof launchChromium>>
let page: Page

before(async () => {
  const program = await findProgram(apache)
  world = await openWorld()
  const port = await freePort()
  self = `http://localhost:${port}`
  const secret = await world.registerClient(
    'apache',
    ...['--type', 'confidential', '--algorithm', 'RS256', '--scope', 'openid', 'profile', 'email'],
    ...['--redirect-uri', `${self}/app/back`, '--post-logout-redirect-uri', `${self}/left.html`],
    ...['--backchannel-logout-uri', `${self}/app/back?logout=backchannel`],
  )
  directory = await mkdtemp(join(tmpdir(), 'signet-apache-'))
  await chmod(directory, 0o755)
  await mkdir(join(directory, 'pages/app'), { recursive: true })
  await writeFile(join(directory, 'pages/app/index.html'), '<h1>Members</h1>')
  await writeFile(join(directory, 'pages/left.html'), '<h1>Come back soon</h1>')
  const settings = join(directory, 'apache.conf')
  await writeFile(settings, configuration({ port, secret }))
  child = spawn(program, ['-X', '-f', settings], { stdio: 'inherit' })
  await answering(`${self}/left.html`)
  chromium = await launchChromium()
  page = await chromium.browser.newPage()
})
after(async () => {
  await chromium?.close()
  if (child?.exitCode === null) {
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  await world?.close()
  if (directory) await rm(directory, { recursive: true, force: true })
})

function configuration({ port, secret }: { port: number; secret: string }): string {
  const modules = [
    'mpm_event',
    'authz_core',
    'authn_core',
    'authz_user',
    'dir',
    'mime',
    'headers',
    'auth_openidc',
  ]
  const isRoot = process.getuid?.() === 0
  return `
${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
${isRoot ? 'User www-data\nGroup www-data' : ''}
ServerName localhost
Listen 127.0.0.1:${port}
PidFile ${directory}/apache.pid
DefaultRuntimeDir ${directory}
ErrorLog ${directory}/error.log
DocumentRoot ${directory}/pages
Header always set Cache-Control no-store
DirectoryIndex index.html
TypesConfig /dev/null
AddType text/html .html
OIDCProviderMetadataURL ${world.issuer}/.well-known/openid-configuration
OIDCClientID apache
OIDCClientSecret ${secret}
OIDCRedirectURI ${self}/app/back
OIDCCryptoPassphrase "a passphrase for one test"
OIDCScope "openid profile email"
OIDCPKCEMethod S256
OIDCInfoHook iat access_token id_token userinfo session
<Directory ${directory}/pages>
  Require all granted
</Directory>
<Location /app>
  AuthType openid-connect
  Require valid-user
</Location>
`
}

async function answering(url: string): Promise<void> {
  const deadline = performance.now() + 20_000
  for (;;) {
    if (
      await fetch(url).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return
    assert.ok(performance.now() < deadline, await log())
    await wait(50)
  }
}

const log = () => readFile(join(directory, 'error.log'), 'utf8').catch(() => 'Apache said nothing')

/** What the module knows of the person. */
async function info(): Promise<{ access_token: string; userinfo: { email: string } }> {
  const answer = await page.goto(`${self}/app/back?info=json`)
  assert.equal(answer?.status(), 200, await log())
  return (await answer?.json()) as Awaited<ReturnType<typeof info>>
}

/** Opens the page for members, and signs in where that is asked for. */
async function enter(): Promise<void> {
  await page.goto(`${self}/app/`)
  await page.waitForURL(/\/sign-in\?/u)
  await page.locator('input[name=identifier]').fill(world.person.email)
  await page.locator('input[name=password]').fill(world.person.password)
  await page.locator('button[type=submit]').first().click()
  await page.waitForURL(/\/consent\?|\/app\/$/u)
  if (page.url().includes('/consent')) await page.getByRole('button', { name: 'Allow' }).click()
  await page.waitForURL(`${self}/app/`)
  assert.match(await page.content(), /Members/u, await log())
}

/** Who opens the page for members signs in first. */
async function isAsked(): Promise<boolean> {
  await page.goto(`${self}/app/`)
  return page.url().startsWith(`${world.issuer}/sign-in`)
}

it('signs in, calls an API, refreshes and signs out', async () => {
  await enter()
  const { access_token, userinfo } = await info()
  assert.equal(userinfo.email, world.person.email)
  const ask = async (token: string) =>
    (
      await fetch(`${world.issuer}/oauth2/userinfo`, {
        headers: { authorization: `Bearer ${token}` },
      })
    ).status
  assert.equal(await ask(access_token), 200)

  const refresh = new URLSearchParams({ refresh: `${self}/left.html`, access_token })
  await page.goto(`${self}/app/back?${refresh}`)
  assert.equal(page.url(), `${self}/left.html`, await log())
  const { access_token: next } = await info()
  assert.notEqual(next, access_token)
  assert.equal(await ask(next), 200)

  await page.goto(`${self}/app/back?logout=${encodeURIComponent(`${self}/left.html`)}`)
  assert.equal(page.url(), `${self}/left.html`, await log())
  assert.equal(await ask(next), 401)
  assert.equal(await isAsked(), true)
})

it('hears of a sign-out elsewhere', async () => {
  await enter()
  const { body } = await signIn(world.server.url, world.person)
  const answer = await fetch(`${world.server.url}/api/v1/auth/sign-out`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      token: body.tokens?.refreshToken,
      scope: 'SIGN_OUT_SCOPE_EVERYWHERE',
      waitMs: 10_000,
    }),
  })
  const { receipt } = (await answer.json()) as { receipt: { clients: { delivery: string }[] } }
  assert.deepEqual(
    receipt.clients.map(({ delivery }) => delivery),
    ['LOGOUT_DELIVERY_DELIVERED'],
    await log(),
  )
  assert.equal(await isAsked(), true)
})
