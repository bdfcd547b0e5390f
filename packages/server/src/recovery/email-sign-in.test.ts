import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { sealBatch } from '../events/seal-events.ts'
import { readBatch } from '../jobs/notices.ts'
import { signIn } from '../sign-in/sign-in.ts'
import { signUp } from '../sign-in/sign-up.ts'
import { assertRefused, openTestUser, signInAs, testPassword } from '../testing/accounts.ts'
import { secondsAhead } from '../testing/clock.ts'
import { openTestDeps, rowsOf, type TestDeps, testContext, withParts } from '../testing/deps.ts'
import {
  linkToken,
  type Mailbox,
  openMailbox,
  printedCode,
  type ReadMail,
  wrongCode,
} from '../testing/mailbox.ts'
import { startTestService } from '../testing/service.ts'
import { authenticateBearer } from '../tokens/authenticate.ts'
import { suspendUser } from '../users/suspend-user.ts'
import { resetPassword } from './reset-password.ts'
import { requestEmailSignIn, signInByEmail } from './rpc.ts'
import { verifyEmail } from './verify-email.ts'

let test: TestDeps
let deps: Deps
let mailbox: Mailbox
const email = 'Ada@example.com'

const switched = (parts: Deps, emailSignIn = true) =>
  withParts(parts, { config: { ...parts.config, emailSignIn } })

before(async () => {
  test = await openTestDeps()
  deps = switched(test.deps)
  mailbox = await openMailbox(test)
})
after(async () => {
  await mailbox.close()
  await test.close()
})
beforeEach(async () => {
  await mailbox.mailsOf(async () => undefined)
  const tables = ['users', 'mail_requests', 'guess_counters', 'event_windows', 'event_readers']
  for (const table of [...tables, `jobs.job where name !~ '^__'`])
    await rowsOf(deps, `delete from ${table}`)
})

interface Asked {
  requestToken: string
  mail: ReadMail
}

/** A request for a mail, and the mail. */
async function ask(to = email): Promise<Asked> {
  await rowsOf(deps, 'delete from mail_requests')
  let requestToken = ''
  const mail = await mailbox.mailOf(async () => {
    const answer = await requestEmailSignIn(deps, testContext(), { email: to } as never)
    requestToken = answer.requestToken ?? ''
  })
  return { requestToken, mail }
}

type Presented = { requestToken: string; token?: string; code?: string; deviceSecret?: string }
async function enter(presented: Presented, parts = deps) {
  const input = { token: '', code: '', deviceSecret: '', ...presented }
  const { result, deviceSecret } = await signInByEmail(parts, testContext(), input as never)
  assert.ok(result?.case === 'tokens' && result.value)
  return { accessToken: result.value.accessToken ?? '', deviceSecret }
}
const byLink = ({ requestToken, mail }: Asked) => ({ requestToken, token: linkToken(mail) })
const byCode = ({ requestToken, mail }: Asked) => ({ requestToken, code: printedCode(mail) })
const invalid = (answer: Promise<unknown>) => assertRefused(answer, ErrorReason.LINK_INVALID)
const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

