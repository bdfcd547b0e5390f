/**
 * Remembers, for a few seconds, which credentials proved which client: a service that asks with every one of its own
 * requests is looked up now and then, not each time.
 *
 * What is remembered is one client's good secret, by SHA-256 of id and secret, never the secret itself; bounded; for
 * `trustedMs`, and never beyond the expiry of the secret. Whatever ends the client earlier stands in the revocation log, and
 * the one who asks holds it against that. A secret that was replaced is refused when the memory of it is over:
 * docs/decisions/0009-clients-are-remembered.md says why that is right.
 */

import { hash } from 'node:crypto'
import type { ClientCredentials } from '../authorization-header.ts'
import type { ClientCaller } from '../request-context.ts'

export interface KnownClients {
  find(credentials: ClientCredentials): ClientCaller | undefined
  /** Remembers for at most `secondsMax` seconds. */
  add(credentials: ClientCredentials, client: ClientCaller, secondsMax: number): void
  count(): number
}

/** How long after it was read a secret is taken for good. */
export const trustedMs = 5_000
const entriesMaxDefault = 10_000

interface Entry {
  client: ClientCaller
  untilMs: number
}

/** An empty memory of at most `entriesMax` credentials; the one that was added first leaves first. */
export function openKnownClients(entriesMax = entriesMaxDefault): KnownClients {
  const entries = new Map<string, Entry>()
  return {
    find(credentials) {
      const key = digest(credentials)
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      if (performance.now() < entry.untilMs) return entry.client
      entries.delete(key)
      return undefined
    },
    add(credentials, client, secondsMax) {
      if (entries.size >= entriesMax) {
        for (const oldest of entries.keys()) {
          entries.delete(oldest)
          break
        }
      }
      const untilMs = performance.now() + Math.min(trustedMs, secondsMax * 1000)
      entries.set(digest(credentials), { client, untilMs })
    },
    count: () => entries.size,
  }
}

/** No id holds a colon, so no two credentials are joined to the same text. */
function digest({ clientId, clientSecret }: ClientCredentials): string {
  return hash('sha256', `${clientId}:${clientSecret}`, 'base64url')
}
