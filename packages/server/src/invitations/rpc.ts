/** Answers InvitationService: messages in, use-cases, messages out. */

import type { MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import type {
  AcceptInvitationRequest,
  AcceptInvitationResponseSchema,
  InviteUserRequest,
  InviteUserResponseSchema,
  ListInvitationsRequest,
  ListInvitationsResponseSchema,
  ResendInvitationRequest,
  ResendInvitationResponseSchema,
  RevokeInvitationRequest,
  RevokeInvitationResponseSchema,
} from '@signet/contract'
import type { Deps } from '../deps.ts'
import type { RequestContext } from '../request-context.ts'
import { acceptInvitation as acceptOwnInvitation } from './accept-invitation.ts'
import { listInvitations as listOpenInvitations } from './invitations.sql.ts'
import {
  inviteUser as invite,
  resendInvitation as inviteAgain,
  revokeInvitation as takeBack,
} from './invite-user.ts'

const pageSizeDefault = 50

/** Invites somebody. */
export async function inviteUser(
  deps: Deps,
  ctx: RequestContext,
  { email, displayName, locale }: InviteUserRequest,
): Promise<MessageInitShape<typeof InviteUserResponseSchema>> {
  const { invitationId, expiresAt } = await invite(deps, ctx, { email, displayName, locale })
  return { invitationId, expiresAt: timestampFromDate(expiresAt) }
}

/** The invitations that are open. */
export async function listInvitations(
  { db }: Deps,
  _ctx: RequestContext,
  { after, pageSize }: ListInvitationsRequest,
): Promise<MessageInitShape<typeof ListInvitationsResponseSchema>> {
  const limit = pageSize || pageSizeDefault
  const rows = await listOpenInvitations(db, { after: after || null, limit: limit + 1 })
  const page = rows.slice(0, limit)
  return {
    invitations: page.map((row) => ({
      id: row.id,
      email: row.value,
      displayName: row.displayName,
      invitedBy: row.invitedBy ?? '',
      createdAt: timestampFromDate(row.createdAt),
      expiresAt: timestampFromDate(row.expiresAt),
      expired: row.expired,
    })),
    next: rows.length > limit ? (page.at(-1)?.id ?? '') : '',
  }
}

/** Sends the mail once more. */
export async function resendInvitation(
  deps: Deps,
  ctx: RequestContext,
  { invitationId }: ResendInvitationRequest,
): Promise<MessageInitShape<typeof ResendInvitationResponseSchema>> {
  const { expiresAt } = await inviteAgain(deps, ctx, { invitationId })
  return { expiresAt: timestampFromDate(expiresAt) }
}

/** Takes an invitation back. */
export async function revokeInvitation(
  deps: Deps,
  ctx: RequestContext,
  { invitationId }: RevokeInvitationRequest,
): Promise<MessageInitShape<typeof RevokeInvitationResponseSchema>> {
  await takeBack(deps, ctx, { invitationId })
  return {}
}

/** Opens the account. */
export async function acceptInvitation(
  deps: Deps,
  ctx: RequestContext,
  { token, email, code, password, displayName }: AcceptInvitationRequest,
): Promise<MessageInitShape<typeof AcceptInvitationResponseSchema>> {
  return acceptOwnInvitation(deps, ctx, { token, email, code, password, displayName })
}
