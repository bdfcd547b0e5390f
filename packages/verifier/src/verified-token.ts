/**
 * What a handler learns about whoever calls: the claims of a token that was verified, in the words of TypeScript. It is
 * frozen throughout, because every request with the same token is given the same object.
 */

import type { AccessTokenClaims } from './claims.ts'

export interface VerifiedToken {
  /** Who: an opaque identifier, of a user or of a client that acts for itself. */
  readonly sub: string
  readonly clientId: string
  readonly scopes: readonly string[]
  readonly roles: readonly string[]
  /** What the roles give, by the map that the verifier was made with. */
  readonly permissions: readonly string[]
  /** Undefined where the grant outlives sessions, and for a client that acts for itself. */
  readonly sessionId: string | undefined
  readonly expiresAt: Date
  readonly claims: AccessTokenClaims
}

/** Which permissions a role gives. */
export type RolePermissions = Readonly<Record<string, readonly string[]>>

export function describeToken(
  claims: AccessTokenClaims,
  rolePermissions: RolePermissions,
): VerifiedToken {
  const { sub, client_id: clientId, scope = '', roles = [], sid: sessionId } = claims
  const given = roles.flatMap((role) =>
    Object.hasOwn(rolePermissions, role) ? (rolePermissions[role] ?? []) : [],
  )
  return freeze({
    sub,
    clientId,
    scopes: scope.split(' ').filter((each) => each !== ''),
    roles: [...roles],
    permissions: [...new Set(given)],
    sessionId,
    expiresAt: new Date(claims.exp * 1000),
    claims,
  })
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const member of Object.values(value)) freeze(member)
  }
  return value
}
