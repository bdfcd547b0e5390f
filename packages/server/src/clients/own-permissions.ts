/** Nobody gives a client what they may not do themselves: whoever has its secret can do what the client may do. */

import { ErrorReason } from '@signet/contract'
import { SignetError } from '../errors.ts'
import type { RequestContext } from '../request-context.ts'
import { violation } from './client-violations.ts'

/** Throws PERMISSION_DENIED where the caller lacks one of these permissions. An operator lacks none. */
export function requireOwnPermissions(
  { caller }: Pick<RequestContext, 'caller'>,
  permissions: readonly string[],
): void {
  if (caller.kind === 'operator') return
  if (caller.kind === 'anonymous') throw new SignetError(ErrorReason.UNAUTHENTICATED)
  const own = caller.permissions
  if (caller.kind === 'user' && own.has('*')) return
  const foreign = permissions.find((permission) => !own.has(permission))
  if (foreign === undefined) return
  const message = `You cannot give a client the permission ${JSON.stringify(foreign)}, because you do not have it.`
  throw new SignetError(ErrorReason.PERMISSION_DENIED, {
    violations: [violation('record.permissions', 'permission_of_others', message)],
    detail: `gives away ${foreign}`,
  })
}