describe('a mail to sign in with', () => {
  beforeEach(async () => {
    await openTestUser(deps, email)
  })

  it('signs in by link or by code, once, as one factor', async () => {
    for (const presentedOf of [byLink, byCode]) {
      const asked = await ask()
      assert.deepEqual([asked.mail.to, asked.mail.subject], [email, 'Sign in'])
      assert.match(asked.mail.text, /The link and the code are good for 10 minutes/u)
      const { accessToken } = await enter(presentedOf(asked))
      const { amr, acr } = claimsOf(accessToken)
      assert.deepEqual([amr, acr], [['otp'], 'aal1'])
      await authenticateBearer(deps, testContext(), accessToken)
      for (const again of [byLink, byCode]) await invalid(enter(again(asked)))
    }
    await signInAs(deps, email)
  })

  it('is good only with what its own request was answered with', async () => {
    const [asked, other] = [await ask(), await ask()]
    const stranger = await requestEmailSignIn(deps, testContext(), {
      email: 'eve@example.com',
    } as never)
    for (const requestToken of [
      other.requestToken,
      stranger.requestToken ?? '',
      'sl1_x',
      linkToken(asked.mail),
    ]) {
      await invalid(enter({ requestToken, token: linkToken(asked.mail) }))
      await invalid(enter({ requestToken, code: printedCode(asked.mail) }))
    }
    await invalid(enter({ requestToken: asked.requestToken }))
    await invalid(enter({ requestToken: asked.requestToken, token: asked.requestToken }))
    const proof = { email, ...byLink(asked), code: printedCode(asked.mail) }
    await invalid(verifyEmail(deps, testContext(), { proof }))
    await invalid(verifyEmail(deps, testContext(), { proof: { ...proof, token: '' } }))
    const newPassword = 'lantern orbit velvet 42'
    await invalid(resetPassword(deps, testContext(), { proof, newPassword }))
    await enter(byLink(asked))
    await enter(byCode(other))
  })

  it('of somebody else leaves one that was asked for alone', async () => {
    const mine = await ask()
    const theirs = await ask()
    for (let n = 0; n < 5; n += 1) {
      const code = wrongCode(printedCode(theirs.mail))
      await invalid(enter({ requestToken: theirs.requestToken, code }))
    }
    await invalid(enter(byCode(theirs)))
    await enter(byCode(mine))
  })

  it('lets in on a device that guessed too often: nothing was guessed here', async () => {
    const { deviceSecret = '' } = await enter(byLink(await ask()))
    const guess = { identifier: email, password: 'not the one', device: undefined, deviceSecret }
    const { perAccount } = deps.config.signInAttempts
    for (let n = 0; n < perAccount; n += 1)
      await assertRefused(signIn(deps, testContext(), guess), ErrorReason.INVALID_CREDENTIALS)
    await assertRefused(signIn(deps, testContext(), guess), ErrorReason.RATE_LIMITED)
    const again = await enter({ ...byLink(await ask()), deviceSecret })
    assert.equal(again.deviceSecret, deviceSecret, 'it is the same device')
    // And the guesses are as used up as before.
    await assertRefused(signIn(deps, testContext(), guess), ErrorReason.RATE_LIMITED)
  })

  it('is for ten minutes', async (t) => {
    const asked = await ask()
    const late = switched(await secondsAhead(test, t, 601))
    await invalid(enter(byLink(asked), late))
    await invalid(enter(byCode(asked), late))
    await enter(byLink(asked), switched(await secondsAhead(test, t, 590)))
  })

  it('signs in one of fifty who use it at once', async () => {
    const asked = await ask()
    const outcomes = await Promise.allSettled(
      Array.from({ length: 50 }, () => enter(byLink(asked))),
    )
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
    // On a machine that is busy some may be told to come back, before anything was looked at.
    const refusals = [ErrorReason.LINK_INVALID, ErrorReason.UNAVAILABLE]
    for (const outcome of outcomes)
      if (outcome.status === 'rejected')
        assert.ok(refusals.includes(outcome.reason.reason), String(outcome.reason))
  })

  it('says nothing about who has the address, and opens no account', async () => {
    const known = await requestEmailSignIn(deps, testContext(), { email } as never)
    const mails = await mailbox.mailsOf(async () => {
      const unknown = await requestEmailSignIn(deps, testContext(), {
        email: 'nobody@example.com',
      } as never)
      assert.deepEqual(Object.keys(unknown), Object.keys(known))
      assert.equal(unknown.requestToken?.length, known.requestToken?.length)
      await invalid(enter({ requestToken: unknown.requestToken ?? '', code: '12345678' }))
    })
    assert.deepEqual(
      mails.filter(({ to }) => to !== email),
      [],
    )
    assert.deepEqual(await rowsOf(deps, 'select count(*)::integer from users'), [[1]])
  })

  it('signs nobody in who is suspended, or whose account was cut meanwhile', async () => {
    const asked = await ask()
    await rowsOf(deps, `select log_revocation('sub', id::text, 'password_changed') from users`)
    await invalid(enter(byLink(asked)))
    const another = await ask()
    const [[userId]] = (await rowsOf(deps, 'select id from users')) as [[never]]
    await suspendUser(deps, testContext(), { userId })
    await invalid(enter(byLink(another)))
    await rowsOf(deps, `update users set status = 'active'`)
    await invalid(enter(byLink(another)))
  })

  it('lets in whom strangers have locked out by guessing, and forgives them nothing', async () => {
    for (let n = 0; n < 10; n += 1)
      await assertRefused(signInAs(deps, email, `wrong ${n}`), ErrorReason.INVALID_CREDENTIALS)
    await enter(byLink(await ask()))
    await assertRefused(signInAs(deps, email), ErrorReason.RATE_LIMITED)
  })

  it('knows a device that comes again', async () => {
    const { deviceSecret = '' } = await enter(byLink(await ask()))
    const again = await enter({ ...byLink(await ask()), deviceSecret: deviceSecret ?? '' })
    assert.equal(again.deviceSecret, deviceSecret)
    const text = `select details ->> 'knownDevice' from events where kind = 'session.started' order by arrival desc limit 2`
    assert.deepEqual((await rowsOf(deps, text)).flat(), ['true', 'false'])
  })

  it('is nothing where it is switched off', async () => {
    const off = switched(deps, false)
    const asked = await ask()
    const request = requestEmailSignIn(off, testContext(), { email } as never)
    await assertRefused(request, ErrorReason.NOT_ENABLED)
    await assertRefused(enter(byLink(asked), off), ErrorReason.NOT_ENABLED)
  })

  it('opens a page elsewhere, which does nothing', async () => {
    const asked = await ask()
    const service = await startTestService(deps)
    try {
      const path = `/sign-in-by-email?token=${linkToken(asked.mail)}`
      const page = await fetch(service.url + path)
      const text = await page.text()
      assert.equal(page.status, 200)
      assert.match(text, /Go back to where you want to sign in/u)
      assert.ok(!text.includes(linkToken(asked.mail)))
      assert.doesNotMatch(page.headers.get('set-cookie') ?? '', /sc1_/u)
      assert.ok((await service.post(path, {})).status >= 400)
    } finally {
      await service.close()
    }
    await enter(byLink(asked))
  })
})

