/**
 * Limits failures to prove that one is a client: per client and network, and per network over all clients.
 *
 * 1. A failure is counted by one statement, unless the source is closed: then it is refused without a word on what was wrong.
 *    A full window closes until it is over, which begins with its first failure.
 * 2. Nothing counts against the client itself, so no stranger can lock it out from where he is. Nor from its own network:
 *    a secret that was used within the last hour is let through always. Only one that has rested for longer waits with the
 *    others.
 *
 * Unknown clients are counted like known ones. The table names neither clients nor addresses.
 *
 * Errors: RATE_LIMITED.
 * Specs: RFC 6749 §2.3.1 (brute force), OWASP ASVS 5.0 V6.3.1.
 */

import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import type { RequestContext } from '../request-context.ts'
import { networkOf } from './address-network.ts'
import { counterKey } from './counter-key.ts'
import { clientRetryAfter, countClientFailure as count } from './throttling.sql.ts'

type FailureDeps = Pick<Deps, 'db' | 'masterSecret'>

const sourceMax = 50
const networkMax = 500
const windowSeconds = 900

/** Counts a failure at this id, whether there is such a client or not. Throws RATE_LIMITED where the source is closed. */
export async function countClientFailure(
  deps: FailureDeps,
  ctx: Pick<RequestContext, 'ipAddress'>,
  clientId: string,
): Promise<void> {
  const limits = { sourceMax, networkMax, windowSeconds }
  refuseClosed(await count(deps.db, { ...countersOf(deps, ctx, clientId), ...limits }))
}

/** Throws RATE_LIMITED where the source is closed. For a secret that has rested. */
export async function checkClientSource(
  deps: FailureDeps,
  ctx: Pick<RequestContext, 'ipAddress'>,
  clientId: string,
): Promise<void> {
  refuseClosed(await clientRetryAfter(deps.db, countersOf(deps, ctx, clientId)))
}

function refuseClosed({ retryAfter }: { retryAfter: number | null }): void {
  if (retryAfter === null) return
  const detail = 'too many failures to prove to be this client, or any, from this network'
  throw new SignetError(ErrorReason.RATE_LIMITED, { retryAfterSeconds: retryAfter, detail })
}

function countersOf(
  { masterSecret }: FailureDeps,
  { ipAddress }: Pick<RequestContext, 'ipAddress'>,
  clientId: string,
): { source: Buffer; network: Buffer } {
  const network = networkOf(ipAddress)
  return {
    source: counterKey(masterSecret, 'guess counters', 'client source', clientId, network),
    network: counterKey(masterSecret, 'guess counters', 'client network', network),
  }
}
