/**
 * Sends one ordered mail. Every attempt of a job makes the same mail under the same id, so that a second copy, which a
 * crash between sending and noting can cause, is recognised as one.
 *
 * Errors: JobRefused where the recipient or the mail was refused for good; MailDelayed where it will be tried again, and
 * MasterSecretError too: another instance may have the secret that this one lacks, or gets it before the link expires.
 */

import type { Config } from '../config/config.ts'
import type { MasterSecret } from '../crypto/master-secret.ts'
import { type Job, JobRefused } from '../queue/job.ts'
import { composeMail } from './compose-mail.ts'
import { type MailOrder, unwrapOpener } from './mail-order.ts'
import { type Mailer, MailRefused } from './mailer.ts'

interface SendDeps {
  config: Pick<Config, 'issuer' | 'brand' | 'mail'>
  masterSecret: MasterSecret
  mailer: Mailer
}

/** Sends the mail, unless what it says is of no use any more. */
export async function sendMail(
  { config, masterSecret, mailer }: SendDeps,
  { id, payload, signal }: Job<'send_mail'>,
): Promise<void> {
  // Nothing else queues mails than `orderMail`.
  const order = payload as MailOrder
  if (Date.parse(order.uselessFrom) <= Date.now())
    throw new JobRefused('the mail could not be sent before its link expired')
  try {
    const opener = unwrapOpener(masterSecret, order)
    await mailer.send(await composeMail(config, { id, order, opener }), signal)
  } catch (error) {
    if (error instanceof MailRefused) throw new JobRefused(error.message)
    throw error
  }
}
