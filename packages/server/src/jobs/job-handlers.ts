/** What does the work of each kind of job. */

import type { Deps } from '../deps.ts'
import { writeToNewAddress } from '../emails/write-to-new-address.ts'
import type { Mailer } from '../mail/mailer.ts'
import { sendMail } from '../mail/send-mail.ts'
import type { JobHandlers } from '../queue/worker.ts'
import { writeToAddress } from '../recovery/write-to-address.ts'
import { cleanUp } from './clean-up.ts'

/** The handlers of this installation. */
export function jobHandlers(
  deps: Pick<Deps, 'config' | 'db' | 'masterSecret'> & { mailer: Mailer },
): JobHandlers {
  return {
    send_mail: (job) => sendMail(deps, job),
    write_to_address: (job) => writeToAddress(deps, job),
    write_to_new_address: (job) => writeToNewAddress(deps, job),
    clean_up: ({ signal }) => cleanUp(deps.db, signal),
  }
}
