/**
 * Asks the issuer whether a token is alive, for routes that prefer a call to a refusal when the view is too old.
 *
 * 1. Only a token whose signature and claims are good is asked about: an invented one costs the issuer nothing.
 * 2. Several requests with one token wait for one answer. No answer is kept.
 * 3. At most 64 calls are under way; beyond that the answer is 503 at once.
 *
 * Errors: `introspection_unavailable`.
 * Specs: RFC 7662 §2.1 and §2.2, §4 (on keeping answers).
 */

import type { IssuerClient } from './issuer-client.ts'
import { refused } from './refusal.ts'
import type { VerifiedToken } from './verified-token.ts'

export interface Introspection {
  /** Whether the issuer says that the token is active, and speaks of the same token. */
  isActive(text: string, token: VerifiedToken): Promise<boolean>
  /** Calls that were made. */
  count(): number
}

const path = '/oauth2/introspect'
const callsAtOnce = 64

export function openIntrospection(issuerClient: IssuerClient): Introspection {
  const underWay = new Map<string, Promise<boolean>>()
  let calls = 0

  async function ask(text: string, { claims }: VerifiedToken): Promise<boolean> {
    calls += 1
    try {
      const { body } = await issuerClient.json(path, {
        method: 'POST',
        authenticated: true,
        contentType: 'application/x-www-form-urlencoded',
        body: new URLSearchParams({ token: text, token_type_hint: 'access_token' }).toString(),
      })
      const answer = (body ?? {}) as Record<string, unknown>
      const speaksOfIt = ['sub', 'client_id', 'jti'].every(
        (name) => answer[name] === undefined || answer[name] === claims[name],
      )
      return answer.active === true && speaksOfIt
    } catch (cause) {
      throw refused('introspection_unavailable', cause)
    }
  }

  return {
    isActive(text, token) {
      const { jti } = token.claims
      const same = underWay.get(jti)
      if (same !== undefined) return same
      if (underWay.size >= callsAtOnce) return Promise.reject(refused('introspection_unavailable'))
      const answer = ask(text, token).finally(() => underWay.delete(jti))
      underWay.set(jti, answer)
      return answer
    },
    count: () => calls,
  }
}
