/**
 * Limits how often anybody can have mail sent: to one address, whether it is known or not, and from one network. The
 * waits stay short enough that a stranger who asks all the time cannot keep the owner of an address from asking; each
 * request that is let through reaches the owner anyway.
 *
 * Errors: RATE_LIMITED.
 */

import { createHmac } from 'node:crypto'
import { ErrorReason } from '@signet/contract'
import type { MasterSecret } from '../crypto/master-secret.ts'
import type { Db } from '../db/query.ts'
import { SignetError } from '../errors.ts'
import { networkOf } from './address-network.ts'
import { countMailRequest, mailRetryAfter } from './throttling.sql.ts'

const freePerNetwork = 30

/** Counts one request, in the transaction that sends; throwing, it undoes the count of the address. */
export async function admitMailRequest(
  deps: { db: Db; masterSecret: MasterSecret },
  { ipAddress, purpose, canonical }: { ipAddress: string; purpose: string; canonical: string },
): Promise<void> {
  const secret = deps.masterSecret.derive('mail requests')
  const keyed = (...parts: string[]) =>
    createHmac('sha256', secret).update(JSON.stringify(parts)).digest()
  await admit(deps.db, keyed('address', purpose, canonical), 0)
  await admit(deps.db, keyed('network', networkOf(ipAddress)), freePerNetwork)
}

async function admit(db: Db, key: Buffer, free: number): Promise<void> {
  if ((await countMailRequest(db, { key, free })) !== undefined) return
  const wait = await mailRetryAfter(db, { key })
  throw new SignetError(ErrorReason.RATE_LIMITED, {
    retryAfterSeconds: wait?.seconds ?? 1,
    detail: 'mail was asked for too often',
  })
}