describe('where a stranger opened the account', () => {
  const strangers = 'the claim of a stranger'

  it('the owner of the mailbox gets it alone: the password and every session are gone', async () => {
    await mailbox.mailOf(() =>
      signUp(deps, testContext(), { email, password: strangers, displayName: '', locale: '' }),
    )
    const stranger = await signInAs(deps, email, strangers)
    const { accessToken } = await enter(byLink(await ask()))
    await authenticateBearer(deps, testContext(), accessToken)
    const held = authenticateBearer(deps, testContext(), stranger.accessToken)
    await assertRefused(held, ErrorReason.UNAUTHENTICATED)
    await assertRefused(signInAs(deps, email, strangers), ErrorReason.INVALID_CREDENTIALS)
    const told = await mailbox.mailsOf(async () => {
      while ((await sealBatch(deps.db, 100)).kind !== 'sealed');
      await rowsOf(deps, `insert into event_readers values ('notices', 0) on conflict do nothing`)
      while (await readBatch(deps));
    })
    assert.ok(told.some(({ subject }) => subject === 'Your password was removed'))
    // The second time the address is proved already, and what the person has set stays.
    await rowsOf(deps, `insert into passwords select id, $1, now() from users`, [
      await deps.passwords.hash(testPassword),
    ])
    await enter(byLink(await ask()))
    await signInAs(deps, email)
  })

  it('and proved another address, the mailbox opens nothing of it', async () => {
    const userId = await openTestUser(deps, 'stranger@example.net', { password: strangers })
    await rowsOf(
      deps,
      `insert into identifiers (id, user_id, kind, value, canonical, created_at)
       values (gen_random_uuid(), $1, 'email', $2, lower($2), now())`,
      [userId, email],
    )
    const asked = () => requestEmailSignIn(deps, testContext(), { email } as never)
    assert.deepEqual(await mailbox.mailsOf(asked), [])
  })
})
