/**
 * Limits how often sign-ins begin at providers from one network: each is a row for ten minutes, and may be a question to the provider in
 * our name. A house full of people who arrive in the morning stays below it.
 *
 * Errors: RATE_LIMITED.
 */

import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { networkOf } from './address-network.ts'
import { counterKey } from './counter-key.ts'
import { countForNetwork } from './throttling.sql.ts'

const networkMax = 3_000
const windowSeconds = 900

/** Counts one that begins. */
export async function admitProviderSignIn(
  { db, masterSecret }: Pick<Deps, 'db' | 'masterSecret'>,
  { ipAddress }: { ipAddress: string },
): Promise<void> {
  const from = networkOf(ipAddress)
  const network = counterKey(masterSecret, 'guess counters', 'provider sign-ins', from)
  const { retryAfter } = await countForNetwork(db, { network, networkMax, windowSeconds })
  if (retryAfter === null) return
  const detail = 'too many sign-ins at providers from this network'
  throw new SignetError(ErrorReason.RATE_LIMITED, { retryAfterSeconds: retryAfter, detail })
}
