/** What does the work of each kind of job. */

import type { Deps } from '../deps.ts'
import type { Mailer } from '../mail/mailer.ts'
import { sendMail } from '../mail/send-mail.ts'
import type { GuardedFetch } from '../outbound/guarded-fetch.ts'
import type { JobHandlers } from '../queue/worker.ts'
import { writeToAddress } from '../recovery/write-to-address.ts'
import { tellClient } from '../revocation/backchannel-logout.ts'
import { cleanUp } from './clean-up.ts'

/** The handlers of this installation. */
export function jobHandlers(
  deps: Pick<Deps, 'config' | 'db' | 'masterSecret' | 'signingKeys'> & {
    mailer: Mailer
    fetch: GuardedFetch
  },
): JobHandlers {
  return {
    send_mail: (job) => sendMail(deps, job),
    write_to_address: (job) => writeToAddress(deps, job),
    backchannel_logout: (job) => tellClient(deps, job),
    clean_up: ({ signal }) => cleanUp(deps.db, signal),
  }
}
