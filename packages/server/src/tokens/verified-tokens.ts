/**
 * Remembers whose signature was found right, so that a token which comes with every call is verified once.
 *
 * Kept by SHA-256 of the token, never the token itself; bounded; forgotten when the token expires. It says that the
 * signature is right, and nothing about whether the session is alive.
 */

import { hash } from 'node:crypto'
import type { AccessTokenClaims } from './access-token-claims.ts'

export interface VerifiedTokens {
  find(token: string, now: Date): AccessTokenClaims | undefined
  add(token: string, claims: AccessTokenClaims): void
  count(): number
}

const entriesMaxDefault = 10_000

/** An empty memory of at most `entriesMax` tokens; the one that was added first leaves first. */
export function openVerifiedTokens(entriesMax = entriesMaxDefault): VerifiedTokens {
  const entries = new Map<string, AccessTokenClaims>()
  return {
    find(token, now) {
      const key = digest(token)
      const claims = entries.get(key)
      if (claims === undefined || claims.exp * 1000 > now.getTime()) return claims
      entries.delete(key)
      return undefined
    },
    add(token, claims) {
      if (entries.size >= entriesMax) {
        for (const oldest of entries.keys()) {
          entries.delete(oldest)
          break
        }
      }
      entries.set(digest(token), claims)
    },
    count: () => entries.size,
  }
}

function digest(token: string): string {
  return hash('sha256', token, 'base64url')
}
