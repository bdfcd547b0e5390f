/**
 * Limits how often anybody can have a text message sent: to one number, whether it is known or not, for one account, and from
 * one network. Messages cost money, and whoever earns from a number likes to have some sent to it.
 *
 * One number waits longer from message to message, as a mailbox does, and gets ten a day at the most.
 *
 * Errors: RATE_LIMITED.
 */

import { ErrorReason } from '@signet/contract'
import type { MasterSecret } from '../crypto/master-secret.ts'
import type { Db } from '../db/query.ts'
import { SignetError } from '../errors.ts'
import { networkOf } from './address-network.ts'
import { counterKey } from './counter-key.ts'
import { countRequest, countSmsRequest, requestRetryAfter } from './throttling.sql.ts'

export const smsPerDay = { number: 10, account: 20, network: 60 } as const

/** Counts one message, in the transaction that sends it; throwing, it undoes what was counted. */
export async function admitSms(
  { db, masterSecret }: { db: Db; masterSecret: MasterSecret },
  { ipAddress, canonical, account }: { ipAddress: string; canonical: string; account?: string },
): Promise<void> {
  const keyOf = (...parts: string[]) => counterKey(masterSecret, 'text messages', ...parts)
  const number = keyOf('number', canonical)
  if ((await countRequest(db, { key: number, free: 0 })) === undefined)
    throw tooMany((await requestRetryAfter(db, { key: number }))?.seconds ?? 1)
  const { retryAfter } = await countSmsRequest(db, {
    number,
    numberMax: smsPerDay.number,
    account: account === undefined ? null : keyOf('account', account),
    accountMax: smsPerDay.account,
    network: keyOf('network', networkOf(ipAddress)),
    networkMax: smsPerDay.network,
  })
  if (retryAfter !== null) throw tooMany(retryAfter)
}

function tooMany(retryAfterSeconds: number): SignetError {
  const detail = 'text messages were asked for too often'
  return new SignetError(ErrorReason.RATE_LIMITED, { retryAfterSeconds, detail })
}
