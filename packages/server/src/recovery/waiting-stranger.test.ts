/** A stranger opens an account with somebody's address, sets up ways back in, and waits until its owner proves the address. */

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { Deps } from '../deps.ts'
import { keepForBrowser, takeUpInBrowser } from '../federation/linking.ts'
import type { SessionId, UserId } from '../ids.ts'
import { openTestUser, signInAs } from '../testing/accounts.ts'
import { openFileDeps, rowsOf, testContext, withParts } from '../testing/deps.ts'
import { linkToken, type Mailbox, openMailbox } from '../testing/mailbox.ts'
import { requestEmailSignIn, signInByEmail } from './email-sign-in.ts'
import { requestMail } from './request-mail.ts'
import { resetPassword } from './reset-password.ts'
import { verifyEmail } from './verify-email.ts'

const test = await openFileDeps({ emptied: ['users', 'mail_requests', 'event_windows'] })
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
async function addWaysBack(now = new Date()): Promise<void> {
  await rowsOf(deps, insert, [userId, 'phone', number, now])
  await rowsOf(deps, insert, [userId, 'email', second, now])
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
  it('numbers and addresses that were there before its address was proved', async () => {
    await addWaysBack()
    await prove()
    await reset(await ask('password_reset'))
    assert.deepEqual(await left(), [email])
    assert.deepEqual(await removed(), [
      ['email.removed', 'unproven'],
      ['phone.removed', 'unproven'],
    ])
  })

  it('those that came while the link for the password was on its way', async () => {
    const proof = await ask('password_reset')
    await addWaysBack()
    // Even where the clock of another instance is ahead.
    await rowsOf(
      deps,
      `update identifiers set verified_at = now() + interval '1 minute' where kind = 'phone'`,
    )
    await reset(proof)
    assert.deepEqual(await left(), [email])
  })

  it('none that came after the proof, and none where the address was never merely claimed', async () => {
    await prove()
    await addWaysBack()
    for (const to of [email, second]) {
      await reset(await ask('password_reset', to))
      assert.deepEqual(await left(), [number, email, second])
    }
    assert.deepEqual(await removed(), [])
  })
})

it('who proves the address by signing in with a mail is left with it alone', async () => {
  const mailing = withParts(deps, { config: { ...deps.config, emailSignIn: true } }) as Deps
  let requestToken = ''
  const mail = await mailbox.mailOf(async () => {
    requestToken = (await requestEmailSignIn(mailing, testContext(), { email })).requestToken
  })
  await addWaysBack()
  await signInByEmail(mailing, testContext(), {
    ...{ requestToken, token: linkToken(mail), code: '', device: undefined, deviceSecret: '' },
    yields: { kind: 'grant', audience: [deps.config.issuer] },
  })
  assert.deepEqual(await left(), [email])
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

  it('by who had proved the address stays', async () => {
    await prove()
    await takeUp()
    await reset(await ask('password_reset'))
    assert.deepEqual(await identities(), [true])
  })
})
