import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { ErrorReason } from '@signet/contract'
import type { Config } from '../config/config.ts'
import type { Deps } from '../deps.ts'
import { cleanUp } from '../jobs/clean-up.ts'
import { verifyEmail } from '../recovery/verify-email.ts'
import { assertRefused, openTestUser, signInAs, testPassword } from '../testing/accounts.ts'
import { secondsAhead } from '../testing/clock.ts'
import { openTestDeps, rowsOf, type TestDeps, testContext, withParts } from '../testing/deps.ts'
import { linkToken, type Mailbox, openMailbox } from '../testing/mailbox.ts'
import { suspendUser } from '../users/suspend-user.ts'
import { signUp } from './sign-up.ts'

let test: TestDeps
let deps: Deps
let mailbox: Mailbox
const known = 'ada@example.com'
const unknown = 'eve@example.com'
const strangers = 'the claim of a stranger'

const policy = (parts: Deps, emailVerification: Config['emailVerification']) =>
  withParts(parts, { config: { ...parts.config, emailVerification } })

before(async () => {
  test = await openTestDeps()
  deps = policy(test.deps, { when: 'before-sign-in', scopes: [] })
  mailbox = await openMailbox(test)
})
after(async () => {
  await mailbox.close()
  await test.close()
})
beforeEach(async () => {
  await mailbox.mailsOf(async () => undefined)
  const tables = ['users', 'mail_requests', 'guess_counters', 'event_windows']
  for (const table of [...tables, `jobs.job where name !~ '^__'`])
    await rowsOf(deps, `delete from ${table}`)
  await openTestUser(deps, known)
})

const enroll = (email: string, password = strangers, parts = deps) =>
  signUp(parts, testContext(), { email, password, displayName: '', locale: '' })
const unverified = (answer: Promise<unknown>) =>
  assertRefused(answer, ErrorReason.EMAIL_NOT_VERIFIED)
const mismatch = (answer: Promise<unknown>) =>
  assertRefused(answer, ErrorReason.INVALID_CREDENTIALS)
const prove = (token: string) =>
  verifyEmail(deps, testContext(), { proof: { token, email: '', code: '' } })

/** How many passwords were verified, and why the sign-in was refused. */
async function refusal(email: string, password: string): Promise<[number, unknown]> {
  let verified = 0
  const verify: Deps['passwords']['verify'] = (...args) => {
    verified += 1
    return deps.passwords.verify(...args)
  }
  const counting = { ...deps, passwords: { ...deps.passwords, verify } }
  const refused = await signInAs(counting, email, password).then(
    () => undefined,
    (error: { reason: unknown }) => error.reason,
  )
  return [verified, refused]
}

