/** The page that waits for a mail: who hears that its link was opened, who does not, and how often another mail can be had. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { seal } from '../crypto/seal.ts'
import { authorizationParameters, registerApp } from '../oauth/testing/browser.ts'
import { openTestUser, testPassword } from '../testing/accounts.ts'
import { openFileDeps, rowsOf, withParts } from '../testing/deps.ts'
import { linkToken, type Mailbox, openMailbox, type ReadMail } from '../testing/mailbox.ts'
import { openPageVisitor, type PageVisitor, type ShownPage } from '../testing/page-visitor.ts'
import { startTestService, type TestService } from '../testing/service.ts'

const test = await openFileDeps({ emptied: ['users', 'mail_requests', 'guess_counters'] })
const { deps } = test
const email = 'ada@example.com'
const inbox = '/check-inbox'

let service: TestService
let strict: TestService
let mailbox: Mailbox
before(async () => {
  service = await startTestService(deps)
  const emailVerification = { ...deps.config.emailVerification, when: 'before-sign-in' } as const
  const config = { ...deps.config, emailVerification }
  strict = await startTestService(withParts(deps, { config }))
  mailbox = await openMailbox(test)
  await registerApp(deps, {})
})
after(async () => {
  await mailbox.close()
  await strict.close()
  await service.close()
})

const form = { email, password: 'lantern orbit velvet 42', displayName: 'Ada Lovelace' }

async function signUp(who: PageVisitor, fields: Partial<typeof form> = {}): Promise<ShownPage> {
  return who.send(await who.open('/sign-up'), '/sign-up', { ...form, ...fields })
}

/** What the page hears while it waits. */
async function news(who: PageVisitor, headers: Record<string, string> = {}): Promise<unknown> {
  const { status, html } = await who.open(`${inbox}/news`, headers)
  assert.equal(status, 200)
  return JSON.parse(html)
}

/** Somebody opens the link of a mail in a browser of their own, and presses its button. */
async function confirmElsewhere(mail: ReadMail): Promise<void> {
  const who = openPageVisitor(service.url)
  const page = await who.open(`/verify-email?token=${linkToken(mail)}`)
  assert.equal((await who.send(page, '/verify-email')).status, 303)
}

/** As if the browser had waited long enough. */
const forget = (who: PageVisitor, name: string) => who.jar.keep([`signet-${name}=; Max-Age=0`])

describe('a browser that waits for its mail', () => {
  it('goes on when the link was opened elsewhere, once, by script and by link', async () => {
    const who = openPageVisitor(service.url)
    const mail = await mailbox.mailOf(() => signUp(who))
    assert.deepEqual(await news(who), { proved: false })
    const pressed = await who.open(`${inbox}?notice=pressed`)
    assert.match(pressed.html, /not confirmed yet/u)
    await confirmElsewhere(mail)
    assert.deepEqual(await news(who), { proved: true })
    const { status, location } = await who.open(`${inbox}?notice=pressed`)
    assert.deepEqual([status, location], [303, '/sign-in?notice=address_confirmed'])
    // What was heard is forgotten: the page can be opened again, for another address.
    assert.deepEqual(await news(who), { proved: false })
    assert.equal((await who.open(inbox)).status, 200)
  })

  it('goes on with what its app wants', async () => {
    const who = openPageVisitor(service.url)
    const parameters = new URLSearchParams(authorizationParameters({ prompt: 'create' }))
    const signUpPath = (await who.open(`/oauth2/authorize?${parameters}`)).location
    const mail = await mailbox.mailOf(async () => {
      const page = await who.open(signUpPath)
      const waiting = await who.send(page, '/sign-up', form)
      assert.match(waiting.location, /^\/check-inbox\?request=/u)
    })
    await confirmElsewhere(mail)
    const request = new URL(signUpPath, service.url).searchParams.get('request') ?? ''
    const next = await who.open(`${inbox}?${new URLSearchParams({ request })}`)
    const to = new URL(next.location, service.url)
    assert.deepEqual([to.pathname, to.searchParams.get('request')], ['/sign-in', request])
  })

  it('goes on too where the right password has led to it', async () => {
    await openTestUser(deps, email, { verified: false })
    const who = openPageVisitor(strict.url)
    const mail = await mailbox.mailOf(async () => {
      const page = await who.open('/sign-in')
      const right = { identifier: email, password: testPassword }
      assert.match((await who.send(page, '/sign-in', right)).location, /^\/check-inbox/u)
    })
    assert.deepEqual(await news(who), { proved: false })
    await confirmElsewhere(mail)
    assert.deepEqual(await news(who), { proved: true })
  })

  it('hears nothing of a number that the same account has proved', async () => {
    const userId = await openTestUser(deps, email, { verified: false })
    const phone = `insert into identifiers (id, realm_id, user_id, kind, value, canonical, verified_at, created_at)
                   values (gen_random_uuid(), 1, '${userId}', 'phone', '+34600000001', '+34600000001', now(), now())`
    await rowsOf(deps, phone)
    const who = openPageVisitor(strict.url)
    const page = await who.open('/sign-in')
    await who.send(page, '/sign-in', { identifier: email, password: testPassword })
    assert.deepEqual(await news(who), { proved: false })
    assert.equal((await who.open(inbox)).status, 200)
  })

  it('whose address changes meanwhile hears nothing of the former one', async () => {
    const who = openPageVisitor(service.url)
    const mail = await mailbox.mailOf(() => signUp(who))
    const second = { email: 'second@example.com' }
    await who.send(await who.open('/forgot-password'), '/forgot-password', second)
    await confirmElsewhere(mail)
    assert.deepEqual(await news(who), { proved: false })
    assert.equal((await who.open(inbox)).status, 200)
  })
})

