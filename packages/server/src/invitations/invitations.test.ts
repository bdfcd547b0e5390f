import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { cleanUp } from '../jobs/clean-up.ts'
import { verifyEmail } from '../recovery/verify-email.ts'
import { signUp } from '../sign-in/sign-up.ts'
import { assertRefused, openTestUser, signInAs, testPassword } from '../testing/accounts.ts'
import { registerTestClient } from '../testing/clients.ts'
import { secondsAhead } from '../testing/clock.ts'
import { openTestDeps, rowsOf, type TestDeps, testContext } from '../testing/deps.ts'
import {
  linkToken,
  type Mailbox,
  openMailbox,
  printedCode,
  type ReadMail,
  wrongCode,
} from '../testing/mailbox.ts'
import { openPageVisitor } from '../testing/page-visitor.ts'
import { startTestService, type TestService } from '../testing/service.ts'
import { type Acceptance, acceptInvitation } from './accept-invitation.ts'
import { inviteUser, resendInvitation, revokeInvitation } from './invite-user.ts'
import { listInvitations } from './rpc.ts'

let test: TestDeps
let deps: Deps
let mailbox: Mailbox
let service: TestService
const email = 'Ada@example.com'
const password = 'lantern orbit velvet 42'
const week = 7 * 86_400

before(async () => {
  test = await openTestDeps()
  deps = test.deps
  mailbox = await openMailbox(test)
  service = await startTestService(deps)
})
after(async () => {
  await service.close()
  await mailbox.close()
  await test.close()
})
beforeEach(async () => {
  await mailbox.mailsOf(async () => undefined)
  const tables = ['invitations', 'users', 'mail_requests', 'event_windows']
  for (const table of [...tables, `jobs.job where name !~ '^__'`])
    await rowsOf(deps, `delete from ${table}`)
})

const invite = (to = email) =>
  inviteUser(deps, testContext(), { email: to, displayName: 'Ada', locale: 'es' })
const forget = () => rowsOf(deps, 'delete from mail_requests')
const byLink = (mail: ReadMail) => ({ token: linkToken(mail) })
const byCode = (mail: ReadMail) => ({ email: 'ADA@example.com', code: printedCode(mail) })
const accept = (presented: Partial<Acceptance>, parts = deps) =>
  acceptInvitation(parts, testContext(), {
    ...{ token: '', email: '', code: '', displayName: '', password },
    ...presented,
  })
const invalid = (answer: Promise<unknown>) => assertRefused(answer, ErrorReason.LINK_INVALID)
const open = async () =>
  (await listInvitations(deps, testContext(), { after: '', pageSize: 0 } as never)).invitations ??
  []

describe('who is invited', () => {
  it('opens an account by link or code, with a password of their own and a proved address', async () => {
    for (const presentedOf of [byLink, byCode]) {
      await rowsOf(deps, 'delete from users')
      await forget()
      const mail = await mailbox.mailOf(() => invite())
      assert.deepEqual([mail.to, mail.subject], [email, 'Tienes una invitación'])
      assert.match(printedCode(mail), /^\d{4} \d{4} \d{4}$/u)
      assert.deepEqual(await rowsOf(deps, 'select 1 from users'), [])
      assert.deepEqual(await accept(presentedOf(mail)), { email })
      const text = `select i.value, i.verified_at is not null, u.display_name, u.locale
                      from users u join identifiers i on i.user_id = u.id`
      assert.deepEqual(await rowsOf(deps, text), [[email, true, 'Ada', 'es']])
      await signInAs(deps, email, password)
      for (const again of [byLink, byCode]) await invalid(accept(again(mail)))
      assert.deepEqual(await open(), [])
    }
  })

  it('keeps the invitation where the password or the name is refused', async () => {
    const mail = await mailbox.mailOf(() => invite())
    const weak = accept({ ...byLink(mail), password: 'password1' })
    await assertRefused(weak, ErrorReason.PASSWORD_REJECTED)
    const own = accept({ ...byLink(mail), password: `${email}1` })
    await assertRefused(own, ErrorReason.PASSWORD_REJECTED)
    const name = accept({ ...byLink(mail), displayName: 'a\u202eb' })
    await assertRefused(name, ErrorReason.INVALID_ARGUMENT, ['text.printable'])
    await accept(byLink(mail))
  })

  it('chooses a password on the page behind the link, which does nothing by being opened', async () => {
    const mail = await mailbox.mailOf(() => invite())
    const path = '/accept-invitation'
    const who = openPageVisitor(service.url)
    const page = await who.open(`${path}?token=${linkToken(mail)}`)
    const weak = await who.send(page, path, { password: 'password1' })
    assert.deepEqual([weak.status, weak.title], [400, page.title])
    const answer = await who.send(weak, path, { password })
    assert.deepEqual([answer.status, answer.location], [303, '/sign-in?notice=invitation_accepted'])
    await signInAs(deps, email, password)
  })

  it('is one of fifty who accept at once', async () => {
    const mail = await mailbox.mailOf(() => invite())
    const outcomes = await Promise.allSettled(
      Array.from({ length: 50 }, (_, n) =>
        accept({ ...byLink(mail), password: `${password} ${n}` }),
      ),
    )
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
    assert.deepEqual(await rowsOf(deps, 'select count(*)::integer from users'), [[1]])
  })

  it('has seven days, and five tries of the code beside the link', async (t) => {
    const mail = await mailbox.mailOf(() => invite())
    await invalid(accept(byLink(mail), await secondsAhead(test, t, week + 60)))
    await invalid(accept(byCode(mail), await secondsAhead(test, t, week + 60)))
    for (let n = 0; n < 5; n += 1)
      await invalid(accept({ ...byCode(mail), code: wrongCode(printedCode(mail)) }))
    await invalid(accept(byCode(mail)))
    await invalid(accept({ token: linkToken(mail).slice(0, -1) }))
    await invalid(accept({ email, code: '12345678' }))
    await accept(byLink(mail), await secondsAhead(test, t, week - 60))
  })

  it('can do nothing else with what came by mail', async () => {
    await openTestUser(deps, 'other@example.com')
    const mail = await mailbox.mailOf(() => invite())
    const proof = { token: linkToken(mail), email: '', code: '' }
    await invalid(verifyEmail(deps, testContext(), { proof }))
  })

  it('gets no account where somebody has proved the address meanwhile', async () => {
    const mail = await mailbox.mailOf(() => invite())
    await openTestUser(deps, email)
    await invalid(accept(byLink(mail)))
    await signInAs(deps, email, testPassword)
  })

  it('gets the account alone where strangers claim the address', async () => {
    await mailbox.mailsOf(() =>
      signUp(deps, testContext(), { email, password: 'a stranger', displayName: '', locale: '' }),
    )
    await accept(byLink(await mailbox.mailOf(() => invite())))
    await assertRefused(signInAs(deps, email, 'a stranger'), ErrorReason.INVALID_CREDENTIALS)
    await signInAs(deps, email, password)
  })
})

