/** Answers UserService: the profile of whoever calls. */

import type { MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import {
  ErrorReason,
  type GetMeRequest,
  type GetMeResponseSchema,
  IdentifierKind,
  type UpdateMeRequest,
  type UpdateMeResponseSchema,
  type UserSchema,
  UserStatus,
} from '@signet/contract'
import { readAvatars } from '../avatars/read-avatars.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import type { UserId } from '../ids.ts'
import { type RequestContext, userCaller } from '../request-context.ts'
import { updateUserProfile } from './update-me.ts'
import { findUser, listIdentifiers } from './users.sql.ts'

const statuses = {
  active: UserStatus.ACTIVE,
  suspended: UserStatus.SUSPENDED,
  deleted: UserStatus.UNSPECIFIED,
} as const

const identifierKinds = {
  email: IdentifierKind.EMAIL,
  phone: IdentifierKind.PHONE,
  username: IdentifierKind.USERNAME,
} as const

/** The signed-in user. */
export async function getMe(
  deps: Deps,
  ctx: RequestContext,
  _input: GetMeRequest,
): Promise<MessageInitShape<typeof GetMeResponseSchema>> {
  return { user: await userMessage(deps, userCaller(ctx).userId) }
}

/** Changes the profile of the signed-in user. */
export async function updateMe(
  deps: Deps,
  ctx: RequestContext,
  { displayName, locale }: UpdateMeRequest,
): Promise<MessageInitShape<typeof UpdateMeResponseSchema>> {
  const { userId } = userCaller(ctx)
  await updateUserProfile(deps, ctx, { userId, change: { displayName, locale } })
  return { user: await userMessage(deps, userId) }
}

async function userMessage(
  deps: Deps,
  userId: UserId,
): Promise<MessageInitShape<typeof UserSchema>> {
  const [user, identifiers, avatars] = await Promise.all([
    findUser(deps.db, { id: userId }),
    listIdentifiers(deps.db, { userId }),
    readAvatars(deps, [userId]),
  ])
  const avatar = avatars.get(userId)
  // Deleted between authentication and here.
  if (user === undefined) throw new SignetError(ErrorReason.UNAUTHENTICATED)
  return {
    id: user.id,
    displayName: user.displayName,
    locale: user.locale,
    status: statuses[user.status],
    identifiers: identifiers.map(({ kind, value, verified, primary }) => ({
      kind: identifierKinds[kind],
      value,
      verified,
      primary,
    })),
    roles: user.roleNames,
    createdAt: timestampFromDate(user.createdAt),
    ...(avatar && { avatar }),
  }
}
