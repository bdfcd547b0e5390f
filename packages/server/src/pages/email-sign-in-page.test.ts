import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { openTestUser } from '../testing/accounts.ts'
import { openFileDeps, rowsOf, withParts } from '../testing/deps.ts'
import { linkToken, type Mailbox, openMailbox, type ReadMail } from '../testing/mailbox.ts'
import { openPageVisitor, type PageVisitor, type ShownPage } from '../testing/page-visitor.ts'
import { startTestService, type TestService } from '../testing/service.ts'

const test = await openFileDeps({ emptied: ['users', 'mail_requests'] })
const email = 'ada@example.com'
const path = '/sign-in-by-email'

let service: TestService
let off: TestService
let mailbox: Mailbox
before(async () => {
  const config = { ...test.deps.config, emailSignIn: true }
  service = await startTestService(withParts(test.deps, { config }))
  off = await startTestService(test.deps)
  mailbox = await openMailbox(test)
})
after(async () => {
  await mailbox.close()
  await off.close()
  await service.close()
})

const codeIn = ({ text }: ReadMail) => /\b\d{4} \d{4}\b/u.exec(text)?.[0] ?? assert.fail('no code')

/** A browser that has asked, the page that waits for the code, and the mail. */
async function asked(
  address = email,
): Promise<{ who: PageVisitor; page: ShownPage; mail: ReadMail }> {
  const who = openPageVisitor(service.url)
  let to = ''
  const mail = await mailbox.mailOf(async () => {
    const way = await who.send(await who.open('/sign-in'), '/sign-in', { way: 'sign_in_by_email' })
    const page = await who.open(way.location)
    to = (await who.send(page, path, { email: address })).location
  })
  return { who, page: await who.open(to), mail }
}

it('signs in with the code, once, in the browser that asked', async () => {
  const userId = await openTestUser(test.deps, email)
  const { who, page, mail } = await asked()
  assert.ok(page.html.includes(email))
  const stranger = openPageVisitor(service.url)
  const elsewhere = await stranger.open(`${path}?step=code`)
  assert.equal((await stranger.send(elsewhere, path, { code: codeIn(mail) })).status, 400)
  assert.equal((await who.send(page, path, { code: '0000 0000' })).status, 400)
  assert.equal((await who.send(page, path, { code: codeIn(mail) })).location, '/signed-in')
  assert.equal((await who.open('/signed-in')).title, 'You are signed in')
  assert.equal((await who.send(page, path, { code: codeIn(mail) })).status, 400)
  const sessions = await rowsOf(test.deps, 'select user_id, amr, acr from sessions')
  assert.deepEqual(sessions, [[userId, ['otp'], 'aal1']])
})

it('signs in with the link in the browser that asked; elsewhere it does nothing', async () => {
  await openTestUser(test.deps, email)
  const { who, mail } = await asked()
  const opened = `${path}?token=${linkToken(mail)}`
  const stranger = openPageVisitor(service.url)
  assert.equal((await stranger.open(opened)).title, 'Go back to where you want to sign in')
  const page = await who.open(opened)
  assert.deepEqual(await rowsOf(test.deps, 'select 1 from sessions'), [])
  assert.equal((await who.send(page, path)).location, '/signed-in')
})

it('asks for patience before another mail, and still takes the code of the latest one', async () => {
  await openTestUser(test.deps, email)
  const { who, page, mail } = await asked()
  const early = await who.send(page, path, { step: 'ask', again: '1', email })
  assert.deepEqual([early.status, early.title], [429, page.title])
  assert.equal(
    (await who.send(early, path, { step: 'code', code: codeIn(mail) })).location,
    '/signed-in',
  )
})

it('answers the same for an address that nobody has', async () => {
  await openTestUser(test.deps, email)
  const told = async (address: string) => {
    const who = openPageVisitor(service.url)
    const answer = await who.send(await who.open(path), path, { email: address })
    return [answer.status, answer.location, answer.headers.getSetCookie().length]
  }
  assert.deepEqual(await told('nobody@example.com'), await told(email))
})

it('is not there unless it is switched on', async () => {
  const who = openPageVisitor(off.url)
  assert.doesNotMatch((await who.open('/sign-in')).html, /sign_in_by_email/u)
  assert.equal((await who.open(path)).status, 404)
  const { html } = await who.open('/sign-in')
  const token = /name="form_token" value="([^"]*)"/u.exec(html)?.[1] ?? ''
  const answer = await fetch(off.url + path, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ form_token: token, step: 'ask', email }),
    headers: { cookie: who.jar.header() ?? '' },
  })
  assert.equal(answer.status >= 400 && answer.status < 500, true)
})