describe('where an address must be proved before signing in', () => {
  it('a sign-up leaves the same behind for a known address and an unknown one', async () => {
    const left = async (email: string) => {
      const before = await rowsOf(deps, 'select id from users')
      await enroll(email)
      return rowsOf(
        deps,
        `select u.status, i.verified_at, i.claim_expires_at is not null, p.hash is not null
           from users u join identifiers i on i.user_id = u.id join passwords p on p.user_id = u.id
          where not u.id = any ($1)`,
        [before.flat()],
      )
    }
    for (const email of [known, unknown])
      assert.deepEqual(await left(email), [['active', null, true, true]], email)
  })

  it('what one can do next is the same, and only the mailbox knows better', async () => {
    const [toOwner, toClaimant] = [
      await mailbox.mailOf(() => enroll(known)),
      await mailbox.mailOf(() => enroll(unknown)),
    ]
    assert.equal(toOwner.subject, 'You already have an account')
    assert.equal(toClaimant.subject, 'Confirm your email address')
    for (const email of [known, unknown]) {
      await unverified(signInAs(deps, email, strangers))
      await mismatch(signInAs(deps, email, 'neither of the two'))
    }
    await signInAs(deps, known)
    await prove(linkToken(await mailbox.mailOf(askAgain)))
    await signInAs(deps, unknown, strangers)
    async function askAgain() {
      await rowsOf(deps, 'delete from mail_requests')
      await unverified(signInAs(deps, unknown, strangers))
    }
  })

  it('a sign-in costs as many hashes, whether there is an owner or not', async () => {
    const { INVALID_CREDENTIALS: wrong, EMAIL_NOT_VERIFIED: claimed } = ErrorReason
    for (const email of [known, unknown]) {
      assert.deepEqual(await refusal(email, 'wrong'), [1, wrong], email)
      await enroll(email, 'first claim of three')
      assert.deepEqual(await refusal(email, 'wrong'), [2, wrong], email)
      assert.deepEqual(await refusal(email, 'first claim of three'), [2, claimed], email)
      await enroll(email, 'second claim of three')
      await enroll(email, 'third claim of three')
      await enroll(email, 'there are three already')
      assert.deepEqual(await refusal(email, 'there are three already'), [4, wrong], email)
      assert.deepEqual(await refusal(email, 'third claim of three'), [4, claimed], email)
    }
    assert.deepEqual(await refusal(known, testPassword), [1, undefined])
  })

  it('a claim is refused alike before and after somebody else has proved the address', async () => {
    const first = await mailbox.mailOf(() => enroll(unknown))
    const second = await mailbox.mailOf(() => enroll(unknown, 'the one who proves it'))
    await unverified(signInAs(deps, unknown, strangers))
    await prove(linkToken(second))
    assert.notEqual(linkToken(first), linkToken(second))
    await signInAs(deps, unknown, 'the one who proves it')
    await unverified(signInAs(deps, unknown, strangers))
  })

  it('only the right password sends mail, each time after a longer wait', async (t) => {
    await mailbox.mailOf(() => enroll(unknown))
    const mails = await mailbox.mailsOf(async () => {
      for (let n = 0; n < 3; n += 1) await mismatch(signInAs(deps, unknown, `wrong ${n}`))
    })
    assert.deepEqual(mails, [])
    const enter = (parts = deps) => unverified(signInAs(parts, unknown, strangers))
    const again = await mailbox.mailsOf(async () => {
      for (let n = 0; n < 3; n += 1) await enter()
    })
    assert.equal(again.length, 1)
    const later = policy(await secondsAhead(test, t, 31), deps.config.emailVerification)
    const mail = await mailbox.mailsOf(async () => {
      await enter(later)
      await enter(later)
    })
    assert.equal(mail.length, 1)
    await prove(linkToken(mail[0] ?? assert.fail()))
  })

  it('to a claim on the address of somebody else the owner is written to, and no link proves it', async () => {
    await mailbox.mailOf(() => enroll(known))
    const mail = await mailbox.mailOf(() => unverified(signInAs(deps, known, strangers)))
    assert.deepEqual([mail.to, mail.subject], [known, 'You already have an account'])
    assert.deepEqual(await rowsOf(deps, `select purpose from mailed_links where used_at is null`), [
      ['reset_password'],
    ])
  })

  it('a right guess beyond the limit is refused like every other one, and sends nothing', async () => {
    await mailbox.mailOf(() => enroll(unknown))
    const mails = await mailbox.mailsOf(async () => {
      for (let n = 0; n < 10; n += 1) await mismatch(signInAs(deps, unknown, `wrong ${n}`))
      await assertRefused(signInAs(deps, unknown, strangers), ErrorReason.RATE_LIMITED)
    })
    assert.deepEqual(mails, [])
  })

  it('of many guesses at once the right one is told within the limit or not at all', async () => {
    await mailbox.mailOf(() => enroll(unknown))
    const guesses = Array.from({ length: 30 }, (_, n) =>
      signInAs(deps, unknown, n === 29 ? strangers : `wrong ${n}`),
    )
    const told = (await Promise.allSettled(guesses)).map((each) =>
      each.status === 'rejected' ? each.reason.reason : assert.fail('signed in'),
    )
    const wrong = told.filter((reason) => reason === ErrorReason.INVALID_CREDENTIALS)
    assert.equal(wrong.length, 10)
    const last = told[29]
    assert.ok([ErrorReason.RATE_LIMITED, ErrorReason.EMAIL_NOT_VERIFIED].includes(last), `${last}`)
  })

  it('an account that is suspended, and whose address is proved, says so as ever', async () => {
    const [[userId]] = (await rowsOf(deps, 'select id from users')) as [[never]]
    await suspendUser(deps, testContext(), { userId })
    await assertRefused(signInAs(deps, known), ErrorReason.ACCOUNT_SUSPENDED)
  })

  it('what nobody proved is deleted after a week, in batches, and nothing else is', async (t) => {
    await openTestUser(deps, 'free@example.com', { verified: false })
    await mailbox.mailsOf(async () => {
      for (let n = 0; n < 5; n += 1) await enroll(`person-${n}@example.com`)
    })
    await prove(linkToken(await mailbox.mailOf(() => enroll(unknown))))
    const sweep = (parts: Deps) => cleanUp(parts.db, new AbortController().signal, { batchSize: 2 })
    const left = async () => (await rowsOf(deps, 'select count(*)::integer from users'))[0]?.[0]
    await sweep(await secondsAhead(test, t, 6 * 86_400))
    assert.equal(await left(), 8)
    await sweep(await secondsAhead(test, t, 7 * 86_400 + 1))
    assert.equal(await left(), 3)
  })
})

describe('where only scopes need a proved address', () => {
  const scopes = async (parts: Deps, email: string, password?: string) => {
    const { accessToken } = await signInAs(parts, email, password)
    const claims = Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()
    return (JSON.parse(claims) as { scope: string }).scope
  }

  it('they are kept back until then, and nothing else is', async () => {
    await rowsOf(deps, `update clients set scopes = '{a,signet:api,b,c}' where id = 'signet'`)
    const parts = policy(deps, { when: 'before-scopes', scopes: ['b', 'a', 'x'] })
    const mail = await mailbox.mailOf(() => enroll(unknown, strangers, parts))
    assert.equal(await scopes(parts, known), 'a signet:api b c')
    assert.equal(await scopes(parts, unknown, strangers), 'signet:api c')
    await prove(linkToken(mail))
    assert.equal(await scopes(parts, unknown, strangers), 'a signet:api b c')
    await rowsOf(deps, `update clients set scopes = '{signet:api}' where id = 'signet'`)
  })

  it('a proved number is no proved address', async () => {
    await rowsOf(deps, `update clients set scopes = '{signet:api,b}' where id = 'signet'`)
    const parts = policy(deps, { when: 'before-scopes', scopes: ['b'] })
    await enroll(unknown, strangers, parts)
    const text = `insert into identifiers (id, realm_id, user_id, kind, value, canonical, verified_at, created_at)
                  select gen_random_uuid(), 1, user_id, 'phone', '+34600000001', '+34600000001', now(), now()
                    from identifiers where canonical = $1`
    await rowsOf(deps, text, [unknown])
    assert.equal(await scopes(parts, unknown, strangers), 'signet:api')
    await rowsOf(deps, `update clients set scopes = '{signet:api}' where id = 'signet'`)
  })

  it('a sign-up for an address that somebody proved changes nothing', async () => {
    const parts = policy(deps, { when: 'before-scopes', scopes: ['b'] })
    await enroll(known, strangers, parts)
    assert.deepEqual(await rowsOf(deps, 'select count(*)::integer from users'), [[1]])
    await mismatch(signInAs(parts, known, strangers))
  })
})
