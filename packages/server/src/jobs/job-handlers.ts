/** What does the work of each kind of job. */

import { deleteUnneeded } from '../avatars/delete-unneeded.ts'
import type { PictureRenderer } from '../avatars/picture-renderer.ts'
import { renderAvatar } from '../avatars/render-avatar.ts'
import type { Deps } from '../deps.ts'
import { writeToNewAddress } from '../emails/write-to-new-address.ts'
import { writeInvitation } from '../invitations/write-invitation.ts'
import type { Mailer } from '../mail/mailer.ts'
import { sendMail } from '../mail/send-mail.ts'
import type { JobHandlers } from '../queue/worker.ts'
import { writeToAddress } from '../recovery/write-to-address.ts'
import { cleanUp } from './clean-up.ts'

/** The handlers of this installation. */
export function jobHandlers(
  deps: Pick<Deps, 'avatarObjects' | 'config' | 'db' | 'masterSecret'> & {
    mailer: Mailer
    pictures: PictureRenderer
  },
): JobHandlers {
  return {
    send_mail: (job) => sendMail(deps, job),
    write_to_address: (job) => writeToAddress(deps, job),
    render_avatar: (job) => renderAvatar(deps, job),
    async clean_up({ signal }) {
      await cleanUp(deps.db, signal)
      await deleteUnneeded(deps, signal)
    },
    write_invitation: (job) => writeInvitation(deps, job),
    write_to_new_address: (job) => writeToNewAddress(deps, job),
  }
}
