import assert from 'node:assert/strict'
import { after, before, beforeEach, it } from 'node:test'
import type { Deps } from '../deps.ts'
import type { UserId } from '../ids.ts'
import { requestPhone, verifyPhone } from '../phones/add-phone.ts'
import { openTestUser, signInAs } from '../testing/accounts.ts'
import { openFileDeps, rowsOf, testContext, withParts } from '../testing/deps.ts'
import { openPageVisitor, type PageVisitor, type ShownPage } from '../testing/page-visitor.ts'
import { startTestService, type TestService } from '../testing/service.ts'
import { openTextMessages } from '../testing/text-messages.ts'
import { authenticateBearer } from '../tokens/authenticate.ts'

const tables = ['jobs.job', 'phone_codes', 'mail_requests', 'guess_counters', 'users']
const test = await openFileDeps({ emptied: tables })
const path = '/sign-in-by-phone'
const number = '+4915112345678'
const typed = '+49 151 1234-5678'

let deps: Deps
let service: TestService
let off: TestService
let userId: UserId
const { delivered, deliveredCode } = openTextMessages(() => deps)

before(async () => {
  const { config } = test.deps
  const phones = { ...config.phones, signIn: true }
  deps = withParts(test.deps, { config: { ...config, phones } })
  service = await startTestService(deps)
  off = await startTestService(test.deps)
})
after(async () => {
  await off.close()
  await service.close()
})
beforeEach(async () => {
  userId = await openTestUser(deps, 'ada@example.com')
  const { accessToken } = await signInAs(deps, 'ada@example.com')
  const ada = testContext({ caller: await authenticateBearer(deps, testContext(), accessToken) })
  const { id } = await requestPhone(deps, ada, { phone: number })
  await verifyPhone(deps, ada, { id, code: await deliveredCode() })
  await rowsOf(deps, 'delete from mail_requests')
  await rowsOf(deps, 'delete from sessions')
})

/** A browser that has asked, by the way of the sign-in page, and the page that waits for the code. */
async function asked(phone = typed): Promise<{ who: PageVisitor; page: ShownPage }> {
  const who = openPageVisitor(service.url)
  const way = await who.send(await who.open('/sign-in'), '/sign-in', { way: 'sign_in_by_phone' })
  const sent = await who.send(await who.open(way.location), path, { phone })
  return { who, page: await who.open(sent.location) }
}

it('signs in with the code, once, in the browser that asked', async () => {
  const { who, page } = await asked()
  assert.ok(page.html.includes(number))
  const code = await deliveredCode()
  const stranger = openPageVisitor(service.url)
  const elsewhere = await stranger.open(`${path}?step=code`)
  assert.ok(!elsewhere.html.includes(number))
  assert.equal((await stranger.send(page, path, { code })).status, 403)
  const wrong = await who.send(page, path, { code: code === '000000' ? '000001' : '000000' })
  assert.equal(wrong.status, 400)
  assert.equal((await who.send(page, path, { code })).location, '/signed-in')
  assert.equal((await who.open('/signed-in')).title, 'You are signed in')
  assert.equal((await who.send(page, path, { code })).status, 400)
  const sessions = await rowsOf(deps, 'select user_id, amr, acr from sessions')
  assert.deepEqual(sessions, [[userId, ['sms'], 'aal1']])
  assert.match((await who.open('/sign-in?prompt=login')).html, /text message<\/button> ?<small/u)
})

it('a code is not good with the request of another browser', async () => {
  const first = await asked()
  const code = await deliveredCode()
  await rowsOf(deps, 'delete from mail_requests')
  const second = await asked()
  assert.equal((await second.who.send(second.page, path, { code })).status, 400)
  assert.equal((await first.who.send(first.page, path, { code })).location, '/signed-in')
})

it('answers the same for a number that nobody has, and sends nothing', async () => {
  const told = async (phone: string) => {
    const { who, page } = await asked(phone)
    const wrong = await who.send(page, path, { code: '12345' })
    return [page, wrong].map(({ status, html }) => [
      status,
      html
        .replaceAll(phone, 'NUMBER')
        .replace(/name="form_token" value="[^"]*"/gu, '')
        .replace(/[0-9A-Z]{4}(?:-[0-9A-Z]{4}){2}/gu, ''),
    ])
  }
  const known = await told(number)
  assert.equal((await delivered()).length, 1)
  assert.deepEqual(await told('+4915187654321'), known)
  assert.deepEqual(await delivered(), [])
})

it('says what is wrong with a number, and keeps what was typed', async () => {
  const who = openPageVisitor(service.url)
  const refused = await who.send(await who.open(path), path, { phone: '0151 12345678' })
  assert.equal(refused.status, 400)
  assert.match(refused.html, /value="0151 12345678"/u)
  assert.match(refused.html, /id="phone-error">Begin with a plus sign and the country code/u)
})

it('says when another message can be had, and still takes the code of the latest one', async () => {
  const { who, page } = await asked()
  const code = await deliveredCode()
  const early = await who.send(page, path, { step: 'ask', again: '1', phone: number })
  assert.deepEqual([early.status, early.title], [429, 'Check your phone'])
  assert.match(early.html, /Another message cannot be sent yet/u)
  assert.match(early.html, /countdown/u)
  assert.equal((await who.send(early, path, { step: 'code', code })).location, '/signed-in')
})

it('keeps whether somebody stays signed in, from the first page to the last', async () => {
  for (const stay of ['yes', 'no']) {
    const who = openPageVisitor(service.url)
    const { location } = await who.send(await who.open(path), path, { phone: number, stay })
    const page = await who.open(location)
    await who.send(page, path, { code: await deliveredCode() })
    const persistent = 'select persistent from sessions'
    assert.deepEqual(await rowsOf(deps, persistent), [[stay === 'yes']], stay)
    await rowsOf(deps, 'delete from sessions; delete from mail_requests')
  }
})

it('what a browser has kept is worth nothing with another number, or when it is broken', async () => {
  const { who, page } = await asked()
  const code = await deliveredCode()
  const kept = /signet-texted=([^;]*)/u.exec(who.jar.header() ?? '')?.[1] ?? ''
  const guesses = async () => {
    const text = `select coalesce(sum(failures), 0)::integer from guess_counters`
    return Number((await rowsOf(deps, text))[0]?.[0])
  }
  const refused = async (cookie: string) => {
    who.jar.keep([`signet-texted=${cookie}`])
    const before = await guesses()
    assert.equal((await who.send(page, path, { code })).status, 400, cookie)
    return (await guesses()) > before
  }
  // The right code with another number is a guess like any other; what is broken is none.
  assert.equal(await refused(kept.replace(/78$/u, '79')), true)
  for (const broken of [`x.${number.slice(1)}`, 'x', '', `${kept}.1`])
    assert.equal(await refused(broken), false, broken)
  who.jar.keep([`signet-texted=${kept}`])
  assert.equal((await who.send(page, path, { code })).location, '/signed-in')
})

it('is not there unless it is switched on', async () => {
  const who = openPageVisitor(off.url)
  assert.equal((await who.open(path)).status, 404)
  assert.ok(!(await who.open('/sign-in')).html.includes('sign_in_by_phone'))
})
