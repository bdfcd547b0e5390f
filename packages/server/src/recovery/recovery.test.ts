import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import type { UserId } from '../ids.ts'
import { type Jobs, openJobs } from '../jobs/open-jobs.ts'
import { type Inbox, type InboxMail, openInbox } from '../mail/inbox.ts'
import { type MailOrder, unwrapOpener } from '../mail/mail-order.ts'
import { signUp } from '../sign-in/sign-up.ts'
import { assertRefused, openTestUser, signInAs, testPassword } from '../testing/accounts.ts'
import { secondsAhead } from '../testing/clock.ts'
import { openTestDeps, rowsOf, type TestDeps, testContext } from '../testing/deps.ts'
import { authenticateBearer } from '../tokens/authenticate.ts'
import { suspendUser } from '../users/suspend-user.ts'
import type { MailedProof } from './mailed-links.ts'
import { requestMail } from './request-mail.ts'
import { resetPassword } from './reset-password.ts'
import { verifyEmail } from './verify-email.ts'
import { writeToAddress } from './write-to-address.ts'

let test: TestDeps
let deps: Deps
let jobs: Jobs
let inbox: Inbox

const email = 'Ada@example.com'
const newPassword = 'lantern orbit velvet 42'

before(async () => {
  test = await openTestDeps()
  deps = test.deps
  inbox = openInbox()
  jobs = openJobs(deps, { address: test.address, inbox })
  jobs.start()
})
after(async () => {
  await jobs.stop()
  await test.close()
})
beforeEach(async () => {
  for (const table of ['users', 'mail_requests', 'event_windows', `jobs.job where name !~ '^__'`])
    await rowsOf(deps, `delete from ${table}`)
})

const settled = `select count(*)::integer from jobs.job where state in ('created', 'retry', 'active') and name !~ '^__'`

/** The mails that came since, once every job is done. */
async function mailsOf(causes: () => Promise<unknown>): Promise<InboxMail[]> {
  const before = new Set(inbox.list())
  await causes()
  const deadline = performance.now() + 60_000
  while ((await rowsOf(deps, settled))[0]?.[0] !== 0) {
    assert.ok(performance.now() < deadline, 'jobs are not done')
    await wait(10)
  }
  return inbox.list().filter((mail) => !before.has(mail))
}

async function mailOf(causes: () => Promise<unknown>): Promise<InboxMail> {
  const [mail, ...others] = await mailsOf(causes)
  assert.ok(mail && others.length === 0, `${others.length + (mail ? 1 : 0)} mails`)
  return mail
}

const byLink = ({ text }: InboxMail): MailedProof => ({
  token: /token=([\w-]+)/u.exec(text)?.[1] ?? assert.fail('no link'),
  email: '',
  code: '',
})
const byCode = ({ text }: InboxMail): MailedProof => ({
  token: '',
  email,
  code: /\d{4} \d{4}/u.exec(text)?.[0] ?? assert.fail('no code'),
})

const ask = (about: 'password_reset' | 'email_verification', to = email, from = '192.0.2.1') =>
  requestMail(deps, testContext({ ipAddress: from }), { about, email: to })
const forget = () => rowsOf(deps, 'delete from mail_requests')
const reset = (proof: MailedProof, parts = deps, password = newPassword) =>
  resetPassword(parts, testContext(), { proof, newPassword: password })
const verify = (proof: MailedProof, parts = deps) => verifyEmail(parts, testContext(), { proof })
const enroll = (to = email, password = testPassword) =>
  signUp(deps, testContext(), { email: to, password, displayName: '', locale: 'es' })
const invalid = (answer: Promise<unknown>) => assertRefused(answer, ErrorReason.LINK_INVALID)

