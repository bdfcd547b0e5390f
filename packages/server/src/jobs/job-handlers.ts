/** What does the work of each kind of job. */

import { deleteUnneeded } from '../avatars/delete-unneeded.ts'
import { renderAvatar } from '../avatars/render-avatar.ts'
import { fetchClientLogo } from '../clients/fetch-client-logo.ts'
import type { Deps } from '../deps.ts'
import { writeToNewAddress } from '../emails/write-to-new-address.ts'
import { refreshUpstreamTokens } from '../federation/kept-tokens.ts'
import { writeInvitation } from '../invitations/write-invitation.ts'
import type { Mailer } from '../mail/mailer.ts'
import { sendMail } from '../mail/send-mail.ts'
import type { GuardedFetch } from '../outbound/guarded-fetch.ts'
import { forgetOldCodes } from '../phones/phone-codes.ts'
import { sendSms } from '../phones/send-sms.ts'
import { writeToNumber } from '../phones/sign-in-by-phone.ts'
import type { PictureRenderer } from '../pictures/picture-renderer.ts'
import type { JobHandlers } from '../queue/worker.ts'
import { writeToAddress } from '../recovery/write-to-address.ts'
import { tellClient } from '../revocation/backchannel-logout.ts'
import type { SmsSender } from '../sms/sms-sender.ts'
import { cleanUp } from './clean-up.ts'

/** The handlers of this installation. */
export function jobHandlers(
  deps: Pick<
    Deps,
    | 'avatarObjects'
    | 'config'
    | 'db'
    | 'identityProviders'
    | 'log'
    | 'masterSecret'
    | 'signingKeys'
    | 'upstream'
  > & {
    mailer: Mailer
    pictures: PictureRenderer
    sms: SmsSender
    fetch: GuardedFetch
  },
): JobHandlers {
  return {
    send_mail: (job) => sendMail(deps, job),
    write_to_address: (job) => writeToAddress(deps, job),
    write_to_number: (job) => writeToNumber(deps, job),
    send_sms: (job) => sendSms(deps, job),
    backchannel_logout: (job) => tellClient(deps, job),
    render_avatar: (job) => renderAvatar(deps, job),
    fetch_client_logo: (job) => fetchClientLogo(deps, job),
    async clean_up({ signal }) {
      await cleanUp(deps.db, signal)
      await forgetOldCodes(deps.db, signal)
      await deleteUnneeded(deps, signal)
    },
    refresh_upstream_tokens: ({ signal }) => refreshUpstreamTokens(deps, signal),
    write_invitation: (job) => writeInvitation(deps, job),
    write_to_new_address: (job) => writeToNewAddress(deps, job),
  }
}