describe('who invites', () => {
  it('cannot tell whether there is an account, whose owner is told', async () => {
    await openTestUser(deps, email)
    const answers: unknown[] = []
    const [toOwner] = await mailbox.mailsOf(async () => answers.push(Object.keys(await invite())))
    const toNew = await mailbox.mailOf(async () =>
      answers.push(Object.keys(await invite('new@example.com'))),
    )
    assert.deepEqual(answers[0], answers[1])
    assert.equal(toOwner?.subject, 'You already have an account')
    assert.equal(toNew.subject, 'Tienes una invitación')
    const seen = (await open()).map(({ email: to, expired }) => [to, expired])
    assert.deepEqual(seen, [
      [email, false],
      ['new@example.com', false],
    ])
  })

  it('sees nothing that opens the account, nor does whoever has the database', async () => {
    const mail = await mailbox.mailOf(() => invite())
    const [token, code] = [linkToken(mail), printedCode(mail).replaceAll(' ', '')]
    const shown = JSON.stringify(await open(), (_, value) =>
      typeof value === 'bigint' ? String(value) : value,
    )
    const tables = ['invitations', 'jobs.job', 'events', 'mail_requests']
    const stored = await Promise.all(
      tables.map((table) => rowsOf(deps, `select t::text from ${table} t`)),
    )
    for (const text of [shown, JSON.stringify(stored)])
      for (const secret of [token, code]) assert.ok(!text.includes(secret))
  })

  it('takes it back, or sends it again, which voids what was mailed before', async (t) => {
    let invitationId = ''
    const first = await mailbox.mailOf(async () => {
      invitationId = (await invite()).invitationId
    })
    const again = resendInvitation(deps, testContext(), { invitationId })
    await assertRefused(again, ErrorReason.RATE_LIMITED)
    await forget()
    const second = await mailbox.mailOf(() =>
      resendInvitation(deps, testContext(), { invitationId }),
    )
    await invalid(accept(byLink(first)))
    await invalid(accept(byCode(first)))
    await revokeInvitation(deps, testContext(), { invitationId })
    await invalid(accept(byLink(second)))
    for (const late of [resendInvitation, revokeInvitation])
      await assertRefused(late(deps, testContext(), { invitationId }), ErrorReason.NOT_FOUND)
    assert.deepEqual(await open(), [])
    await cleanUp((await secondsAhead(test, t, 38 * 86_400)).db, new AbortController().signal)
    assert.deepEqual(await rowsOf(deps, 'select 1 from invitations'), [])
  })

  it('again to the same address has to wait, and voids the earlier one', async () => {
    const first = await mailbox.mailOf(() => invite())
    await assertRefused(invite('ada@EXAMPLE.com'), ErrorReason.RATE_LIMITED)
    await forget()
    const second = await mailbox.mailOf(() => invite())
    await invalid(accept(byLink(first)))
    assert.equal((await open()).length, 1)
    await accept(byLink(second))
  })

  it('needs the permission, as a user or as a client', async () => {
    const call = (authorization: string) =>
      fetch(`${service.url}/api/v1/invitations`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify({ email }),
      })
    await openTestUser(deps, 'user@example.com')
    const { accessToken } = await signInAs(deps, 'user@example.com')
    assert.equal((await call(`Bearer ${accessToken}`)).status, 403)
    const other = await registerTestClient(deps, { id: 'other', permissions: ['events.read'] })
    assert.equal((await call(other.authorization)).status, 403)
    const crew = await registerTestClient(deps, { id: 'crew', permissions: ['users.invite'] })
    assert.equal((await call(crew.authorization)).status, 200)
  })

  it('sees page after page', async () => {
    for (let n = 0; n < 5; n += 1) await invite(`person-${n}@example.com`)
    const page = async (after: string) =>
      listInvitations(deps, testContext(), { after, pageSize: 2 } as never)
    const seen: unknown[] = []
    let after = ''
    do {
      const { invitations = [], next = '' } = await page(after)
      seen.push(invitations.length)
      after = next
    } while (after !== '')
    assert.deepEqual(seen, [2, 2, 1])
  })
})
