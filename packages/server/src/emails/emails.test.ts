import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ErrorReason } from '@signet/contract'
import { requestMail } from '../recovery/request-mail.ts'
import { signOut } from '../revocation/rpc.ts'
import { changePassword } from '../sign-in/change-password.ts'
import { signUp } from '../sign-in/sign-up.ts'
import { assertRefused, openTestUser, signInAs, testPassword } from '../testing/accounts.ts'
import { secondsAhead } from '../testing/clock.ts'
import { rowsOf, testContext } from '../testing/deps.ts'
import { printedCode, wrongCode } from '../testing/mailbox.ts'
import { suspendUser } from '../users/suspend-user.ts'
import { choosePrimaryEmail } from './choose-primary-email.ts'
import { removeEmail } from './remove-email.ts'
import {
  add,
  byLink,
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
  pendingEmails,
  person,
  second,
  signInFails,
  third,
  undo,
  usePerson,
  values,
  want,
} from './testing/person.ts'
import { writeToNewAddress } from './write-to-new-address.ts'

usePerson()

describe('another address', () => {
  it('changes nothing before its person.mailbox has proved it, and is one to sign in with afterwards', async () => {
    const mail = await person.mailbox.mailOf(() => want(second))
    assert.equal(mail.to, second)
    assert.deepEqual(await values(), [first])
    const pending = await pendingEmails()
    assert.deepEqual(
      pending.map(({ value, replaces }) => [value, replaces]),
      [[second, '']],
    )
    await signInFails(second)
    assert.deepEqual(
      await person.mailbox.mailsOf(() =>
        requestMail(person.deps, testContext(), { about: 'password_reset', email: second }),
      ),
      [],
    )
    assert.deepEqual(await confirm(byLink(mail)), { email: second })
    await invalid(confirm(byLink(mail)))
    await signInAs(person.deps, second)
    assert.deepEqual(await values(), [first, second])
    const [notice, ...others] = await notices()
    assert.deepEqual([notice?.to, notice?.subject], [first, 'An email address was added'])
    assert.ok(notice?.text.includes(second))
    assert.deepEqual(others, [])
  })

  it('is proved by the code with what the request answered, within ten minutes and five tries', async (t) => {
    let linkId = ''
    const mail = await person.mailbox.mailOf(async () => {
      linkId = (await want(second)).pendingId
    })
    const code = printedCode(mail)
    await invalid(confirm({ token: '', email: second, code }))
    await invalid(confirm({ token: '', email: '', code, linkId: crypto.randomUUID() }))
    await invalid(
      confirm({ token: '', email: '', code, linkId }, await secondsAhead(person.test, t, 601)),
    )
    for (let n = 0; n < 4; n += 1)
      await invalid(confirm({ token: '', email: '', code: wrongCode(code), linkId }))
    await confirm({ token: '', email: '', code, linkId })
    assert.deepEqual(await values(), [first, second])
  })

  it('after five wrong codes still takes the link, for a day', async (t) => {
    let linkId = ''
    const mail = await person.mailbox.mailOf(async () => {
      linkId = (await want(second)).pendingId
    })
    const code = printedCode(mail)
    for (let n = 0; n < 5; n += 1)
      await invalid(confirm({ token: '', email: '', code: wrongCode(code), linkId }))
    await invalid(confirm({ token: '', email: '', code, linkId }))
    await invalid(confirm(byLink(mail), await secondsAhead(person.test, t, 86_401)))
    await confirm(byLink(mail), await secondsAhead(person.test, t, 86_390))
  })

  it('that somebody else has proved looks the same to who asks, and its owner is told', async () => {
    await openTestUser(person.deps, second)
    const answers: string[][] = []
    const ask = async (email: string) => {
      const before = await rowsOf(person.deps, 'select id from mailed_links')
      const mail = await person.mailbox.mailOf(async () => {
        answers.push(Object.keys(await want(email)))
      })
      const pending = await pendingEmails()
      assert.equal(pending.at(-1)?.value, email)
      assert.equal(
        (await rowsOf(person.deps, 'select id from mailed_links')).length,
        before.length + 1,
      )
      return mail
    }
    const toOwner = await ask(second)
    const toFree = await ask(third)
    assert.deepEqual(answers[0], answers[1])
    assert.equal(toOwner.subject, 'This address has an account already')
    assert.doesNotMatch(toOwner.text, /token=|\d{4} \d{4}/u)
    assert.equal(toFree.subject, 'Confirm your email address')
  })

  it('goes to one of fifty who confirm it at once, and makes one event', async () => {
    const mail = await person.mailbox.mailOf(() => want(second))
    const tries = Array.from({ length: 50 }, () => confirm(byLink(mail)))
    const outcomes = await Promise.allSettled(tries)
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
    // On a machine that is busy some may be told to come back, before anything was looked at.
    const refusals = [ErrorReason.LINK_INVALID, ErrorReason.UNAVAILABLE]
    for (const outcome of outcomes)
      if (outcome.status === 'rejected')
        assert.ok(refusals.includes(outcome.reason.reason), String(outcome.reason))
    const text = `select count(*)::integer from events where kind = 'email.added' and subject_id = $1`
    assert.deepEqual(await rowsOf(person.deps, text, [person.userId]), [[1]])
  })

  it('goes to one of many accounts that prove it at once', async () => {
    const links = [byLink(await person.mailbox.mailOf(() => want(third)))]
    for (const name of ['bob', 'eve', 'kim']) {
      await openTestUser(person.deps, `${name}@example.com`)
      const { ctx: by } = await enter(`${name}@example.com`)
      await forget()
      links.push(byLink(await person.mailbox.mailOf(() => want(third, undefined, by))))
    }
    const outcomes = await Promise.allSettled(links.map((link) => confirm(link)))
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
    const text = `select count(*)::integer from identifiers where canonical = $1`
    assert.deepEqual(await rowsOf(person.deps, text, [third]), [[1]])
  })

  it('is not for a user who was suspended or signed out everywhere meanwhile', async () => {
    const mail = await person.mailbox.mailOf(() => want(second))
    await suspendUser(person.deps, testContext(), { userId: person.userId })
    await invalid(confirm(byLink(mail)))
    await rowsOf(person.deps, `update users set status = 'active'`)
    await invalid(confirm(byLink(mail)))
    Object.assign(person, await enter())
    await forget()
    const another = await person.mailbox.mailOf(() => want(second))
    const leave = { token: person.session.accessToken, scope: 3, waitMs: 0 } as never
    await signOut(person.deps, testContext(), leave)
    await invalid(confirm(byLink(another)))
    await assertRefused(want(third), ErrorReason.UNAUTHENTICATED)
    await rowsOf(person.deps, 'delete from users where id = $1', [person.userId])
    await invalid(confirm(byLink(another)))
  })

  it('that was asked for in a session which has ended meanwhile comes to nothing', async () => {
    const [[rev] = []] = await rowsOf(person.deps, 'select revocation_position()::text')
    await changePassword(person.deps, person.ctx, { currentPassword: testPassword, newPassword })
    const payload = {
      linkId: crypto.randomUUID(),
      userId: person.userId,
      canonical: third,
      value: third,
    }
    const job = { id: crypto.randomUUID(), signal: person.ctx.signal }
    const run = (of: string) => () =>
      writeToNewAddress(person.deps, { ...job, payload: { ...payload, rev: of } })
    assert.deepEqual(await person.mailbox.mailsOf(run(String(rev))), [])
    const [[later] = []] = await rowsOf(person.deps, 'select revocation_position()::text')
    assert.equal((await person.mailbox.mailsOf(run(String(later)))).length, 1)
    assert.deepEqual(await person.mailbox.mailsOf(run(String(later))), [])
  })

  it('is refused where it is no address, or one that the account has, or one too many', async () => {
    await assertRefused(want('ada at example'), ErrorReason.INVALID_ARGUMENT)
    await assertRefused(want('ADA@example.com'), ErrorReason.INVALID_ARGUMENT, ['email.yours'])
    await assertRefused(want(second, crypto.randomUUID()), ErrorReason.NOT_FOUND)
    for (let n = 0; n < 9; n += 1)
      await rowsOf(
        person.deps,
        `insert into identifiers (id, user_id, kind, value, canonical, verified_at, created_at)
         values (gen_random_uuid(), $1, 'email', $2, $2, now(), now())`,
        [person.userId, `n${n}@example.com`],
      )
    await assertRefused(want(second), ErrorReason.INVALID_ARGUMENT, ['email.too_many'])
  })

  it('asked for too often has to wait, and a pending one can be withdrawn', async () => {
    const mail = await person.mailbox.mailOf(() => want(second))
    await assertRefused(want(second), ErrorReason.RATE_LIMITED)
    const pending = await pendingEmails()
    await removeEmail(person.deps, person.ctx, { emailId: pending[0]?.id ?? assert.fail() })
    await invalid(confirm(byLink(mail)))
    assert.deepEqual(await pendingEmails(), [])
  })

  it('is no way into the account of somebody who proved another one, for who claims it', async () => {
    // A stranger opened an account with the address of somebody else, and proved one of their own.
    await signUp(person.deps, testContext(), {
      email: third,
      password: testPassword,
      displayName: '',
      locale: '',
    })
    await person.mailbox.mailsOf(async () => undefined)
    const stranger = await enter(third)
    await add('stranger@example.net', stranger.ctx)
    await forget()
    const asked = () =>
      requestMail(person.deps, testContext(), { about: 'password_reset', email: third })
    assert.deepEqual(await person.mailbox.mailsOf(asked), [])
  })
})

