import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { confirmEmail } from '../emails/confirm-email.ts'
import { cleanUp } from '../jobs/clean-up.ts'
import { type RequestContext, userCaller } from '../request-context.ts'
import { signOut } from '../revocation/rpc.ts'
import type { SignedIn } from '../sign-in/sign-in.ts'
import { assertRefused, openTestUser, signInAs, testPassword } from '../testing/accounts.ts'
import { secondsAhead } from '../testing/clock.ts'
import { openTestDeps, rowsOf, type TestDeps, testContext, withParts } from '../testing/deps.ts'
import { linkToken, type Mailbox, openMailbox, type ReadMail } from '../testing/mailbox.ts'
import { authenticateBearer } from '../tokens/authenticate.ts'
import { refreshTokens } from '../tokens/refresh-tokens.ts'
import { openGuest } from './open-guest.ts'
import { upgradeGuest } from './upgrade-guest.ts'

let test: TestDeps
let deps: Deps
let mailbox: Mailbox
const email = 'ada@example.com'
const password = 'lantern orbit velvet 42'
const day = 86_400

before(async () => {
  test = await openTestDeps()
  deps = withParts(test.deps, { config: { ...test.deps.config, guestAccounts: true } })
  mailbox = await openMailbox(test)
})
after(async () => {
  await mailbox.close()
  await test.close()
})
beforeEach(async () => {
  await mailbox.mailsOf(async () => undefined)
  for (const table of ['users', 'mail_requests', `jobs.job where name !~ '^__'`])
    await rowsOf(deps, `delete from ${table}`)
})

const open = () => openGuest(deps, testContext(), { locale: 'es', device: undefined })
const claimsOf = ({ accessToken }: { accessToken: string }) =>
  JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString())
async function as({ accessToken }: SignedIn): Promise<RequestContext> {
  return testContext({ caller: await authenticateBearer(deps, testContext(), accessToken) })
}
const upgrade = async (guest: SignedIn, to = email, chosen = password) =>
  upgradeGuest(deps, await as(guest), { email: to, password: chosen })
const confirm = (mail: ReadMail) =>
  confirmEmail(deps, testContext(), { proof: { token: linkToken(mail), email: '', code: '' } })
const users = async () => (await rowsOf(deps, 'select count(*)::integer from users'))[0]?.[0]

describe('a guest', () => {
  it('has a session and the role that says so, and nothing to sign in with', async () => {
    const guest = await open()
    const { roles, amr, acr, sub } = claimsOf(guest)
    assert.deepEqual([roles, amr, acr], [['guest'], [], '0'])
    assert.deepEqual([...userCaller(await as(guest)).permissions], [])
    const row = `select is_guest, locale, (select count(*)::integer from identifiers),
                        (select count(*)::integer from passwords) from users where id = $1`
    assert.deepEqual(await rowsOf(deps, row, [sub]), [[true, 'es', 0, 0]])
    const { refreshToken } = guest
    const next = await refreshTokens(deps, testContext(), { refreshToken })
    assert.deepEqual(claimsOf(next).roles, ['guest'])
  })

  it('becomes a user by a password and a proved address, under the same subject and in the same session', async () => {
    const guest = await open()
    const { sub } = claimsOf(guest)
    const mail = await mailbox.mailOf(() => upgrade(guest))
    assert.equal(mail.to, email)
    await assertRefused(signInAs(deps, email, password), ErrorReason.INVALID_CREDENTIALS)
    assert.deepEqual(await rowsOf(deps, 'select is_guest from users'), [[true]])
    await confirm(mail)
    const signedIn = claimsOf(await signInAs(deps, email, password))
    assert.deepEqual([signedIn.sub, signedIn.roles], [sub, ['user']])
    const { refreshToken } = guest
    const next = await refreshTokens(deps, testContext(), { refreshToken })
    assert.deepEqual([claimsOf(next).sub, claimsOf(next).roles], [sub, ['user']])
    await assertRefused(upgrade(guest, 'another@example.com'), ErrorReason.NOT_FOUND)
    await signInAs(deps, email, password)
  })

  it('cannot tell whether somebody else has the address, whose owner is told', async () => {
    await openTestUser(deps, email)
    const guest = await open()
    const toOwner = await mailbox.mailOf(async () => {
      assert.deepEqual(Object.keys(await upgrade(guest)), ['pendingId'])
    })
    assert.equal(toOwner.subject, 'This address has an account already')
    const toFree = await mailbox.mailOf(() => upgrade(guest, 'free@example.com'))
    await signInAs(deps, email, testPassword)
    await assertRefused(signInAs(deps, email, password), ErrorReason.INVALID_CREDENTIALS)
    await confirm(toFree)
    await signInAs(deps, 'free@example.com', password)
  })

  it('of many who prove one address, one gets it', async () => {
    const mails: ReadMail[] = []
    for (let n = 0; n < 4; n += 1) {
      await rowsOf(deps, 'delete from mail_requests')
      const guest = await open()
      mails.push(await mailbox.mailOf(() => upgrade(guest, email, `${password} ${n}`)))
    }
    const outcomes = await Promise.allSettled(mails.map(confirm))
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
    assert.deepEqual(await rowsOf(deps, 'select count(*)::integer from users where not is_guest'), [
      [1],
    ])
  })

  it('is refused a weak password, and nobody but a guest is upgraded', async () => {
    const guest = await open()
    await assertRefused(upgrade(guest, email, 'password1'), ErrorReason.PASSWORD_REJECTED)
    await openTestUser(deps, email)
    const user = await signInAs(deps, email)
    await assertRefused(upgrade(user, 'other@example.com'), ErrorReason.NOT_FOUND)
    await signInAs(deps, email, testPassword)
  })

  it('comes not too often from one network, and not at all where guests are switched off', async () => {
    await assertRefused(
      openGuest(test.deps, testContext(), { locale: '', device: undefined }),
      ErrorReason.NOT_ENABLED,
    )
    for (let n = 0; n < 31; n += 1) await open()
    await assertRefused(open(), ErrorReason.RATE_LIMITED)
    assert.equal(await users(), 31)
    await openGuest(deps, testContext({ ipAddress: '198.51.100.7' }), {
      locale: '',
      device: undefined,
    })
  })
})

describe('cleaning up', () => {
  const sweep = (parts: Deps) => cleanUp(parts.db, new AbortController().signal, { batchSize: 2 })

  it('deletes guests to whom nobody can come back, in batches, and nobody else', async (t) => {
    await openTestUser(deps, 'user@example.com')
    const staying = await open()
    const asking = await open()
    for (let n = 0; n < 5; n += 1) await leave(await open())
    await mailbox.mailOf(() => upgrade(asking))
    await leave(asking)
    await sweep(await secondsAhead(test, t, day - 60))
    assert.equal(await users(), 8)
    // The link of the one who asked is just about to expire.
    await rowsOf(
      deps,
      `update users set created_at = created_at - interval '2 days' where is_guest`,
    )
    await sweep(deps)
    assert.equal(await users(), 3)
    await sweep(await secondsAhead(test, t, day + 60))
    assert.equal(await users(), 2)
    await as(staying)
    const { sessionIdleLifetimeSeconds } = deps.config
    await sweep(await secondsAhead(test, t, sessionIdleLifetimeSeconds + 60))
    assert.equal(await users(), 1)
  })

  async function leave({ accessToken }: SignedIn): Promise<void> {
    await signOut(deps, testContext(), { token: accessToken, scope: 1, waitMs: 0 } as never)
  }
})
