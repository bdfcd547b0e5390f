/**
 * What a route asks of a token beyond being good: scopes, permissions, and how fresh the view of what was revoked must be.
 *
 * A permission is a name of yours. Tokens carry roles; which role gives which permission is said once, when the verifier is
 * made. Signet's own permissions are for Signet's own API and have no meaning elsewhere.
 *
 * Errors: `insufficient_scope`, `insufficient_permission`; TypeError where a permission is asked for that no role gives.
 * Specs: RFC 6750 §3.1, RFC 6749 §3.3.
 */

import { VerificationError } from './refusal.ts'
import type { RolePermissions, VerifiedToken } from './verified-token.ts'

/**
 * What happens while the view is older than the budget, and what was revoked may be unknown:
 * - `deny`: 503, and nothing revoked is accepted;
 * - `introspect`: the issuer is asked about each token;
 * - `allow`: a token that is good otherwise is accepted until it expires. Receipts do not cover such a route.
 */
export type Freshness = 'deny' | 'introspect' | 'allow'

export interface Requirements {
  /** Every one of these, space-delimited or as a list. */
  scope?: string | readonly string[]
  /** Every one of these. */
  permission?: string | readonly string[]
  freshness?: Freshness
}

/** Refuses a good token that may not do this. */
export function checkRequirements(token: VerifiedToken, { scope, permission }: Requirements): void {
  if (scope !== undefined && !hasAll(token.scopes, scope)) {
    throw new VerificationError('insufficient_scope', { scope: namesOf(scope).join(' ') })
  }
  if (permission !== undefined && !hasAll(token.permissions, permission)) {
    throw new VerificationError('insufficient_permission')
  }
}

/** Refuses, as a mistake of the program, a permission that no role gives: nobody could ever pass. */
export function assertGivable({ permission = [] }: Requirements, roles: RolePermissions): void {
  const given = Object.values(roles).flat()
  const unknown = namesOf(permission).find((name) => !given.includes(name))
  if (unknown === undefined) return
  throw new TypeError(`no role gives the permission ${unknown}; see the option permissions`)
}

function namesOf(names: string | readonly string[]): readonly string[] {
  return typeof names === 'string' ? names.split(' ').filter((name) => name !== '') : names
}

function hasAll(held: readonly string[], needed: string | readonly string[]): boolean {
  // One name, which is the usual case, is not taken apart.
  if (typeof needed === 'string' && held.includes(needed)) return true
  const names = namesOf(needed)
  return names.every((name) => held.includes(name))
}