describe('of several addresses', () => {
  it('any can go but the last that is proved, and it is told, with a way back', async () => {
    await assertRefused(
      removeEmail(person.deps, person.ctx, { emailId: await idOf(first) }),
      ErrorReason.INVALID_ARGUMENT,
      ['email.last_way_in'],
    )
    await add(second)
    await notices()
    await removeEmail(person.deps, person.ctx, { emailId: await idOf(first) })
    const [notice, ...others] = await notices()
    assert.deepEqual([notice?.to, notice?.subject], [first, 'Your email address was removed'])
    assert.deepEqual(others, [])
    await assertRefused(
      removeEmail(person.deps, person.ctx, { emailId: await idOf(second) }),
      ErrorReason.INVALID_ARGUMENT,
      ['email.last_way_in'],
    )
    // Who added an address first and took the old one away then, leaves none behind.
    await person.mailbox.mailOf(() => undo(notice))
    assert.deepEqual(await ownIdentifiers(), [first])
  })

  it('one stays, where the last two are taken away at once', async () => {
    await add(second)
    const ids = [await idOf(first), await idOf(second)]
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) =>
        removeEmail(person.deps, person.ctx, { emailId: ids[n % 2] ?? '' }),
      ),
    )
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
    assert.equal((await emails()).length, 1)
  })

  it('a claim that is not proved is no way in', async () => {
    await rowsOf(
      person.deps,
      `insert into identifiers (id, user_id, kind, value, canonical, created_at)
       values (gen_random_uuid(), $1, 'email', $2, $2, now())`,
      [person.userId, third],
    )
    await assertRefused(
      removeEmail(person.deps, person.ctx, { emailId: await idOf(first) }),
      ErrorReason.INVALID_ARGUMENT,
      ['email.last_way_in'],
    )
    await assertRefused(
      choosePrimaryEmail(person.deps, person.ctx, { emailId: await idOf(third) }),
      ErrorReason.INVALID_ARGUMENT,
      ['email.unverified'],
    )
    await removeEmail(person.deps, person.ctx, { emailId: await idOf(third) })
    assert.deepEqual(await notices(), [])
  })

  it('notices go to the one that is chosen, and the former one is told so', async () => {
    await add(second)
    await notices()
    await choosePrimaryEmail(person.deps, person.ctx, { emailId: await idOf(second) })
    await choosePrimaryEmail(person.deps, person.ctx, { emailId: await idOf(second) })
    const told = await notices()
    assert.deepEqual(
      told.map(({ to, subject }) => [to, subject]),
      [[first, 'Notices go to another address']],
    )
    await changePassword(person.deps, person.ctx, { currentPassword: testPassword, newPassword })
    assert.deepEqual(
      (await notices()).map(({ to }) => to),
      [second],
    )
    await removeEmail(person.deps, person.ctx, { emailId: await idOf(second) })
    assert.deepEqual(
      (await emails()).map(({ value, primary }) => [value, primary]),
      [[first, true]],
    )
  })

  it('nobody changes those of somebody else', async () => {
    await openTestUser(person.deps, third)
    const eve = (await enter(third)).ctx
    const emailId = await idOf(first)
    await assertRefused(removeEmail(person.deps, eve, { emailId }), ErrorReason.NOT_FOUND)
    await assertRefused(choosePrimaryEmail(person.deps, eve, { emailId }), ErrorReason.NOT_FOUND)
    await assertRefused(want(second, emailId, eve), ErrorReason.NOT_FOUND)
    await person.mailbox.mailOf(() => want(second))
    const pending = await pendingEmails()
    await assertRefused(
      removeEmail(person.deps, eve, { emailId: pending[0]?.id ?? '' }),
      ErrorReason.NOT_FOUND,
    )
  })
})