describe('nobody else hears of it', () => {
  it('not a stranger, nor one who asks for the same address, nor one who makes up what to watch', async () => {
    const who = openPageVisitor(service.url)
    const mail = await mailbox.mailOf(() => signUp(who))
    const rival = openPageVisitor(service.url)
    await mailbox.mailsOf(() => signUp(rival))
    await confirmElsewhere(mail)
    assert.deepEqual(await news(rival), { proved: false })
    const stranger = openPageVisitor(service.url)
    assert.deepEqual(await news(stranger), { proved: false })
    const cookie = who.jar.header() ?? ''
    const value = /signet-claim=([\w-]+)/u.exec(cookie)?.[1] ?? assert.fail('nothing is watched')
    const bytes = Buffer.from(value, 'base64url')
    const claim = JSON.parse(bytes.subarray(16).toString('utf8')) as object
    for (const made of [
      'x',
      value.slice(0, -2),
      Buffer.concat([Buffer.alloc(16), bytes.subarray(16)]).toString('base64url'),
      // Sealed here, for something else.
      seal(deps, 'authorization request', claim),
    ]) {
      stranger.jar.keep([`signet-claim=${made}`, /signet-typed=[^;]*/u.exec(cookie)?.[0] ?? ''])
      assert.deepEqual(await news(stranger), { proved: false }, made)
    }
    assert.deepEqual(await news(who, { 'sec-fetch-site': 'same-site' }), { proved: false })
    assert.deepEqual(await news(who), { proved: true })
  })

  it('and it is the same for an address that is known: page, news, way on and other mail (V6.3.8)', async () => {
    await openTestUser(deps, email)
    const told = async (address: string) => {
      const who = openPageVisitor(service.url)
      const seen = (page: ShownPage) => [
        page.status,
        page.location,
        [...page.headers.keys()].sort(),
        withoutChance(page.html).replaceAll(address, 'ADDRESS'),
      ]
      const answers = [seen(await signUp(who, { email: address }))]
      for (const path of [inbox, `${inbox}?notice=pressed`, `${inbox}/news`])
        answers.push(seen(await who.open(path)))
      answers.push(seen(await who.send(await who.open(inbox), `${inbox}/again`)))
      forget(who, 'again')
      answers.push(seen(await who.send(await who.open(inbox), `${inbox}/again`)))
      answers.push(seen(await who.open(inbox)))
      return answers
    }
    assert.deepEqual(await told('who@example.com'), await told(email))
  })
})

/** What is another one each time: tokens, references, the second in which it was shown. */
function withoutChance(html: string): string {
  return html
    .replaceAll(/name="form_token" value="[^"]*"/gu, '')
    .replaceAll(/[0-9A-Z]{4}(?:-[0-9A-Z]{4})+/gu, 'REFERENCE')
    .replaceAll(/data-countdown="\d+"|\d:\d\d/gu, 'WAIT')
}

