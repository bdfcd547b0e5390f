/**
 * Limits how often anybody can have mail sent: to one address, whether it is known or not, and from one network. The
 * waits stay short enough that a stranger who asks all the time cannot keep the owner of an address from asking; each
 * request that is let through reaches the owner anyway.
 *
 * Errors: RATE_LIMITED.
 */

import { ErrorReason } from '@signet/contract'
import type { MasterSecret } from '../crypto/master-secret.ts'
import type { Db } from '../db/query.ts'
import { SignetError } from '../errors.ts'
import { networkOf } from './address-network.ts'
import { counterKey } from './counter-key.ts'
import { countForNetwork, countRequest, requestRetryAfter } from './throttling.sql.ts'

const freePerNetwork = 30
/** More, because a class or an office signs up together, and is not told when no mail goes out. */
const signUpsPerHour = 100
const hourSeconds = 3600
/** How many mails that nobody asked for in so many words go out before waiting begins. */
const freeUnasked = { sign_up: 5, email_verification: 0 } as const

/**
 * Counts one request, in the transaction that sends, and answers how many seconds the next one for this address has to wait;
 * throwing, it undoes the count of the address.
 */
export async function admitMailRequest(
  deps: { db: Db; masterSecret: MasterSecret },
  { ipAddress, purpose, canonical }: { ipAddress: string; purpose: string; canonical: string },
): Promise<number> {
  const waitSeconds = await admit(deps.db, keyOf(deps, 'address', purpose, canonical), 0)
  await admit(deps.db, keyOf(deps, 'network', networkOf(ipAddress)), freePerNetwork)
  return waitSeconds
}

/** Counts one request that concerns no address. */
export async function admitFromNetwork(
  deps: { db: Db; masterSecret: MasterSecret },
  { ipAddress, purpose }: { ipAddress: string; purpose: string },
): Promise<void> {
  await admit(deps.db, keyOf(deps, 'network', purpose, networkOf(ipAddress)), freePerNetwork)
}

/** Counts one request of somebody who may write to many: only the address is counted. */
export async function admitMailTo(
  deps: { db: Db; masterSecret: MasterSecret },
  { purpose, canonical }: { purpose: string; canonical: string },
): Promise<void> {
  await admit(deps.db, keyOf(deps, 'address', purpose, canonical), 0)
}

/**
 * Whether what somebody does may send mail to this address. It is never refused for that: whoever signs up, or gives the
 * password of an address that is not proved, is told the same either way. Each mail to somebody who has an account voids
 * the one before, and opens new tries at its code.
 */
export async function admitUnaskedMail(
  deps: { db: Db; masterSecret: MasterSecret },
  { purpose, canonical }: { purpose: keyof typeof freeUnasked; canonical: string },
): Promise<boolean> {
  const key = keyOf(deps, 'address', purpose, canonical)
  return (await countRequest(deps.db, { key, free: freeUnasked[purpose] })) !== undefined
}

/** Likewise for a sign-up, which anybody can make for any number of addresses: its network is counted, too. */
export async function admitSignUpMail(
  deps: { db: Db; masterSecret: MasterSecret },
  { ipAddress, canonical }: { ipAddress: string; canonical: string },
): Promise<boolean> {
  if (!(await admitUnaskedMail(deps, { purpose: 'sign_up', canonical }))) return false
  const network = keyOf(deps, 'network', 'sign_up', networkOf(ipAddress))
  const limit = { networkMax: signUpsPerHour, windowSeconds: hourSeconds }
  return (await countForNetwork(deps.db, { network, ...limit })).retryAfter === null
}

function keyOf({ masterSecret }: { masterSecret: MasterSecret }, ...parts: string[]): Buffer {
  return counterKey(masterSecret, 'mail requests', ...parts)
}

async function admit(db: Db, key: Buffer, free: number): Promise<number> {
  const counted = await countRequest(db, { key, free })
  if (counted !== undefined) return counted.waitSeconds
  const wait = await requestRetryAfter(db, { key })
  throw new SignetError(ErrorReason.RATE_LIMITED, {
    retryAfterSeconds: wait?.seconds ?? 1,
    detail: 'mail was asked for too often',
  })
}
