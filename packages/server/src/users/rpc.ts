/** Answers UserService: the profile of whoever calls. */

import type { MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import {
  ErrorReason,
  type GetMeRequest,
  type GetMeResponseSchema,
  IdentifierKind,
  UserStatus,
} from '@signet/contract'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { type RequestContext, userCaller } from '../request-context.ts'
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
  const { userId } = userCaller(ctx)
  const [user, identifiers] = await Promise.all([
    findUser(deps.db, { id: userId }),
    listIdentifiers(deps.db, { userId }),
  ])
  // Deleted between authentication and here.
  if (user === undefined) throw new SignetError(ErrorReason.UNAUTHENTICATED)
  return {
    user: {
      id: user.id,
      displayName: user.displayName,
      locale: user.locale,
      status: statuses[user.status],
      identifiers: identifiers.map(({ kind, value, verified }) => ({
        kind: identifierKinds[kind],
        value,
        verified,
      })),
      roles: user.roleNames,
      createdAt: timestampFromDate(user.createdAt),
    },
  }
}
