import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { authorizationParameters, callback, registerApp } from '../oauth/testing/browser.ts'
import { createAdministrator } from '../roles/create-administrator.ts'
import { readInstallation, setupCode } from '../roles/set-up.ts'
import { openTestUser, signInAs, testPassword } from '../testing/accounts.ts'
import { openFileDeps, rowsOf, testContext } from '../testing/deps.ts'
import { openPageVisitor, type PageVisitor } from '../testing/page-visitor.ts'
import { startTestService, type TestService } from '../testing/service.ts'
import { authenticateBearer } from '../tokens/authenticate.ts'

const { deps } = await openFileDeps({ emptied: ['users', 'event_windows'] })
const email = 'root@example.com'
const services: TestService[] = []
let code: string

before(async () => {
  const { instanceId } = await readInstallation(deps.db)
  code = setupCode(deps.masterSecret, instanceId)
})
after(async () => {
  for (const service of services) await service.close()
})

/** An instance of an installation that has never had an administrator. */
async function openFresh(): Promise<() => PageVisitor> {
  await rowsOf(deps, 'update installation set set_up_at = null')
  const service = await startTestService(deps)
  services.push(service)
  return () => openPageVisitor(service.url)
}

const form = (changes: Record<string, string> = {}) => ({
  setupCode: code,
  email,
  password: testPassword,
  displayName: 'Root',
  ...changes,
})

async function permissions(password = testPassword): Promise<string[]> {
  const { accessToken } = await signInAs(deps, email, password)
  return [...(await authenticateBearer(deps, testContext(), accessToken)).permissions]
}

describe('an installation without an administrator', () => {
  it('shows its setup wherever a person looks, and nothing else', async () => {
    const visitor = await openFresh()
    for (const path of [
      '/',
      '/sign-in',
      '/sign-up',
      '/signed-in',
      '/signed-out',
      '/setup',
      '/nothing',
      '/a/b?c=d',
      '/forgot-password',
    ]) {
      const page = await visitor().open(path)
      if (path === '/') assert.equal(page.location, '/signed-in')
      else assert.deepEqual([page.status, page.title], [200, 'Set up Signet'], path)
    }
    assert.equal(
      (await visitor().open('/verify-email?token=sl1_x')).title,
      'Confirm your email address',
    )
  })

  it('shows the address that was opened against the one that is configured', async () => {
    const { html } = await (await openFresh())().open('/setup')
    assert.match(
      html,
      /You opened http:\/\/127\.0\.0\.1:\d+, but Signet is configured for http:\/\/localhost:8080/u,
    )
    assert.ok(html.includes('href="http://localhost:8080/setup"'))
  })

  it('makes whoever has the code an administrator, signed in, and is closed from then on', async () => {
    const visitor = await openFresh()
    const who = visitor()
    const typed = code.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o')
    const answer = await who.send(await who.open('/sign-in'), '/setup', form({ setupCode: typed }))
    assert.deepEqual([answer.status, answer.location], [303, '/signed-in'])
    assert.match((await who.open('/signed-in')).html, /Signed in as Root/u)
    assert.deepEqual(await permissions(), ['*'])
    assert.equal((await visitor().open('/setup')).title, 'Sign in')
    assert.equal((await visitor().open('/sign-in')).title, 'Sign in')
  })

  it('goes on with what an app asked for', async () => {
    const visitor = await openFresh()
    await registerApp(deps)
    const who = visitor()
    const asked = await who.open(
      `/oauth2/authorize?${new URLSearchParams(authorizationParameters())}`,
    )
    assert.match(asked.location, /^\/sign-in\?request=/u)
    const answer = await who.send(await who.open(asked.location), '/setup', form())
    assert.match(answer.location, /^\/oauth2\/authorize\/resume\?request=/u)
    const back = new URL((await who.open(answer.location)).location)
    assert.equal(`${back.origin}${back.pathname}`, callback)
    assert.ok(back.searchParams.get('code'))
  })

  it('refuses any other code, records it, and makes nobody anything', async () => {
    const visitor = await openFresh()
    const who = visitor()
    for (const setupCode of [
      '',
      'x',
      code.slice(0, -1),
      `${code}0`,
      code.replace(/.$/u, (c) => (c === 'A' ? 'B' : 'A')),
    ]) {
      const answer = await who.send(await who.open('/setup'), '/setup', form({ setupCode }))
      assert.deepEqual([answer.status, answer.location], [400, ''], setupCode)
      assert.match(answer.html, /id="setupCode-error">That is not the setup code/u)
      assert.doesNotMatch(answer.html, new RegExp(testPassword, 'u'))
    }
    assert.deepEqual(await rowsOf(deps, 'select 1 from users'), [])
    const [count] = await rowsOf(
      deps,
      `select count(*)::integer from events where kind = 'setup.refused'`,
    )
    assert.equal(count?.[0], 5)
  })

  it('keeps what was typed when the password is refused', async () => {
    const who = (await openFresh())()
    const answer = await who.send(
      await who.open('/setup'),
      '/setup',
      form({ password: 'password' }),
    )
    assert.equal(answer.status, 400)
    assert.ok(answer.html.includes(`value="${email}"`) && answer.html.includes(`value="${code}"`))
  })

  it('has one first administrator, of fifty who try at once on two instances', async () => {
    const [one, two] = [await openFresh(), await openFresh()]
    const waiting = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const who = (index % 2 === 0 ? one : two)()
        return { who, page: await who.open('/setup'), email: `root-${index}@example.com` }
      }),
    )
    const answers = await Promise.all(
      waiting.map(async ({ who, page, email }) => {
        return (await who.send(page, '/setup', form({ email }))).location
      }),
    )
    assert.equal(answers.filter((to) => to === '/signed-in').length, 1)
    assert.equal((await rowsOf(deps, 'select 1 from role_assignments')).length, 1)
    assert.equal((await rowsOf(deps, 'select 1 from users')).length, 1)
  })

  it('is set up by the command line too, and stays so without administrators', async () => {
    const visitor = await openFresh()
    assert.equal((await visitor().open('/sign-in')).title, 'Set up Signet')
    await createAdministrator(deps, testContext(), {
      email,
      password: testPassword,
      displayName: '',
    })
    await rowsOf(deps, 'delete from users')
    assert.equal((await visitor().open('/sign-in')).title, 'Sign in')
    const stale = visitor()
    const page = await stale.open('/sign-in')
    const token = /name="form_token" value="([^"]*)"/u.exec(page.html)?.[1] ?? ''
    const answer = await stale.send(page, '/sign-in', form({ form_token: token }))
    assert.notEqual(answer.location, '/signed-in')
    assert.deepEqual(await rowsOf(deps, 'select 1 from role_assignments'), [])
  })

  it('gives the role to who owns the address, who keeps their password', async () => {
    await openTestUser(deps, email, { password: 'the owner chose it' })
    const who = (await openFresh())()
    const answer = await who.send(await who.open('/setup'), '/setup', form())
    assert.equal(answer.location, '/sign-in?notice=set_up')
    assert.deepEqual(await permissions('the owner chose it'), ['*'])
  })
})