describe('another mail', () => {
  it('has to wait after the first one, which the page says without a script, and then after each', async () => {
    const who = openPageVisitor(service.url)
    await mailbox.mailOf(() => signUp(who))
    const page = await who.open(inbox)
    assert.match(page.html, /You can send another mail in 0:(?:30|29)\./u)
    assert.deepEqual(
      await mailbox.mailsOf(async () => {
        const early = await who.send(page, `${inbox}/again`)
        assert.equal(early.status, 429)
        assert.match(early.headers.get('retry-after') ?? '', /^(?:30|29|28)$/u)
        assert.match(early.problem, /cannot be sent yet/u)
        assert.ok(early.html.includes(email))
      }),
      [],
    )
    forget(who, 'again')
    await mailbox.mailOf(async () => {
      const { location } = await who.send(page, `${inbox}/again`)
      assert.equal(location, `${inbox}?notice=resent`)
    })
    // From here on it is counted, whatever the browser has kept.
    forget(who, 'again')
    const counted = await who.send(await who.open(inbox), `${inbox}/again`)
    assert.equal(counted.status, 429)
    assert.match(counted.headers.get('retry-after') ?? '', /^(?:30|29|28)$/u)
  })

  it('proves the account that this browser has opened, though a stranger claims the address later', async () => {
    const proved = async () => {
      const text =
        'select u.display_name from identifiers i join users u on u.id = i.user_id where i.verified_at is not null'
      return (await rowsOf(deps, text)).flat()
    }
    for (const by of ['link', 'code']) {
      await rowsOf(deps, 'delete from users')
      await rowsOf(deps, 'delete from mail_requests')
      const who = openPageVisitor(service.url)
      await mailbox.mailOf(() => signUp(who))
      const stranger = openPageVisitor(service.url)
      await mailbox.mailOf(() => signUp(stranger, { displayName: 'Eve' }))
      forget(who, 'again')
      const mail = await mailbox.mailOf(async () =>
        who.send(await who.open(inbox), `${inbox}/again`),
      )
      // The stranger asks for yet another one, whose code is none here.
      const [others] = await mailbox.mailsOf(async () => {
        await rowsOf(deps, 'delete from mail_requests')
        forget(stranger, 'again')
        await stranger.send(await stranger.open(inbox), `${inbox}/again`)
      })
      if (by === 'link') await confirmElsewhere(mail)
      else {
        const foreign = /\d{4} \d{4}/u.exec(others?.text ?? '')?.[0] ?? assert.fail('no code')
        const refused = await who.send(await who.open(inbox), inbox, { email, code: foreign })
        assert.equal(refused.status, 400)
        const code = /\d{4} \d{4}/u.exec(mail.text)?.[0] ?? assert.fail('no code')
        const sent = await who.send(await who.open(inbox), inbox, { email, code })
        assert.equal(sent.status, 303)
      }
      assert.deepEqual(await proved(), ['Ada Lovelace'], by)
    }
  })

  it('leads to a new password where the sign-up has opened nothing', async () => {
    for (const displayName of ['Eve', 'Mallory', 'Trent'])
      await signUp(openPageVisitor(service.url), { displayName })
    const who = openPageVisitor(service.url)
    await mailbox.mailsOf(() => signUp(who))
    forget(who, 'again')
    const mail = await mailbox.mailOf(async () => who.send(await who.open(inbox), `${inbox}/again`))
    assert.deepEqual([mail.to, mail.subject], [email, 'You already have an account'])
  })

  it('waits likewise where a new password or a sign-in by mail is asked for', async () => {
    const config = { ...deps.config, emailSignIn: true }
    const mailing = await startTestService(withParts(deps, { config }))
    try {
      for (const [path, fields] of [
        ['/forgot-password', { email }],
        ['/sign-in-by-email', { email, step: 'ask', again: '' }],
      ] as const) {
        const who = openPageVisitor(mailing.url)
        const { location } = await who.send(await who.open(path), path, fields)
        const page = await who.open(location)
        assert.match(page.html, /You can send another mail in 0:(?:30|29)\./u, path)
        const early = await who.send(page, path, fields)
        assert.deepEqual([early.status, early.html.includes(email)], [429, true], path)
        assert.match(early.problem, /cannot be sent yet/u, path)
      }
    } finally {
      await mailing.close()
    }
  })

  it('goes to another address with everything else as it was typed, whatever the app says', async () => {
    const who = openPageVisitor(service.url)
    const hint = { prompt: 'create', login_hint: 'hinted@example.com' }
    const parameters = new URLSearchParams(authorizationParameters(hint))
    const first = await who.open((await who.open(`/oauth2/authorize?${parameters}`)).location)
    const waiting = await who.open((await who.send(first, '/sign-up', form)).location)
    const back = /href="(\/sign-up\?[^"]*)"/u.exec(waiting.html)?.[1] ?? assert.fail('no way back')
    const { html } = await who.open(back.replaceAll('&amp;', '&'))
    assert.match(html, /id="email"[^>]* value="ada@example\.com"/u)
    assert.match(html, /id="displayName"[^>]* value="Ada Lovelace"/u)
    assert.match(html, /name="request" value="[\w-]+"/u)
    assert.doesNotMatch(html, /lantern/u)
  })
})
