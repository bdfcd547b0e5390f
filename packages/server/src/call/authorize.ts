/**
 * Who may call a method: its access option against the caller.
 *
 * 1. `public`: anyone, and credentials are not even read, so that a stale token cannot lock a person out of signing in.
 * 2. `user` and `recent` need an accepted access token: its user becomes the caller. A client is never let in as one.
 *    A client that is not one of ours needs a scope for that, `signet:account` or `signet:*`: whoever may read invoices
 *    for a user must not change that user's password.
 * 3. `recent`: the person proved who they are at most five minutes ago.
 * 4. `client` needs client authentication. What a client may do there, its handler decides.
 * 5. `permission` admits both: a user one of whose roles grants it, or grants `*`, and a client whose record grants it.
 *    No record grants `*`.
 *
 * Errors: UNAUTHENTICATED, RECENT_AUTHENTICATION_REQUIRED, PERMISSION_DENIED.
 * Specs: RFC 6750 §3.1, RFC 6749 §2.3, RFC 9470 §3.
 */

import { ErrorReason } from '@signet/contract'
import type { Credentials } from '../authorization-header.ts'
import { SignetError } from '../errors.ts'
import type { Caller, ClientCaller, UserCaller } from '../request-context.ts'
import { accountScope, everythingScope } from '../signet-scopes.ts'
import type { Who } from './method.ts'

export const recentAuthenticationSeconds = 300

/** Whether a call of this method has to carry credentials. */
export function needsCredentials(who: Who): boolean {
  return who.case !== 'public'
}

/** The credentials, where this level admits such ones. They are not verified yet. */
export function admitCredentials(who: Who, credentials: Credentials | undefined): Credentials {
  const wanting = who.case === 'client' ? 'basic' : 'bearer'
  if (credentials === undefined) throw unauthenticated(wanting)
  if (credentials.scheme !== wanting && who.case !== 'permission') throw unauthenticated(wanting)
  return credentials
}

/** Throws unless the caller may call a method of this access level at this time. */
export function authorize(who: Who, caller: Caller, now: Date): void {
  if (who.case === 'public') return
  const isClientMethod = who.case === 'client'
  if (caller.kind === 'anonymous' || caller.kind === 'operator')
    throw unauthenticated(isClientMethod ? 'basic' : 'bearer')
  if (who.case === 'permission') {
    requirePermission(caller, who.value)
    return
  }
  if (isClientMethod !== (caller.kind === 'client')) {
    throw unauthenticated(isClientMethod ? 'basic' : 'bearer')
  }
  if (caller.kind === 'user') requireAccountScope(caller)
  if (who.case === 'recent' && caller.kind === 'user') {
    const ageMs = now.getTime() - caller.authTime.getTime()
    if (ageMs > recentAuthenticationSeconds * 1000)
      throw new SignetError(ErrorReason.RECENT_AUTHENTICATION_REQUIRED)
  }
}

function requireAccountScope({ firstParty, scopes }: UserCaller): void {
  if (firstParty || scopes.includes(accountScope) || scopes.includes(everythingScope)) return
  throw new SignetError(ErrorReason.PERMISSION_DENIED, {
    detail: `lacks the scope ${accountScope}`,
  })
}

function requirePermission(caller: UserCaller | ClientCaller, permission: string): void {
  const { permissions } = caller
  if (permissions.has(permission)) return
  if (caller.kind === 'user' && permissions.has('*')) return
  throw new SignetError(ErrorReason.PERMISSION_DENIED, {
    detail: `lacks ${permission}`,
    ...(caller.kind === 'client' && { challenge: 'basic' }),
  })
}

function unauthenticated(scheme: Credentials['scheme']): SignetError {
  return new SignetError(
    ErrorReason.UNAUTHENTICATED,
    scheme === 'basic' ? { challenge: 'basic', detail: 'needs client authentication' } : {},
  )
}