describe('signing up', () => {
  it('sends a link that proves the address, in the language of the account', async () => {
    const mail = await mailOf(() => enroll())
    assert.deepEqual([mail.to, mail.subject], [email, 'Confirma tu dirección de correo'])
    assert.deepEqual(await verify(byLink(mail)), { email })
    const text = 'select verified_at is not null from identifiers'
    assert.deepEqual(await rowsOf(deps, text), [[true]])
    await invalid(verify(byLink(mail)))
  })

  it('for an address that somebody proved tells its owner, and changes nothing', async () => {
    await openTestUser(deps, email)
    const mail = await mailOf(() => enroll('ada@EXAMPLE.com', 'another long sentence'))
    assert.deepEqual([mail.to, mail.subject], [email, 'You already have an account'])
    await signInAs(deps, email)
    await reset(byLink(mail))
    await signInAs(deps, email, newPassword)
  })

  it('makes no code where the mail shows none', async () => {
    await openTestUser(deps, email)
    const mail = await mailOf(() => enroll())
    assert.equal(mail.subject, 'You already have an account')
    const [[order] = []] = await rowsOf(deps, `select data from jobs.job where name = 'send_mail'`)
    assert.equal(unwrapOpener(deps.masterSecret, order as MailOrder)?.code, '')
    await invalid(reset({ token: '', email, code: '' }))
    await reset(byLink(mail))
  })

  it('again and again sends few mails, whether somebody has the address or not', async () => {
    // Each would open five more tries at a code for a new password.
    await openTestUser(deps, email)
    for (const to of [email, 'nobody@example.com']) {
      const mails = await mailsOf(async () => {
        for (let n = 0; n < 8; n += 1) await enroll(to)
      })
      assert.equal(mails.length, 6, to)
    }
  })

  it('proves the claim whose link is used, and no other one', async () => {
    const first = await mailOf(() => enroll(email, 'first password of three'))
    const second = await mailOf(() => enroll(email, 'second password of three'))
    await verify(byLink(second))
    await signInAs(deps, email, 'second password of three')
    await assertRefused(
      signInAs(deps, email, 'first password of three'),
      ErrorReason.INVALID_CREDENTIALS,
    )
    await invalid(verify(byLink(first)))
  })

  it('leaves the same job behind, whoever holds the address', async () => {
    await jobs.stop()
    try {
      await openTestUser(deps, 'taken@example.com')
      await enroll('taken@example.com')
      await enroll('free@example.com')
      const text = `select name, data ->> 'about' from jobs.job where name !~ '^__'`
      const left = await rowsOf(deps, text)
      assert.deepEqual(left, [left[0], left[0]])
    } finally {
      jobs = openJobs(deps, { address: test.address, inbox })
      jobs.start()
    }
  })
})

