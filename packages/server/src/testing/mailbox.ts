/** The mailbox of everybody: a real mail server, fed by a real worker, and what a person reads in a mail. */

import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'
import type { Email } from 'postal-mime'
import type { Deps } from '../deps.ts'
import { openJobs } from '../jobs/open-jobs.ts'
import { startMailServer } from '../mail/testing/mail-server.ts'
import { rowsOf, type TestDeps } from './deps.ts'

/** One mail, as far as a person reads it. */
export interface ReadMail {
  to: string
  subject: string
  text: string
}

export interface Mailbox {
  /** The mails that came since, once every job is done. */
  mailsOf(causes: () => Promise<unknown>): Promise<ReadMail[]>
  /** The one mail that came since. */
  mailOf(causes: () => Promise<unknown>): Promise<ReadMail>
  close(): Promise<void>
}

const unsettled = `select count(*)::integer from jobs.job where state in ('created', 'retry', 'active') and name !~ '^__'`

/** Starts the server and the worker. */
export async function openMailbox({
  deps,
  address,
}: Pick<TestDeps, 'deps' | 'address'>): Promise<Mailbox> {
  const server = await startMailServer()
  const sender = {
    kind: 'smtp',
    address: { host: '127.0.0.1', port: server.port },
    tls: 'none',
  } as const
  const config = { ...deps.config, mail: { ...deps.config.mail, sender } }
  const jobs = openJobs({ ...deps, config }, { address, inbox: undefined })
  jobs.start()
  const mailsOf: Mailbox['mailsOf'] = async (causes) => {
    await jobsAreDone(deps)
    const before = server.mails.length
    await causes()
    await jobsAreDone(deps)
    return server.mails.slice(before).map(readMail)
  }
  return {
    mailsOf,
    async mailOf(causes) {
      const [mail, ...others] = await mailsOf(causes)
      assert.ok(mail && others.length === 0, `${others.length + (mail ? 1 : 0)} mails`)
      return mail
    },
    async close() {
      await jobs.stop()
      await server.close()
    },
  }
}

async function jobsAreDone(deps: Deps): Promise<void> {
  const deadline = performance.now() + 60_000
  while ((await rowsOf(deps, unsettled))[0]?.[0] !== 0) {
    assert.ok(performance.now() < deadline, 'jobs are not done')
    await wait(10)
  }
}

function readMail({ to, subject = '', text = '' }: Email): ReadMail {
  return { to: to?.[0]?.address ?? '', subject, text }
}

/** The token of the link. */
export function linkToken({ text }: ReadMail): string {
  return /[?]token=([\w-]+)/u.exec(text)?.[1] ?? assert.fail('no link')
}

/** The code, as it is printed. */
export function printedCode({ text }: ReadMail): string {
  return /\b\d{4}(?: \d{4})+\b/u.exec(text)?.[0] ?? assert.fail('no code')
}

/** A code that is not this one. */
export function wrongCode(code: string): string {
  return code.replace(/\d/u, (digit) => String((Number(digit) + 1) % 10))
}
