/** A stranger opens an account with somebody's address, sets up ways back in, and waits until its owner proves the address. */

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { recordEvent } from '../events/record-event.ts'
import { sealBatch } from '../events/seal-events.ts'
import { keepForBrowser, takeUpInBrowser } from '../federation/linking.ts'
import type { SessionId, UserId } from '../ids.ts'
import { readBatch } from '../jobs/notices.ts'
import { signUp } from '../sign-in/sign-up.ts'
import { assertRefused, openTestUser, signInAs } from '../testing/accounts.ts'
import { openFileDeps, rowsOf, testContext, withParts } from '../testing/deps.ts'
import { linkToken, type Mailbox, openMailbox } from '../testing/mailbox.ts'
import { requestEmailSignIn, signInByEmail } from './email-sign-in.ts'
import { issueMailedLink, makeOpener } from './mailed-links.ts'
import { requestMail } from './request-mail.ts'
import { resetPassword } from './reset-password.ts'
import { verifyEmail } from './verify-email.ts'

const test = await openFileDeps({
  emptied: ['users', 'mail_requests', 'event_windows', 'mailed_links'],
})
const { deps } = test
const email = 'ada@example.com'
const second = 'second@example.com'
const number = '+34600000001'

let mailbox: Mailbox
let userId: UserId
before(async () => {
  mailbox = await openMailbox(test)
})
after(() => mailbox.close())
beforeEach(async () => {
  userId = await openTestUser(deps, email, { verified: false })
})

const insert = `insert into identifiers (id, realm_id, user_id, kind, value, canonical, verified_at, created_at)
                values (gen_random_uuid(), 1, $1, $2, $3, $3, $4, $4)`
/** As whoever is signed in may, at this moment of the machine's clock. */
const addNumber = (now = new Date()) => rowsOf(deps, insert, [userId, 'phone', number, now])
const addSecond = (now = new Date()) => rowsOf(deps, insert, [userId, 'email', second, now])

/** A link in the mailbox of the second address, such as goes there when that is taken away. */
async function sendUndoLink(): Promise<void> {
  const undo = { purpose: 'undo_email_change', identifierId: null, lifetimeMinutes: 60 } as const
  const to = { value: second, canonical: second }
  await issueMailedLink(deps, { ...undo, userId, ...to, opener: makeOpener() }, new Date())
}
const undoLinks = async () =>
  (
    await rowsOf(
      deps,
      `select used_at is null from mailed_links where purpose = 'undo_email_change'`,
    )
  ).flat()

/** The mails that tell of what has happened since it was asked last, by whom they go to. */
async function noticesTo(): Promise<string[]> {
  const open = 'select count(*)::integer from events where seq is null'
  const mails = await mailbox.mailsOf(async () => {
    while (Number((await rowsOf(deps, open))[0]?.[0]) > 0) await sealBatch(deps.db, 100)
    while (await readBatch(deps));
  })
  return mails.map(({ to }) => to)
}

async function ask(about: 'password_reset' | 'email_verification', to = email) {
  const mail = await mailbox.mailOf(() => requestMail(deps, testContext(), { about, email: to }))
  return { token: linkToken(mail), email: '', code: '' }
}

async function prove(): Promise<void> {
  const proof = await ask('email_verification')
  await verifyEmail(deps, testContext(), { proof })
}

const reset = (proof: Awaited<ReturnType<typeof ask>>) =>
  resetPassword(deps, testContext(), { proof, newPassword: 'lantern orbit velvet 42' })

const left = async () => (await rowsOf(deps, 'select value from identifiers order by value')).flat()
const removed = async () => {
  const text = `select kind, details ->> 'reason' from events where subject_id = $1 and kind like '%.removed' order by kind`
  return rowsOf(deps, text, [userId])
}

