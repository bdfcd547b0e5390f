/** An invitation in the mailbox of somebody who has no account, and whether it is good. */

import { ErrorReason } from '@signet/contract'
import {
  acceptInvitation,
  hashInvitationToken,
} from '../../packages/server/src/invitations/accept-invitation.ts'
import { inviteUser } from '../../packages/server/src/invitations/invite-user.ts'
import { makeOpener } from '../../packages/server/src/recovery/mailed-links.ts'
import { rowsOf, testContext } from '../../packages/server/src/testing/deps.ts'
import type { World } from './world.ts'

export interface TestInvitation {
  id: string
  token: string
}

/** Invites somebody. */
export async function inviteTestUser({ deps }: World, number: number): Promise<TestInvitation> {
  const invited = { email: `invited-${number}@example.com`, displayName: '', locale: '' }
  const { invitationId: id } = await inviteUser(deps, testContext(), invited)
  const { token } = makeOpener()
  const text = 'update invitations set token_hash = $2 where id = $1'
  await rowsOf(deps, text, [id, hashInvitationToken(token)])
  return { id, token }
}

/** Whether the invitation is good: then it is refused for its password alone, which uses nothing up. */
export async function isInvited({ deps }: World, { token }: TestInvitation): Promise<boolean> {
  const rejected = { token, email: '', code: '', password: 'password', displayName: '' }
  const refusal = await acceptInvitation(deps, testContext(), rejected).catch(
    (error: { reason: unknown }) => error.reason,
  )
  return refusal === ErrorReason.PASSWORD_REJECTED
}
