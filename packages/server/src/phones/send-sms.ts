/**
 * The message with a code: ordered in the transaction that makes the code, written and sent by a job. What waits in the queue
 * names the code by its id; nobody who reads the queue learns it.
 *
 * Its last line binds the code to the host of the issuer, so that browsers fill it in there and nowhere else.
 *
 * Errors: JobRefused where the number was refused for good, or the code is not good any more; SmsDelayed where it will be tried again.
 * Specs: Origin-bound one-time codes (WICG) §2.
 */

import type { Db } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import { translatorFor } from '../mail/catalogue.ts'
import { enqueue } from '../queue/enqueue.ts'
import { type Job, JobRefused } from '../queue/job.ts'
import type { JobPayloads } from '../queue/job-kinds.ts'
import { SmsRefused, type SmsSender } from '../sms/sms-sender.ts'
import { type CodePurpose, codeLifetimeSeconds, codeOf } from './phone-codes.ts'

/** Orders the message with a code, once. */
export async function orderCode(
  tx: Db,
  {
    id,
    purpose,
    canonical,
    locale,
  }: { id: string; purpose: CodePurpose; canonical: string; locale: string },
  now: Date,
): Promise<void> {
  const uselessFrom = new Date(now.getTime() + codeLifetimeSeconds * 1000).toISOString()
  const order: JobPayloads['send_sms'] = { purpose, codeId: id, to: canonical, locale, uselessFrom }
  await enqueue(tx, 'send_sms', order)
}

/** Sends one message. Every attempt sends the same one, under the same id. */
export async function sendSms(
  {
    config: { issuer, brand },
    masterSecret,
    sms,
  }: Pick<Deps, 'config' | 'masterSecret'> & { sms: SmsSender },
  { id, payload, signal }: Job<'send_sms'>,
): Promise<void> {
  const { purpose, codeId, to, locale, uselessFrom } = payload
  if (Date.parse(uselessFrom) <= Date.now())
    throw new JobRefused('the message could not be sent before its code expired')
  const code = codeOf(masterSecret, { purpose, id: codeId, canonical: to })
  const words = await translatorFor(locale)
  const minutes = String(codeLifetimeSeconds / 60)
  const sentence = words.text('sms_code', { code, brand: brand.name, minutes })
  const text = `${sentence}\n\n@${new URL(issuer).hostname} #${code}`
  try {
    await sms.send({ id, to, text }, signal)
  } catch (error) {
    if (error instanceof SmsRefused) throw new JobRefused(error.message)
    throw error
  }
}
