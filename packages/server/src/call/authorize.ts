/**
 * Who may call a method: its access option against the caller.
 *
 * 1. `public`: anyone, and a token is not even read, so that a stale one cannot lock a person out of signing in.
 * 2. Everything else needs an accepted token: its user becomes the caller.
 * 3. `recent`: the person proved who they are at most five minutes ago.
 * 4. `permission`: one of the caller's roles grants it, or grants `*`.
 *
 * Errors: UNAUTHENTICATED, RECENT_AUTHENTICATION_REQUIRED, PERMISSION_DENIED.
 * Specs: RFC 6750 §3.1, RFC 9470 §3.
 */

import { ErrorReason } from '@signet/contract'
import { SignetError } from '../errors.ts'
import type { Caller } from '../request-context.ts'
import type { Who } from './method.ts'

export const recentAuthenticationSeconds = 300

/** Whether a call of this method has to carry a token. */
export function needsToken(who: Who): boolean {
  return who.case !== 'public'
}

/** Throws unless the caller may call a method of this access level at this time. */
export function authorize(who: Who, caller: Caller, now: Date): void {
  if (who.case === 'public') return
  if (who.case === 'client')
    throw new SignetError(ErrorReason.UNAUTHENTICATED, { detail: 'no client can authenticate' })
  if (caller.kind !== 'user') throw new SignetError(ErrorReason.UNAUTHENTICATED)
  if (who.case === 'recent') {
    const ageMs = now.getTime() - caller.authTime.getTime()
    if (ageMs > recentAuthenticationSeconds * 1000)
      throw new SignetError(ErrorReason.RECENT_AUTHENTICATION_REQUIRED)
  }
  if (who.case === 'permission') {
    const { permissions } = caller
    if (!permissions.has(who.value) && !permissions.has('*'))
      throw new SignetError(ErrorReason.PERMISSION_DENIED, { detail: `lacks ${who.value}` })
  }
}
