/** Answers EmailService: messages in, use-cases, messages out. */

import type { MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import type {
  AddEmailRequest,
  AddEmailResponseSchema,
  ChangeEmailRequest,
  ChangeEmailResponseSchema,
  ConfirmEmailRequest,
  ConfirmEmailResponseSchema,
  ListEmailsRequest,
  ListEmailsResponseSchema,
  RemoveEmailRequest,
  RemoveEmailResponseSchema,
  SetPrimaryEmailRequest,
  SetPrimaryEmailResponseSchema,
  UndoEmailChangeRequest,
  UndoEmailChangeResponseSchema,
} from '@signet/contract'
import type { Deps } from '../deps.ts'
import { type RequestContext, userCaller } from '../request-context.ts'
import { choosePrimaryEmail } from './choose-primary-email.ts'
import { confirmEmail as confirmWantedEmail } from './confirm-email.ts'
import { listEmails as listOwnEmails, listPendingEmails } from './emails.sql.ts'
import { removeEmail as removeOwnEmail } from './remove-email.ts'
import { requestEmail } from './request-email.ts'
import { undoEmailChange as giveEmailBack } from './undo-email-change.ts'

/** The caller's addresses. */
export async function listEmails(
  { db }: Deps,
  ctx: RequestContext,
  _input: ListEmailsRequest,
): Promise<MessageInitShape<typeof ListEmailsResponseSchema>> {
  const { userId } = userCaller(ctx)
  const [emails, pending] = await Promise.all([
    listOwnEmails(db, { userId }),
    listPendingEmails(db, { userId }),
  ])
  return {
    emails: emails.map(({ id, value, verified, primary }) => ({ id, value, verified, primary })),
    pending: pending.map(({ id, value, replaces, expiresAt }) => ({
      id,
      value,
      replaces: replaces ?? '',
      expiresAt: timestampFromDate(expiresAt),
    })),
  }
}

/** Asks for one more address. */
export async function addEmail(
  deps: Deps,
  ctx: RequestContext,
  { email }: AddEmailRequest,
): Promise<MessageInitShape<typeof AddEmailResponseSchema>> {
  return requestEmail(deps, ctx, { email, replaces: undefined })
}

/** Asks for another address in the place of one. */
export async function changeEmail(
  deps: Deps,
  ctx: RequestContext,
  { email, emailId }: ChangeEmailRequest,
): Promise<MessageInitShape<typeof ChangeEmailResponseSchema>> {
  return requestEmail(deps, ctx, { email, replaces: emailId })
}

/** Proves an address. */
export async function confirmEmail(
  deps: Deps,
  ctx: RequestContext,
  { token, pendingId, code }: ConfirmEmailRequest,
): Promise<MessageInitShape<typeof ConfirmEmailResponseSchema>> {
  const proof = { token, email: '', code, ...(pendingId !== '' && { linkId: pendingId }) }
  return confirmWantedEmail(deps, ctx, { proof })
}

/** Takes an address away. */
export async function removeEmail(
  deps: Deps,
  ctx: RequestContext,
  { emailId }: RemoveEmailRequest,
): Promise<MessageInitShape<typeof RemoveEmailResponseSchema>> {
  await removeOwnEmail(deps, ctx, { emailId })
  return {}
}

/** Chooses where notices go. */
export async function setPrimaryEmail(
  deps: Deps,
  ctx: RequestContext,
  { emailId }: SetPrimaryEmailRequest,
): Promise<MessageInitShape<typeof SetPrimaryEmailResponseSchema>> {
  await choosePrimaryEmail(deps, ctx, { emailId })
  return {}
}

/** Gives an address back. */
export async function undoEmailChange(
  deps: Deps,
  ctx: RequestContext,
  { token }: UndoEmailChangeRequest,
): Promise<MessageInitShape<typeof UndoEmailChangeResponseSchema>> {
  return giveEmailBack(deps, ctx, { token })
}
