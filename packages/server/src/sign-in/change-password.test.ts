import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import type { UserId } from '../ids.ts'
import { listSessions } from '../sessions/rpc.ts'
import { assertRefused, openTestUser, signInAs, testPassword } from '../testing/accounts.ts'
import { openFileDeps, rowsOf, testContext } from '../testing/deps.ts'
import { authenticateBearer } from '../tokens/authenticate.ts'
import { updateMe } from '../users/rpc.ts'
import { suspendUser } from '../users/suspend-user.ts'
import { changePassword } from './change-password.ts'
import { signIn } from './sign-in.ts'

const { deps } = await openFileDeps({ emptied: ['users', 'guess_counters'] })

let userId: UserId

const email = 'ada@example.com'
const newPassword = 'lantern orbit velvet 42'

beforeEach(async () => {
  userId = await openTestUser(deps, email)
})

async function signedIn() {
  const { accessToken, sessionId } = await signInAs(deps, email)
  const caller = await authenticateBearer(deps, testContext(), accessToken)
  return { ctx: testContext({ caller }), sessionId, accessToken }
}

async function eventsOf(kind: string): Promise<unknown> {
  const text = 'select count(*)::integer from events where kind = $1 and subject_id = $2'
  return (await rowsOf(deps, text, [kind, userId]))[0]?.[0]
}

/** The same parts, where something happens before the current password is known to be right. */
function whileHashing(happens: () => Promise<unknown>): Deps {
  const passwords: Deps['passwords'] = {
    ...deps.passwords,
    async verify(...args) {
      const verified = await deps.passwords.verify(...args)
      await happens()
      return verified
    },
  }
  return { ...deps, passwords }
}

describe('changePassword', () => {
  const change = { currentPassword: testPassword, newPassword }

  it('sets the password, and records it', async () => {
    const { ctx } = await signedIn()
    await changePassword(deps, ctx, change)
    await assertRefused(signInAs(deps, email), ErrorReason.INVALID_CREDENTIALS)
    await signInAs(deps, email, newPassword)
    assert.equal(await eventsOf('password.set'), 1)
  })

  it('needs the current password, and records that it was wrong', async () => {
    const { ctx } = await signedIn()
    const wrong = changePassword(deps, ctx, { ...change, currentPassword: 'wrong' })
    await assertRefused(wrong, ErrorReason.INVALID_CREDENTIALS)
    assert.equal(await eventsOf('password_change.failed'), 1)
    await rowsOf(deps, 'delete from passwords')
    await assertRefused(changePassword(deps, ctx, change), ErrorReason.INVALID_CREDENTIALS)
    assert.deepEqual(await rowsOf(deps, `select cut from users`), [[0n]])
  })

  it('is closed by ten wrong guesses at the current one, and signing in is not', async () => {
    const { ctx } = await signedIn()
    const guess = () => changePassword(deps, ctx, { ...change, currentPassword: 'wrong' })
    for (let n = 0; n < 10; n += 1) await assertRefused(guess(), ErrorReason.INVALID_CREDENTIALS)
    const passwords = { ...deps.passwords, verify: () => assert.fail('a hash was computed') }
    const closed = changePassword({ ...deps, passwords }, ctx, change)
    await assert.rejects(closed, (error) => {
      assert.ok(error instanceof SignetError)
      assert.equal(error.reason, ErrorReason.RATE_LIMITED)
      assert.ok(Number(error.retryAfterSeconds) > 0 && Number(error.retryAfterSeconds) <= 30)
      return true
    })
    assert.equal(await eventsOf('password_change.throttled'), 1)
    // Not from another address or session either.
    const elsewhere = { ...(await signedIn()).ctx, ipAddress: '198.51.100.7' }
    await assertRefused(changePassword(deps, elsewhere, change), ErrorReason.RATE_LIMITED)
  })

  it('answers ten of thirty wrong guesses at once', async () => {
    const { ctx } = await signedIn()
    const guess = () => changePassword(deps, ctx, { ...change, currentPassword: 'wrong' })
    const outcomes = await Promise.allSettled(Array.from({ length: 30 }, guess))
    const reasons = outcomes.map((it) => (it.status === 'rejected' ? it.reason.reason : 'changed'))
    const answered = reasons.filter((reason) => reason === ErrorReason.INVALID_CREDENTIALS)
    assert.equal(answered.length, 10)
    assert.equal(reasons.filter((reason) => reason === ErrorReason.RATE_LIMITED).length, 20)
  })

  it('forgives what its owner got wrong before the right one', async () => {
    const { ctx } = await signedIn()
    const guess = () => changePassword(deps, ctx, { ...change, currentPassword: 'wrong' })
    for (let n = 0; n < 9; n += 1) await assertRefused(guess(), ErrorReason.INVALID_CREDENTIALS)
    await changePassword(deps, ctx, change)
    for (let n = 0; n < 9; n += 1) await assertRefused(guess(), ErrorReason.INVALID_CREDENTIALS)
    await changePassword(deps, ctx, {
      currentPassword: newPassword,
      newPassword: 'and yet another',
    })
  })

  it('holds the new one against the policy, and changes nothing', async () => {
    const { ctx } = await signedIn()
    for (const [password, rule] of [
      ['short', 'password.too_short'],
      ['password123', 'password.common'],
      [`${email}1`, 'password.contains_name'],
    ] as const) {
      const refused = changePassword(deps, ctx, { ...change, newPassword: password })
      await assertRefused(refused, ErrorReason.PASSWORD_REJECTED, [rule])
    }
    await signInAs(deps, email)
  })

  it('of two at once, one wins', async () => {
    const [one, two] = [await signedIn(), await signedIn()]
    const outcomes = await Promise.allSettled([
      changePassword(deps, one.ctx, change),
      changePassword(deps, two.ctx, { ...change, newPassword: 'another long sentence' }),
    ])
    const won = outcomes.findIndex(({ status }) => status === 'fulfilled')
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    await signInAs(deps, email, won === 0 ? newPassword : 'another long sentence')
    assert.equal(await eventsOf('password.set'), 1)
  })

  it('of two at once from the same session, one wins', async () => {
    const { ctx, accessToken } = await signedIn()
    const outcomes = await Promise.allSettled([
      changePassword(deps, ctx, change),
      changePassword(deps, ctx, { ...change, newPassword: 'another long sentence' }),
    ])
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    await authenticateBearer(deps, testContext(), accessToken)
  })

  it('changes nothing where the session ends, or the user is suspended, while it is at work', async () => {
    const { ctx, sessionId } = await signedIn()
    const ended = whileHashing(() =>
      rowsOf(deps, 'update sessions set ended_at = signet_now() where id = $1', [sessionId]),
    )
    await assertRefused(changePassword(ended, ctx, change), ErrorReason.UNAUTHENTICATED)
    const other = await signedIn()
    const suspended = whileHashing(() => suspendUser(deps, testContext(), { userId }))
    const refused = changePassword(suspended, other.ctx, change)
    await assertRefused(refused, ErrorReason.UNAUTHENTICATED)
    assert.equal(await eventsOf('password.set'), 0)
  })
})

