/**
 * The permissions that there are: what methods of the contract ask for, and what endpoints of other specifications and
 * methods for clients ask for in their handlers. Granting any other one would grant nothing, and is a slip.
 */

import type { DescService } from '@bufbuild/protobuf'
import { getOption } from '@bufbuild/protobuf'
import * as contract from '@signet/contract'
import { access } from '@signet/contract/options'

/** Mint tokens for the subjects of its own namespace. */
export const mintPermission = 'tokens.mint'
/** Introspect any token, whomever it is meant for (RFC 7662 §2.1). */
export const introspectPermission = 'tokens.introspect'

/** All of them, in the order of the alphabet. */
export function permissionNames(): string[] {
  const services = Object.values(contract).filter(
    (each): each is Extract<typeof each, DescService> =>
      typeof each === 'object' && 'kind' in each && each.kind === 'service',
  )
  const ofMethods = services
    .flatMap(({ methods }) => methods)
    .flatMap((method) => {
      const { who } = getOption(method, access)
      return who.case === 'permission' ? [who.value] : []
    })
  return [...new Set([...ofMethods, mintPermission, introspectPermission])].sort()
}
