import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { authorizationParameters, callback, registerApp } from '../oauth/testing/browser.ts'
import { openTestUser, testPassword } from '../testing/accounts.ts'
import { openFileDeps, rowsOf } from '../testing/deps.ts'
import { openPageVisitor, type PageVisitor, type ShownPage } from '../testing/page-visitor.ts'
import { startTestService, type TestService } from '../testing/service.ts'

const { deps } = await openFileDeps({ emptied: ['users'] })
const email = 'ada@example.com'

let service: TestService
before(async () => {
  service = await startTestService(deps)
  await registerApp(deps, { id: 'other', firstParty: false })
})
after(() => service.close())

/** Somebody who is asked for consent, and the address of the question. */
async function asked(): Promise<{ who: PageVisitor; question: string }> {
  await openTestUser(deps, email)
  const who = openPageVisitor(service.url)
  const parameters = authorizationParameters({ client_id: 'other', scope: 'openid email' })
  const { location } = await who.open(`/oauth2/authorize?${new URLSearchParams(parameters)}`)
  const right = { identifier: email, password: testPassword }
  const signedIn = await who.send(await who.open(location), '/sign-in', right)
  const question = (await who.open(signedIn.location)).location
  assert.match(question, /^\/consent\?request=/u)
  return { who, question }
}

/** Where a page leads to the apps with access. */
function wayToApps({ html }: ShownPage): string {
  const [, to] = /<a [^>]*href="(\/apps[^"]*)"/u.exec(html) ?? []
  return (to ?? assert.fail('no way to the apps')).replaceAll('&amp;', '&')
}

const consents = () => rowsOf(deps, 'select scopes from consents')

it('a form of it that is stale allows nothing, and the question can be asked again', async () => {
  const { who, question } = await asked()
  const page = await who.open(question)
  const stale = await who.send(page, '/consent', { answer: 'allow', form_token: 'x' })
  assert.equal(stale.status, 403)
  assert.deepEqual(await consents(), [])
  const again =
    /href="(\/consent\?request=[^"]*)"/u.exec(stale.html)?.[1] ?? assert.fail('no way on')
  const asksAgain = await who.open(again.replaceAll('&amp;', '&'))
  const allowed = await who.send(asksAgain, '/consent', { answer: 'allow' })
  const back = new URL((await who.open(allowed.location)).location)
  assert.equal(`${back.origin}${back.pathname}`, callback)
  assert.deepEqual(await consents(), [[['openid', 'email']]])
})

it('says nothing is allowed, unless the button says so', async () => {
  const { who, question } = await asked()
  for (const answer of ['', 'deny', 'ALLOW', 'allow '])
    assert.match(
      (await who.send(await who.open(question), '/consent', { answer })).location,
      /^\/oauth2\/authorize\/denied\?/u,
    )
  assert.deepEqual(await consents(), [])
})

it('without a request, or with one of another making, asks nothing', async () => {
  const who = openPageVisitor(service.url)
  assert.equal((await who.open('/consent')).location, '/signed-in')
  assert.equal((await who.open('/consent?request=AAAA')).status, 400)
})

it('is taken back where the page says, and the app has to ask again', async () => {
  const { who, question } = await asked()
  const page = await who.open(question)
  await who.send(page, '/consent', { answer: 'allow' })
  const apps = await who.open(wayToApps(page))
  assert.match(apps.html, /see your email address/u)
  const sent = await who.send(apps, '/apps')
  assert.deepEqual(await consents(), [])
  assert.match((await who.open(sent.location)).html, /Taken back/u)
  assert.equal((await who.send(apps, '/apps')).status, 303)
  const parameters = authorizationParameters({ client_id: 'other', scope: 'openid email' })
  const again = await who.open(`/oauth2/authorize?${new URLSearchParams(parameters)}`)
  assert.match(again.location, /^\/consent\?/u)
  assert.equal((await openPageVisitor(service.url).open('/apps')).location, '/sign-in')
})

it('leads to the apps of the account that is asked, in the language of the page, whoever is active', async () => {
  const { who, question } = await asked()
  await who.send(await who.open(question), '/consent', { answer: 'allow' })
  const active = 'eve@example.com'
  await openTestUser(deps, active)
  const right = { identifier: active, password: testPassword }
  await who.send(await who.open('/sign-in?another=1'), '/sign-in', right)
  assert.match((await who.open('/apps')).html, /eve@example\.com/u)
  const parameters = authorizationParameters({
    ...{ client_id: 'other', scope: 'openid email profile' },
    ...{ login_hint: email, ui_locales: 'es' },
  })
  const { location } = await who.open(`/oauth2/authorize?${new URLSearchParams(parameters)}`)
  const apps = await who.open(wayToApps(await who.open(location)))
  assert.match(apps.html, /<html lang="es"/u)
  assert.match(apps.html, /ada@example\.com/u)
  assert.doesNotMatch(apps.html, /eve@example\.com/u)
  const stale = await who.send(apps, '/apps', { form_token: 'x' })
  assert.equal(stale.status, 403)
  const again = await who.open(wayToApps(stale))
  assert.match(again.html, /ada@example\.com/u)
  const withdrawn = await who.open((await who.send(again, '/apps')).location)
  assert.match(withdrawn.html, /<html lang="es"/u)
  assert.match(withdrawn.html, /ada@example\.com/u)
  assert.deepEqual(await consents(), [])
  const text = `select actor_id = subject_id from events where kind = 'consent.withdrawn' order by arrival desc limit 1`
  assert.deepEqual(await rowsOf(deps, text), [[true]], 'it says who has taken it back')
})
