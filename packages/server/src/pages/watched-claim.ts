/**
 * What the browser that asks for a proof of an address keeps, to hear when it is given: in another tab, or on another device.
 *
 * The account is named before anybody looks whether one is opened. An address that is known leaves a name of nothing, which is
 * watched in the same way and never comes true; the person in front of the browser cannot tell one from the other. It is sealed,
 * so that nobody watches what they did not ask for.
 *
 * Specs: OWASP ASVS 5.0 V6.3.8.
 */

import { readCookie, writeCookie } from '../cookie-header.ts'
import { seal, unseal } from '../crypto/seal.ts'
import type { Deps } from '../deps.ts'
import type { UserId } from '../ids.ts'
import { hasProvedEmail } from '../users/proved.ts'
import type { Visit } from './visit.ts'

export interface WatchedClaim {
  userId: UserId
  /** As it was typed. The page that waits is about this address, or about another one that nobody watches. */
  email: string
  /** As it was typed, for whoever goes back to change the address. */
  displayName: string
}

const purpose = 'claim that a browser watches'
/** As long as the address that was typed is kept, without which nothing is watched. */
const lifetimeSeconds = 3600

/** The `Set-Cookie` header that keeps it for an hour. */
export function watchClaim(
  deps: Pick<Deps, 'masterSecret'>,
  { config }: Pick<Visit, 'config'>,
  claim: WatchedClaim,
): string {
  const value = seal(deps, purpose, claim)
  return writeCookie(config, 'claim', { value, maxAgeSeconds: lifetimeSeconds })
}

/** The `Set-Cookie` header after which nothing is watched. */
export function forgetClaim({ config }: Pick<Visit, 'config'>): string {
  return writeCookie(config, 'claim', { value: '', maxAgeSeconds: 0 })
}

/** What this browser watches, where that is the address that its pages are about. */
export function watchedClaim(
  deps: Pick<Deps, 'config' | 'masterSecret'>,
  { cookieHeader, typedEmail }: Pick<Visit, 'cookieHeader' | 'typedEmail'>,
): WatchedClaim | undefined {
  const text = readCookie(deps.config, cookieHeader, 'claim') ?? ''
  const claim = unseal(deps, purpose, text) as WatchedClaim | undefined
  return claim?.email === typedEmail ? claim : undefined
}

/** Whether what this browser watches has been proved. */
export async function isClaimProved(
  deps: Pick<Deps, 'config' | 'db' | 'masterSecret'>,
  visit: Pick<Visit, 'cookieHeader' | 'typedEmail'>,
): Promise<boolean> {
  const claim = watchedClaim(deps, visit)
  return claim !== undefined && hasProvedEmail(deps.db, claim.userId, claim.email)
}
