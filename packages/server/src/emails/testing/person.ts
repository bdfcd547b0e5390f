/** A person with one proved address, whose account is older than a week, and all the mailboxes there are. */

import assert from 'node:assert/strict'
import { after, before, beforeEach } from 'node:test'
import { ErrorReason } from '@signet/contract'
import type { Deps } from '../../deps.ts'
import { sealBatch } from '../../events/seal-events.ts'
import type { UserId } from '../../ids.ts'
import { readBatch } from '../../jobs/notices.ts'
import type { MailedProof } from '../../recovery/mailed-links.ts'
import type { RequestContext } from '../../request-context.ts'
import type { SignedIn } from '../../sign-in/sign-in.ts'
import { assertRefused, openTestUser, signInAs, testPassword } from '../../testing/accounts.ts'
import { openTestDeps, rowsOf, type TestDeps, testContext } from '../../testing/deps.ts'
import { linkToken, type Mailbox, openMailbox, type ReadMail } from '../../testing/mailbox.ts'
import { authenticateBearer } from '../../tokens/authenticate.ts'
import { confirmEmail } from '../confirm-email.ts'
import { requestEmail } from '../request-email.ts'
import { listEmails } from '../rpc.ts'
import { undoEmailChange } from '../undo-email-change.ts'

export const first = 'ada@example.com'
export const second = 'Ada.Second@example.net'
export const third = 'third@example.org'
export const newPassword = 'lantern orbit velvet 42'

interface Person {
  test: TestDeps
  deps: Deps
  mailbox: Mailbox
  userId: UserId
  session: SignedIn
  /** Of calls in that session. */
  ctx: RequestContext
}

/** Filled by `usePerson`. */
export const person = {} as Person

/** Opens everything before the tests of a file, and makes the person anew before each. Belongs at the top of the file. */
export function usePerson(): void {
  before(async () => {
    person.test = await openTestDeps()
    person.deps = person.test.deps
    person.mailbox = await openMailbox(person.test)
  })
  after(async () => {
    await person.mailbox.close()
    await person.test.close()
  })
  beforeEach(async () => {
    const { deps, mailbox } = person
    await mailbox.mailsOf(async () => undefined)
    const tables = ['users', 'mail_requests', 'guess_counters', 'event_windows', 'event_readers']
    for (const table of [...tables, `jobs.job where name !~ '^__'`])
      await rowsOf(deps, `delete from ${table}`)
    person.userId = await openTestUser(deps, first)
    for (const table of ['users', 'identifiers'])
      await rowsOf(deps, `update ${table} set created_at = created_at - interval '1 year'`)
    Object.assign(person, await enter())
    await notices()
  })
}

/** Signs in. */
export async function enter(
  email = first,
  password = testPassword,
): Promise<Pick<Person, 'session' | 'ctx'>> {
  const { deps } = person
  const session = await signInAs(deps, email, password)
  const caller = await authenticateBearer(deps, testContext(), session.accessToken)
  return { session, ctx: testContext({ caller }) }
}

/** The notices that the events so far call for, but those about devices. */
export async function notices(): Promise<ReadMail[]> {
  const { deps, mailbox } = person
  const unsealed = 'select count(*)::integer from events where seq is null'
  const mails = await mailbox.mailsOf(async () => {
    while ((await sealBatch(deps.db, 100)).kind !== 'sealed');
    while (Number((await rowsOf(deps, unsealed))[0]?.[0]) > 0) await sealBatch(deps.db, 100)
    while (await readBatch(deps));
  })
  return mails.filter(({ subject }) => subject !== 'A new device signed in')
}

/** The addresses, as the person sees them. */
export const emails = async () =>
  (await listEmails(person.deps, person.ctx, {} as never)).emails ?? []
export const pendingEmails = async () =>
  (await listEmails(person.deps, person.ctx, {} as never)).pending ?? []
export const values = async () => (await emails()).map(({ value }) => value)
/** What the database has, whoever may see it. */
export const ownIdentifiers = async () =>
  (
    await rowsOf(person.deps, 'select value from identifiers where user_id = $1 order by value', [
      person.userId,
    ])
  ).flat()
export const idOf = async (value: string): Promise<string> =>
  (await emails()).find((each) => each.value === value)?.id ?? assert.fail(`no ${value}`)
export const want = (email: string, replaces?: string, by = person.ctx) =>
  requestEmail(person.deps, by, { email, replaces })
export const byLink = (mail: ReadMail) => ({ token: linkToken(mail), email: '', code: '' })
export const confirm = (proof: MailedProof, parts = person.deps) =>
  confirmEmail(parts, testContext(), { proof })
export const undo = (mail: ReadMail | undefined, parts = person.deps) =>
  undoEmailChange(parts, testContext(), { token: linkToken(mail ?? assert.fail('no mail')) })
export const invalid = (answer: Promise<unknown>) => assertRefused(answer, ErrorReason.LINK_INVALID)
export const signInFails = (email: string, password = testPassword) =>
  assertRefused(signInAs(person.deps, email, password), ErrorReason.INVALID_CREDENTIALS)
/** Nobody has asked for mail. */
export const forget = () => rowsOf(person.deps, 'delete from mail_requests')

/** One more address, proved by its link. */
export async function add(email: string, by = person.ctx): Promise<void> {
  await confirm(byLink(await person.mailbox.mailOf(() => want(email, undefined, by))))
}

/** Another address in the place of one, likewise. */
export async function change(from: string, to: string): Promise<void> {
  await confirm(byLink(await person.mailbox.mailOf(async () => want(to, await idOf(from)))))
}