describe('a new password takes from the account', () => {
  it('a number that was there before its address was proved, and links that undo what was changed then', async () => {
    await addNumber()
    await sendUndoLink()
    await prove()
    await reset(await ask('password_reset'))
    assert.deepEqual(await left(), [email])
    assert.deepEqual(await removed(), [['phone.removed', 'unproven']])
    assert.deepEqual(await undoLinks(), [false])
  })

  it('all that came while the link for the password was on its way, and gives it back to nobody', async () => {
    await noticesTo()
    const proof = await ask('password_reset')
    // Even where the clock of another instance is ahead.
    const soon = new Date(Date.now() + 60_000)
    await addNumber(soon)
    await addSecond(soon)
    await sendUndoLink()
    await reset(proof)
    assert.deepEqual(await left(), [email])
    assert.deepEqual(await removed(), [
      ['email.removed', 'unproven'],
      ['phone.removed', 'unproven'],
    ])
    const told = await noticesTo()
    assert.ok(told.length > 0)
    assert.deepEqual(
      told.filter((to) => to !== email),
      [],
    )
    assert.deepEqual(await undoLinks(), [false])
  })

  it('the way back of an address that had gone before, and is read of only later', async () => {
    await noticesTo()
    const proof = await ask('password_reset')
    await recordEvent(deps, testContext(), {
      ...{ kind: 'email.removed', outcome: 'success', subjectId: userId },
      ...{ details: { verified: true }, personal: { email: second } },
    })
    await reset(proof)
    assert.deepEqual(
      (await noticesTo()).filter((to) => to !== email),
      [],
    )
    assert.deepEqual(await undoLinks(), [])
  })

  it('nothing that came after the proof, and nothing where the address was never merely claimed', async () => {
    await prove()
    await addNumber()
    await addSecond()
    await sendUndoLink()
    for (const to of [email, second]) {
      await reset(await ask('password_reset', to))
      assert.deepEqual(await left(), [number, email, second])
    }
    assert.deepEqual(await removed(), [])
    assert.deepEqual(await undoLinks(), [true])
  })
})

it('strangers who have proved addresses of their own keep nobody from opening an account', async () => {
  await rowsOf(deps, 'delete from users')
  for (const own of ['first', 'second', 'third', 'fourth']) {
    userId = await openTestUser(deps, email, { verified: false })
    await rowsOf(deps, insert, [userId, 'email', `${own}@example.com`, new Date()])
  }
  const password = 'a sentence of her own'
  const mail = await mailbox.mailOf(() =>
    signUp(deps, testContext(), { email, password, displayName: 'Ada', locale: '' }),
  )
  await signInAs(deps, email, password)
  const proof = { token: linkToken(mail), email: '', code: '' }
  await verifyEmail(deps, testContext(), { proof })
  await signInAs(deps, email, password)
})

it('an address is not proved for an account that has proved another one', async () => {
  const proof = await ask('email_verification')
  await addSecond()
  await assertRefused(verifyEmail(deps, testContext(), { proof }), ErrorReason.LINK_INVALID)
  await rowsOf(deps, 'delete from mail_requests')
  const wanted = { about: 'email_verification', email } as const
  assert.deepEqual(await mailbox.mailsOf(() => requestMail(deps, testContext(), wanted)), [])
  await rowsOf(deps, `delete from identifiers where kind = 'email' and canonical = $1`, [second])
  await addNumber()
  await verifyEmail(deps, testContext(), { proof })
})

it('who proves the address by signing in with a mail is left with it alone', async () => {
  const mailing = withParts(deps, { config: { ...deps.config, emailSignIn: true } }) as Deps
  let requestToken = ''
  const mail = await mailbox.mailOf(async () => {
    requestToken = (await requestEmailSignIn(mailing, testContext(), { email })).requestToken
  })
  await addNumber()
  await addSecond()
  await sendUndoLink()
  await signInByEmail(mailing, testContext(), {
    ...{ requestToken, token: linkToken(mail), code: '', device: undefined, deviceSecret: '' },
    yields: { kind: 'grant', audience: [deps.config.issuer] },
  })
  assert.deepEqual([await left(), await undoLinks()], [[email], [false]])
})

describe('an identity that is taken up by signing in', () => {
  async function takeUp(): Promise<void> {
    const { sessionId } = await signInAs(deps, email)
    const browserMark = 'a browser'
    const identity = { provider: 'google', issuer: 'https://accounts.example', subject: 'stranger' }
    const vouched = { ...identity, email: undefined, emailVerified: false, name: 'Eve' }
    const token = await keepForBrowser(deps, { browserMark, vouched })
    const whom = { userId, sessionId: sessionId as SessionId }
    await takeUpInBrowser(deps, testContext(), { token, browserMark, ...whom })
  }
  const identities = async () =>
    (await rowsOf(deps, 'select vouched from federated_identities')).flat()

  it('before anything was proved goes with the next new password', async () => {
    await takeUp()
    assert.deepEqual(await identities(), [false])
    await prove()
    await reset(await ask('password_reset'))
    assert.deepEqual(await identities(), [])
  })

  it('goes too where a stranger had proved an address of their own by then', async () => {
    await addSecond()
    await takeUp()
    assert.deepEqual(await identities(), [true])
    await rowsOf(deps, 'delete from identifiers where canonical = $1', [second])
    await prove()
    await reset(await ask('password_reset'))
    assert.deepEqual(await identities(), [])
  })

  it('by who had proved the address stays', async () => {
    await prove()
    await takeUp()
    await reset(await ask('password_reset'))
    assert.deepEqual(await identities(), [true])
  })
})