describe('ListSessions and UpdateMe', () => {
  it('shows live sessions only, the latest used first, and marks the current one', async () => {
    const [first, second, ended] = [await signedIn(), await signedIn(), await signedIn()]
    await rowsOf(deps, 'update sessions set ended_at = now() where id = $1', [ended.sessionId])
    await rowsOf(
      deps,
      `update sessions set last_active_at = now() + interval '1 minute',
                        device_model = 'Pixel 11' where id = $1`,
      [first.sessionId],
    )
    const { sessions = [] } = await listSessions(deps, second.ctx, {} as never)
    const shown = sessions.map(({ id, current, device, ipAddress }) => [
      id,
      current,
      device?.model,
      ipAddress,
    ])
    assert.deepEqual(shown, [
      [first.sessionId, false, 'Pixel 11', '192.0.2.1'],
      [second.sessionId, true, '', '192.0.2.1'],
    ])
    await rowsOf(deps, 'select log_revocation($1, $2, $3, $4)', [
      'sub',
      userId,
      'test',
      second.sessionId,
    ])
    const { sessions: left = [] } = await listSessions(deps, second.ctx, {} as never)
    assert.deepEqual(
      left.map(({ id }) => id),
      [second.sessionId],
    )
  })

  it('shows the country where it is known', async () => {
    const from = (country?: string) =>
      signIn(deps, testContext({ ...(country !== undefined && { country }) }), {
        identifier: email,
        password: testPassword,
        device: undefined,
        deviceSecret: '',
      })
    const [known, unknown] = [await from('DE'), await from()]
    const { ctx } = await signedIn()
    const { sessions = [] } = await listSessions(deps, ctx, {} as never)
    const countryOf = (id: string) => sessions.find((session) => session.id === id)?.country
    assert.equal(countryOf(known.sessionId), 'DE')
    assert.equal(countryOf(unknown.sessionId), undefined)
  })

  it('changes what is given, and records the fields only', async () => {
    const { ctx } = await signedIn()
    const update = async (input: object) => (await updateMe(deps, ctx, input as never)).user
    assert.equal((await update({ displayName: 'CANARY' }))?.displayName, 'CANARY')
    const both = await update({ locale: 'pt-BR' })
    assert.deepEqual([both?.displayName, both?.locale], ['CANARY', 'pt-BR'])
    await update({ locale: 'pt-BR' })
    assert.equal((await update({ displayName: '' }))?.displayName, '')
    await assertRefused(update({ displayName: '\u0000' }), ErrorReason.INVALID_ARGUMENT)
    const text = `select details ->> 'fields', e::text like '%CANARY%' from events e where kind = 'user.updated' order by arrival`
    assert.deepEqual(await rowsOf(deps, text), [
      ['["displayName"]', false],
      ['["locale"]', false],
      ['["displayName"]', false],
    ])
  })
})
