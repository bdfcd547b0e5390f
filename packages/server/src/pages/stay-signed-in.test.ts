/** Staying signed in: what the box says, and that it is carried through every way in, and enforced by the service. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Config } from '../config/config.ts'
import {
  answerOf,
  authorizationParameters,
  codeForm,
  exchange,
  registerApp,
  visit,
} from '../oauth/testing/browser.ts'
import { openTestUser, testPassword } from '../testing/accounts.ts'
import { openFileDeps, rowsOf, withParts } from '../testing/deps.ts'
import { linkToken, type Mailbox, openMailbox } from '../testing/mailbox.ts'
import { openPageVisitor, type PageVisitor, type ShownPage } from '../testing/page-visitor.ts'
import { startTestService, type TestService } from '../testing/service.ts'

const test = await openFileDeps({ emptied: ['users', 'mail_requests', 'guess_counters'] })
const { deps } = test
const email = 'ada@example.com'
const right = { identifier: email, password: testPassword }

let service: TestService
let mailbox: Mailbox
before(async () => {
  const config = { ...deps.config, emailSignIn: true }
  service = await startTestService(withParts(deps, { config }))
  mailbox = await openMailbox(test)
})
after(async () => {
  await mailbox.close()
  await service.close()
})

const visitor = () => openPageVisitor(service.url)
const persistents = async () =>
  (await rowsOf(deps, 'select persistent from sessions order by created_at')).flat()
const isTicked = ({ html }: ShownPage) =>
  /<input id="stay"[^>]*>/u.exec(html)?.[0].includes(' checked')

async function signIn(who: PageVisitor, fields: Record<string, string> = {}): Promise<ShownPage> {
  return who.send(await who.open('/sign-in'), '/sign-in', { ...right, ...fields })
}

async function withSetting(
  staySignedIn: Config['staySignedIn'],
  use: (who: PageVisitor) => Promise<void>,
): Promise<void> {
  const config = { ...deps.config, staySignedIn }
  const other = await startTestService(withParts(deps, { config }))
  try {
    await use(openPageVisitor(other.url))
  } finally {
    await other.close()
  }
}

describe('whoever signs in', () => {
  it('does not stay unless they say so: the browser forgets them, and so does the service', async () => {
    await openTestUser(deps, email)
    const who = visitor()
    assert.equal(isTicked(await who.open('/sign-in')), false)
    const { headers } = await signIn(who)
    const set = headers.getSetCookie().filter((each) => each.includes('sc1_'))
    assert.equal(set.length, 1)
    assert.match(set[0] ?? '', /^signet-temporary=sc1_[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/u)
    who.jar.closeBrowser()
    assert.equal((await who.open('/signed-in')).location, '/sign-in')
    assert.deepEqual(await persistents(), [false])
  })

  it('stays where they say so', async () => {
    await openTestUser(deps, email)
    const who = visitor()
    await signIn(who, { stay: 'yes' })
    who.jar.closeBrowser()
    assert.equal((await who.open('/signed-in')).status, 200)
    assert.deepEqual(await persistents(), [true])
  })

  it('finds the box as they left it where the form was refused', async () => {
    await openTestUser(deps, email)
    for (const stay of ['yes', 'no']) {
      const page = await signIn(visitor(), { stay, password: 'not the password' })
      assert.equal(isTicked(page), stay === 'yes')
      assert.ok(page.html.includes(`stay=${stay}`), 'its links do not say so')
    }
  })

  it('is not asked to leave by a second proof: the box is as the session is', async () => {
    await openTestUser(deps, email)
    await registerApp(deps, { id: 'strict' })
    const who = visitor()
    await signIn(who, { stay: 'yes' })
    const asked = new URLSearchParams(
      authorizationParameters({ client_id: 'strict', prompt: 'login' }),
    )
    const page = await who.open((await who.open(`/oauth2/authorize?${asked}`)).location)
    assert.equal(isTicked(page), true)
    assert.ok(page.html.includes(`value="${email}"`), 'the address is typed again')
    // Somebody else in the same browser is nobody who stays.
    assert.equal(isTicked(await visitor().open('/sign-in')), false)
  })

  it('cannot choose where the operator has', async () => {
    await openTestUser(deps, email)
    for (const [setting, stay, persistent] of [
      ['always', 'no', true],
      ['never', 'yes', false],
    ] as const) {
      await withSetting(setting, async (who) => {
        const page = await who.open('/sign-in')
        assert.equal(isTicked(page), undefined)
        await who.send(page, '/sign-in', { ...right, stay })
      })
      assert.deepEqual(await persistents(), [persistent])
      await rowsOf(deps, 'delete from sessions')
    }
    await withSetting('preselected', async (who) => {
      assert.equal(isTicked(await who.open('/sign-in')), true)
    })
  })

  it('keeps the session of an app alive by it for no longer than this', async () => {
    await openTestUser(deps, email)
    const client = await registerApp(deps, { id: 'ledger' })
    const who = visitor()
    await signIn(who)
    const asked = new URLSearchParams(authorizationParameters({ client_id: 'ledger' }))
    const { code = '' } = answerOf(
      await visit(service, `/oauth2/authorize?${asked}`, who.jar.header()),
    )
    const { body } = await exchange(service, client, codeForm(code))
    await rowsOf(deps, `update sessions set idle_expires_at = signet_now() + interval '1 minute'`)
    const form = { grant_type: 'refresh_token', refresh_token: body.refresh_token }
    assert.equal((await exchange(service, client, form)).status, 200)
    const left = `select round(extract(epoch from idle_expires_at - signet_now()) / 60)::integer from sessions`
    const minutes = deps.config.temporarySessionIdleLifetimeSeconds / 60
    assert.deepEqual(await rowsOf(deps, left), [[minutes]])
  })
})

describe('what was said goes along', () => {
  it('from sign-in to a new account, and back', async () => {
    const who = visitor()
    const { location } = await signIn(who, { way: 'sign_up', stay: 'yes', password: '' })
    const signUp = await who.open(location)
    assert.equal(isTicked(signUp), true)
    assert.ok(signUp.html.includes(`value="${email}"`))
    let to = ''
    const mail = await mailbox.mailOf(async () => {
      const fields = { email, password: 'lantern orbit velvet 42' }
      to = (await who.send(signUp, '/sign-up', fields)).location
    })
    const inbox = await who.open(to)
    const code = /\b\d{4} \d{4}\b/u.exec(mail.text)?.[0] ?? ''
    const proved = await who.send(inbox, '/check-inbox', { email, code })
    assert.equal(isTicked(await who.open(proved.location)), true)
  })

  it('through a mail, by the code and by the link', async () => {
    await openTestUser(deps, email)
    const path = '/sign-in-by-email'
    for (const by of ['code', 'link']) {
      const who = visitor()
      let to = ''
      const mail = await mailbox.mailOf(async () => {
        const page = await who.open(path)
        to = (await who.send(page, path, { email, stay: 'yes' })).location
      })
      if (by === 'code') {
        const code = /\b\d{4} \d{4}\b/u.exec(mail.text)?.[0] ?? ''
        await who.send(await who.open(to), path, { code })
      } else {
        const page = await who.open(`${path}?token=${linkToken(mail)}`)
        assert.equal(isTicked(page), true)
        await who.send(page, path, { stay: 'yes' })
      }
      assert.deepEqual(await persistents(), [true], by)
      await rowsOf(deps, 'delete from sessions; delete from mail_requests')
    }
  })
})
