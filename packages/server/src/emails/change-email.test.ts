import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ErrorReason } from '@signet/contract'
import { requestMail } from '../recovery/request-mail.ts'
import { resetPassword } from '../recovery/reset-password.ts'
import { signOut } from '../revocation/rpc.ts'
import { changePassword } from '../sign-in/change-password.ts'
import { assertRefused, openTestUser, signInAs, testPassword } from '../testing/accounts.ts'
import { secondsAhead } from '../testing/clock.ts'
import { rowsOf, testContext } from '../testing/deps.ts'
import { authenticateBearer } from '../tokens/authenticate.ts'
import { suspendUser } from '../users/suspend-user.ts'
import {
  byLink,
  change,
  confirm,
  emails,
  enter,
  first,
  forget,
  idOf,
  invalid,
  newPassword,
  notices,
  ownIdentifiers,
  person,
  second,
  signInFails,
  third,
  undo,
  usePerson,
  values,
  want,
} from './testing/person.ts'

usePerson()

describe('an address in the place of another', () => {
  it('ends what went to the former one, keeps sessions, and tells it', async () => {
    const reset = await person.mailbox.mailOf(() =>
      requestMail(person.deps, testContext(), { about: 'password_reset', email: first }),
    )
    await change(first, second)
    assert.deepEqual(
      (await emails()).map(({ value, verified, primary }) => [value, verified, primary]),
      [[second, true, true]],
    )
    await invalid(resetPassword(person.deps, testContext(), { proof: byLink(reset), newPassword }))
    await signInFails(first)
    await signInAs(person.deps, second)
    const [notice, ...others] = await notices()
    assert.deepEqual([notice?.to, notice?.subject], [first, 'Your email address was changed'])
    assert.ok(notice?.text.includes(second))
    assert.match(notice?.text ?? '', /good for 7 days/u)
    assert.doesNotMatch(notice?.text ?? '', /need not do anything/u)
    assert.deepEqual(others, [])
  })

  it('can be taken back for seven days: everything ends, and only the former mailbox opens it', async (t) => {
    await change(first, second)
    const [notice] = await notices()
    const thief = await enter(second)
    await changePassword(person.deps, thief.ctx, { currentPassword: testPassword, newPassword })
    const leave = { token: thief.session.accessToken, scope: 3, waitMs: 0 } as never
    await signOut(person.deps, testContext(), leave)
    const again = await signInAs(person.deps, second, newPassword)
    await invalid(undo(notice, await secondsAhead(person.test, t, 7 * 86_400 + 60)))
    const resetMail = await person.mailbox.mailOf(() => undo(notice))
    await assertRefused(
      authenticateBearer(person.deps, testContext(), again.accessToken),
      ErrorReason.UNAUTHENTICATED,
    )
    for (const email of [first, second])
      for (const password of [testPassword, newPassword]) await signInFails(email, password)
    assert.deepEqual([resetMail.to, resetMail.subject], [first, 'Set a new password'])
    await resetPassword(person.deps, testContext(), {
      proof: byLink(resetMail),
      newPassword: 'once more with feeling 7',
    })
    Object.assign(person, await enter(first, 'once more with feeling 7'))
    assert.deepEqual(await values(), [first])
    await invalid(undo(notice))
  })

  it('taken back voids what came after, also where it would take this back', async () => {
    await change(first, second)
    const [toFirst] = await notices()
    await forget()
    await change(second, third)
    const [toSecond] = await notices()
    await forget()
    const wanted = await person.mailbox.mailOf(() => want('fourth@example.com'))
    await person.mailbox.mailOf(() => undo(toFirst))
    assert.deepEqual(await ownIdentifiers(), [first])
    await invalid(undo(toSecond))
    await invalid(confirm(byLink(wanted)))
  })

  it('taken back twice goes back as far as the first address', async () => {
    await change(first, second)
    const [toFirst] = await notices()
    await forget()
    await change(second, third)
    const [toSecond] = await notices()
    await person.mailbox.mailOf(() => undo(toSecond))
    assert.deepEqual(await ownIdentifiers(), [second])
    await person.mailbox.mailOf(() => undo(toFirst))
    assert.deepEqual(await ownIdentifiers(), [first])
  })

  it('is taken back by one of fifty', async () => {
    await change(first, second)
    const [notice] = await notices()
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => undo(notice)))
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
  })

  it('is not given back where somebody else has proved it meanwhile, or where the user is gone', async () => {
    await change(first, second)
    const [notice] = await notices()
    await openTestUser(person.deps, first)
    await invalid(undo(notice))
    assert.deepEqual(await ownIdentifiers(), [second])
    await rowsOf(person.deps, `update users set status = 'deleted' where id = $1`, [person.userId])
    await rowsOf(person.deps, `delete from identifiers where canonical = $1`, [first])
    await invalid(undo(notice))
  })

  it('is given back to a suspended account, which stays suspended', async () => {
    await change(first, second)
    const [notice] = await notices()
    await suspendUser(person.deps, testContext(), { userId: person.userId })
    assert.deepEqual(await person.mailbox.mailsOf(() => undo(notice)), [])
    assert.deepEqual(await ownIdentifiers(), [first])
    const status = 'select status from users where id = $1'
    assert.deepEqual(await rowsOf(person.deps, status, [person.userId]), [['suspended']])
  })

  it('the latest wish for one counts', async () => {
    const id = await idOf(first)
    const former = await person.mailbox.mailOf(() => want(second, id))
    const latest = await person.mailbox.mailOf(() => want(third, id))
    await invalid(confirm(byLink(former)))
    await confirm(byLink(latest))
    assert.deepEqual(await values(), [third])
  })
})
