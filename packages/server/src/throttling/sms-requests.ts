/**
 * Limits how often anybody can have a text message sent: to one number, whether it is known or not, for one account, and from
 * one network. Messages cost money, and whoever earns from a number likes to have some sent to it.
 *
 * One number waits longer from message to message, as a mailbox does, and gets ten a day at the most.
 *
 * Errors: RATE_LIMITED.
 */

import { createHmac } from 'node:crypto'
import { ErrorReason } from '@signet/contract'
import type { MasterSecret } from '../crypto/master-secret.ts'
import type { Db } from '../db/query.ts'
import { SignetError } from '../errors.ts'
import { networkOf } from './address-network.ts'
import { countMailRequest, countSmsRequest, mailRetryAfter } from './throttling.sql.ts'

export const smsPerDay = { number: 10, account: 20, network: 60 } as const

/** Counts one message, in the transaction that sends it; throwing, it undoes what was counted. */
export async function admitSms(
  { db, masterSecret }: { db: Db; masterSecret: MasterSecret },
  { ipAddress, canonical, account }: { ipAddress: string; canonical: string; account?: string },
): Promise<void> {
  const secret = masterSecret.derive('text messages')
  const keyOf = (...parts: string[]) =>
    createHmac('sha256', secret).update(JSON.stringify(parts)).digest()
  const number = keyOf('number', canonical)
  if ((await countMailRequest(db, { key: number, free: 0 })) === undefined)
    throw tooMany((await mailRetryAfter(db, { key: number }))?.seconds ?? 1)
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
