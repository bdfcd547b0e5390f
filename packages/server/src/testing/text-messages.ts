/** The phones of everybody: what is queued is sent by the jobs themselves, and what a person reads there. */

import assert from 'node:assert/strict'
import type { Deps } from '../deps.ts'
import { openInbox } from '../mail/inbox.ts'
import { sendSms } from '../phones/send-sms.ts'
import { writeToNumber } from '../phones/sign-in-by-phone.ts'
import { openSmsSender } from '../sms/sms-sender.ts'
import { rowsOf } from './deps.ts'

export interface TextMessages {
  /** Runs what is queued, and answers the messages that were sent, the latest first. */
  delivered(): Promise<{ to: string; text: string }[]>
  /** The code of the one message that was sent. */
  deliveredCode(): Promise<string>
}

const { signal } = new AbortController()

/** Opens a phone network that keeps everything. */
export function openTextMessages(deps: () => Deps): TextMessages {
  const inbox = openInbox()
  const delivered = async () => {
    const sms = openSmsSender(deps().config, inbox)
    const before = inbox.list().length
    for (const kind of ['write_to_number', 'send_sms']) {
      const text = `delete from jobs.job where name = $1 returning id::text, data`
      for (const [id, payload] of await rowsOf(deps(), text, [kind])) {
        const job = { id: String(id), payload: payload as never, signal }
        await (kind === 'send_sms' ? sendSms({ ...deps(), sms }, job) : writeToNumber(deps(), job))
      }
    }
    return inbox.list().slice(0, inbox.list().length - before)
  }
  return {
    delivered,
    async deliveredCode() {
      const [message, ...others] = await delivered()
      assert.deepEqual(others, [])
      return /^(\d{6}) /.exec(message?.text ?? '')?.[1] ?? assert.fail('no code')
    },
  }
}