describe('a new password', () => {
  let userId: UserId
  beforeEach(async () => {
    userId = await openTestUser(deps, email)
  })

  it('is set by link or by code, ends every session, and signs nobody in', async () => {
    for (const proofOf of [byLink, byCode]) {
      await rowsOf(deps, 'delete from passwords')
      await rowsOf(deps, `insert into passwords (user_id, hash, set_at) values ($1, $2, now())`, [
        userId,
        await deps.passwords.hash(testPassword),
      ])
      const { accessToken } = await signInAs(deps, email)
      await forget()
      const mail = await mailOf(() => ask('password_reset', 'ADA@example.com'))
      assert.equal(mail.to, email)
      await reset(proofOf(mail))
      await assertRefused(
        authenticateBearer(deps, testContext(), accessToken),
        ErrorReason.UNAUTHENTICATED,
      )
      await assertRefused(signInAs(deps, email), ErrorReason.INVALID_CREDENTIALS)
      await signInAs(deps, email, newPassword)
    }
    const text = `select count(*)::integer from events where kind = 'password.set' and subject_id = $1`
    assert.deepEqual(await rowsOf(deps, text, [userId]), [[2]])
  })

  it('that is refused uses nothing up', async () => {
    const mail = await mailOf(() => ask('password_reset'))
    await assertRefused(reset(byLink(mail), deps, 'password123'), ErrorReason.PASSWORD_REJECTED, [
      'password.common',
    ])
    await assertRefused(reset(byLink(mail), deps, `${email}1`), ErrorReason.PASSWORD_REJECTED)
    await reset(byLink(mail))
  })

  it('goes to one of fifty who use the link at once', async () => {
    const mail = await mailOf(() => ask('password_reset'))
    const tries = Array.from({ length: 50 }, (_, n) =>
      reset(byLink(mail), deps, `lantern orbit velvet ${n}`),
    )
    const outcomes = await Promise.allSettled(tries)
    const won = outcomes.flatMap(({ status }, n) => (status === 'fulfilled' ? [n] : []))
    assert.equal(won.length, 1)
    for (const outcome of outcomes)
      if (outcome.status === 'rejected')
        assert.equal(outcome.reason.reason, ErrorReason.LINK_INVALID, String(outcome.reason))
    await signInAs(deps, email, `lantern orbit velvet ${won[0]}`)
  })

  it('is for an hour, for one purpose, for the latest mail, and for one account', async (t) => {
    const first = await mailOf(() => ask('password_reset'))
    await forget()
    const latest = await mailOf(() => ask('password_reset'))
    await invalid(reset(byLink(first)))
    await invalid(reset(byCode(first)))
    await invalid(verify(byLink(latest)))
    await invalid(verify(byCode(latest)))
    await invalid(reset(byLink(latest), await secondsAhead(test, t, 3_601)))
    const link = byLink(latest)
    for (const token of [link.token.slice(0, -1), `${link.token}A`, link.token.slice(4), 'sl1_'])
      await invalid(reset({ ...link, token }))
    await openTestUser(deps, 'eve@example.com')
    await invalid(reset({ ...byCode(latest), email: 'eve@example.com' }))
    await reset(link)
    await invalid(reset(link))
    await invalid(reset(byCode(latest)))
  })

  it('by code is for ten minutes, by link for an hour', async (t) => {
    const mail = await mailOf(() => ask('password_reset'))
    assert.match(mail.text, /The link is good for 1 hour, .* The code is good for 10 minutes\./u)
    await invalid(reset(byCode(mail), await secondsAhead(test, t, 601)))
    const [row] = await rowsOf(deps, 'select code_tries, used_at from mailed_links')
    assert.deepEqual(row, [0, null])
    await reset(byCode(mail), await secondsAhead(test, t, 595))
    await forget()
    const another = await mailOf(() => ask('password_reset'))
    await reset(byLink(another), await secondsAhead(test, t, 3_595))
  })

  it('takes five tries of a code, and the link still works', async () => {
    const mail = await mailOf(() => ask('password_reset'))
    const right = byCode(mail)
    const wrong = right.code === '1111 1111' ? '2222 2222' : '1111 1111'
    const guesses = Array.from({ length: 20 }, () => reset({ ...right, code: wrong }))
    for (const { status } of await Promise.allSettled(guesses)) assert.equal(status, 'rejected')
    await invalid(reset(right))
    const [row] = await rowsOf(
      deps,
      'select max(code_tries) from mailed_links where used_at is null',
    )
    assert.deepEqual(row, [5])
    await reset(byLink(mail))
  })

  it('opens no account that is suspended, before or after the mail', async () => {
    const mail = await mailOf(() => ask('password_reset'))
    await suspendUser(deps, testContext(), { userId })
    await invalid(reset(byLink(mail)))
    await invalid(reset(byCode(mail)))
    await forget()
    assert.deepEqual(await mailsOf(() => ask('password_reset')), [])
    await rowsOf(deps, `update users set status = 'active'`)
    await invalid(reset(byLink(mail)))
  })

  it('dies with everything else when another one is set', async () => {
    const mail = await mailOf(() => ask('password_reset'))
    await rowsOf(deps, `select log_revocation('sub', $1, 'password_changed')`, [userId])
    await invalid(reset(byLink(mail)))
  })

  it('proves the address of an account that nobody had proved', async () => {
    await rowsOf(deps, 'update identifiers set verified_at = null')
    const mail = await mailOf(() => ask('password_reset'))
    await reset(byLink(mail))
    const text = 'select verified_at is not null from identifiers'
    assert.deepEqual(await rowsOf(deps, text), [[true]])
  })
})

