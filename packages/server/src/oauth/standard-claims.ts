/**
 * The standard claims about a person that Signet knows, and the scope that asks for each.
 *
 * Specs: OpenID Connect Core 1.0 §5.1 and §5.4.
 */

import type { Json } from '../db/query.ts'
import type { RequestedClaims } from './authorization-request.ts'
import type { Person } from './person.ts'

interface StandardClaim {
  scope: 'profile' | 'email' | 'phone'
  /** Undefined where the person has none: it is left out then. */
  of(person: Person): Json | undefined
}

/** Each claim by its name. */
export const standardClaims: Readonly<Record<string, StandardClaim>> = {
  name: { scope: 'profile', of: ({ displayName }) => displayName || undefined },
  picture: { scope: 'profile', of: ({ picture }) => picture },
  locale: { scope: 'profile', of: ({ locale }) => locale || undefined },
  updated_at: { scope: 'profile', of: ({ updatedAt }) => Math.floor(updatedAt.getTime() / 1000) },
  email: { scope: 'email', of: ({ email }) => email ?? undefined },
  email_verified: {
    scope: 'email',
    of: ({ email, emailVerified }) => (email === null ? undefined : emailVerified === true),
  },
  phone_number: { scope: 'phone', of: ({ phone }) => phone ?? undefined },
  phone_number_verified: {
    scope: 'phone',
    of: ({ phone, phoneVerified }) => (phone === null ? undefined : phoneVerified === true),
  },
}

/** The scopes under which these claims fall; a claim that is not known falls under none. */
export function scopesOfClaims(names: readonly string[]): string[] {
  return [...new Set(names.flatMap((name) => standardClaims[name]?.scope ?? []))]
}

/** The claims about a person for the scopes of a token, and those that were asked for by name. */
export function claimsAbout(
  person: Person,
  { scopes, named }: { scopes: readonly string[]; named: RequestedClaims['userinfo'] },
): Record<string, Json> {
  const wanted = Object.entries(standardClaims).filter(
    ([name, { scope }]) => scopes.includes(scope) || Object.hasOwn(named ?? {}, name),
  )
  return Object.fromEntries(
    wanted.flatMap(([name, claim]) => {
      const value = claim.of(person)
      return value === undefined ? [] : [[name, value]]
    }),
  )
}
