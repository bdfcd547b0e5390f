/** A sign-in page that was left open while somebody signed in in another tab. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { openSealedRequest, sealRequest } from '../oauth/sealed-request.ts'
import { authorizationParameters, callback, registerApp } from '../oauth/testing/browser.ts'
import { openTestUser, testPassword } from '../testing/accounts.ts'
import { openFileDeps } from '../testing/deps.ts'
import { openPageVisitor, type PageVisitor, type ShownPage } from '../testing/page-visitor.ts'
import { startTestService, type TestService } from '../testing/service.ts'

const { deps } = await openFileDeps({ emptied: ['users', 'guess_counters'] })
const email = 'ada@example.com'
const right = { identifier: email, password: testPassword }
const hoursMs = 3_600_000

let service: TestService
before(async () => {
  service = await startTestService(deps)
  await registerApp(deps)
})
after(() => service.close())

const signIn = async (who: PageVisitor) => who.send(await who.open('/sign-in'), '/sign-in', right)

/** The page to which an app has led this browser, so many hours ago. */
async function ledByApp(
  who: PageVisitor,
  changes: Record<string, string> = {},
  hoursAgo = 0,
): Promise<string> {
  const parameters = new URLSearchParams(authorizationParameters(changes))
  const { location } = await who.open(`/oauth2/authorize?${parameters}`)
  const sealed = new URL(location, service.url).searchParams.get('request') ?? ''
  const request = openSealedRequest(deps, sealed, new Date()) ?? assert.fail('no request')
  const requestedAtMs = request.requestedAtMs - hoursAgo * hoursMs
  return `/sign-in?${new URLSearchParams({ request: sealRequest(deps, { ...request, requestedAtMs }) })}`
}

/** Where the page says that one may go on. */
function wayOn({ html }: ShownPage): string | undefined {
  const link = /You are already signed in as ada@example\.com\. <a href="([^"]*)"/u.exec(html)
  return link?.[1]?.replaceAll('&amp;', '&')
}

describe('whoever signed in in another tab meanwhile', () => {
  it('is told so when the page is loaded again, and goes on with what the app has asked for', async () => {
    await openTestUser(deps, email)
    for (const hoursAgo of [0, 10]) {
      const who = openPageVisitor(service.url)
      const path = await ledByApp(who, {}, hoursAgo)
      assert.equal(wayOn(await who.open(path)), undefined)
      await signIn(who)
      const on = wayOn(await who.open(path)) ?? assert.fail(`no way on after ${hoursAgo} hours`)
      const answer = new URL((await who.open(on)).location)
      assert.equal(answer.origin + answer.pathname, callback)
      assert.equal(answer.searchParams.get('state'), 'the state')
      assert.ok(answer.searchParams.get('code'))
    }
  })

  it('is told so when the form is refused, and goes on where it is not', async () => {
    await openTestUser(deps, email)
    const who = openPageVisitor(service.url)
    const page = await who.open(await ledByApp(who))
    await signIn(who)
    const refused = await who.send(page, '/sign-in', { ...right, password: 'x' })
    assert.equal(refused.status, 401)
    assert.ok(wayOn(refused))
    const sent = await who.send(page, '/sign-in', right)
    const answer = new URL((await who.open(sent.location)).location)
    assert.equal(answer.searchParams.get('state'), 'the state')
  })

  it('is not led in a circle where the app wants a proof since its request began anew', async () => {
    await openTestUser(deps, email)
    const who = openPageVisitor(service.url)
    const path = await ledByApp(who, { prompt: 'login' }, 10)
    await signIn(who)
    assert.equal(wayOn(await who.open(path)), undefined)
  })
})