describe('asking for mail', () => {
  it('does the same for an address that nobody has, and sends nothing', async () => {
    await openTestUser(deps, email)
    await mailOf(() => ask('password_reset'))
    const work = async () => {
      const text = `select (select count(*) from mail_requests)::integer, (select count(*) from jobs.job where name = 'write_to_address')::integer`
      return (await rowsOf(deps, text))[0]
    }
    const known = await work()
    assert.deepEqual(known, [2, 1])
    assert.deepEqual(await mailsOf(() => ask('password_reset', 'nobody@example.com')), [])
    assert.deepEqual(await work(), [3, 2])
  })

  it('again has to wait, longer each time, known or not', async (t) => {
    for (const to of [email, 'nobody@example.com']) {
      await ask('password_reset', to)
      const refused = ask('password_reset', to)
      await assert.rejects(refused, (error: { reason: unknown; retryAfterSeconds: number }) => {
        assert.equal(error.reason, ErrorReason.RATE_LIMITED)
        assert.ok(error.retryAfterSeconds > 25 && error.retryAfterSeconds <= 30)
        return true
      })
    }
    const later = await secondsAhead(test, t, 31)
    const again = () => requestMail(later, testContext(), { about: 'password_reset', email })
    await again()
    await assert.rejects(again(), ({ retryAfterSeconds }: { retryAfterSeconds: number }) => {
      assert.ok(retryAfterSeconds > 55 && retryAfterSeconds <= 60, String(retryAfterSeconds))
      return true
    })
  })

  it('for many addresses from one network is slowed down', async () => {
    for (let n = 0; n < 31; n += 1) await ask('password_reset', `person-${n}@example.com`)
    await assertRefused(ask('password_reset', 'person-31@example.com'), ErrorReason.RATE_LIMITED)
    await ask('password_reset', 'person-31@example.com', '198.51.100.1')
  })

  it('refuses what is no address', () =>
    assertRefused(ask('password_reset', 'ada at example'), ErrorReason.INVALID_ARGUMENT))

  it('for a proof sends another one, and the earlier link is void', async () => {
    const first = await mailOf(() => enroll())
    const second = await mailOf(() => ask('email_verification'))
    await invalid(verify(byLink(first)))
    await verify(byCode(second))
    await forget()
    assert.deepEqual(await mailsOf(() => ask('email_verification')), [])
  })

  it('orders one mail and one link, however often its job runs', async () => {
    await openTestUser(deps, email)
    const payload = { about: 'password_reset', canonical: 'ada@example.com' } as const
    const job = {
      id: '019a0000-0000-7000-8000-000000000001',
      payload,
      signal: new AbortController().signal,
    }
    const mail = await mailOf(async () => {
      for (let n = 0; n < 3; n += 1) await writeToAddress(deps, job)
    })
    const text = 'select count(*)::integer from mailed_links where used_at is null'
    assert.deepEqual(await rowsOf(deps, text), [[1]])
    await reset(byLink(mail))
  })
})

it('no link and no code lies readable in the database', async () => {
  await openTestUser(deps, email)
  const mail = await mailOf(() => ask('password_reset'))
  const tables = ['mailed_links', 'jobs.job', 'events', 'mail_requests', 'event_windows']
  for (const table of tables) {
    const rows = JSON.stringify(await rowsOf(deps, `select t::text from ${table} t`))
    assert.ok(!rows.includes(byLink(mail).token), table)
    assert.ok(!rows.includes(byCode(mail).code.replace(' ', '')), table)
  }
})
