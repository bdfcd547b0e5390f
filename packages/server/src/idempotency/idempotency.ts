/**
 * Idempotency keys: a caller that got no answer sends the same request again under the same key, and it is done once.
 *
 * 1. Before the work: what was done under this key already is not done again, and is answered as it was.
 * 2. In the transaction of the work the key is taken, so that both are there or neither. Of requests that come at once
 *    one does the work; the others wait for its transaction and then find it done.
 * 3. The same key with another request is refused. So is nothing else: a request that failed leaves no key behind, and
 *    may be sent again.
 *
 * For methods whose success says the same each time, so that no answer has to be kept. A key is good for 24 hours, for
 * one method and one caller.
 *
 * Neither the key nor the request is stored. Requests hold passwords, which a plain hash would give away: the
 * fingerprint is an HMAC under the key, and the key is stored as a hash alone. It is not derived from the master secret,
 * because instances may have different ones while a new one is rolled out.
 *
 * Errors: IDEMPOTENCY_KEY_REUSED.
 * Specs: The Idempotency-Key HTTP Header Field (draft-ietf-httpapi-idempotency-key-header-07) §2.
 */

import { createHmac, hash } from 'node:crypto'
import { ErrorReason } from '@signet/contract'
import type { Db } from '../db/query.ts'
import { SignetError } from '../errors.ts'
import type { RequestContext } from '../request-context.ts'
import { findIdempotencyKey, insertIdempotencyKey } from './idempotency.sql.ts'

/** A request that may be a repeat. */
export interface KeyedRequest {
  keyHash: Buffer
  fingerprint: Buffer
}

/** The request under its key; undefined where the caller sent none. `by` tells callers apart, where they are known. */
export function keyedRequest(
  ctx: Pick<RequestContext, 'idempotencyKey'>,
  { method, by, fields }: { method: string; by: string; fields: readonly string[] },
): KeyedRequest | undefined {
  const key = ctx.idempotencyKey
  if (key === undefined) return undefined
  return {
    keyHash: hash('sha256', JSON.stringify(['idempotency key', method, by, key]), 'buffer'),
    fingerprint: createHmac('sha256', key).update(JSON.stringify(fields)).digest(),
  }
}

/** Whether this very request was done before. Throws where another one was, under the same key. */
export async function isRepeat(db: Db, request: KeyedRequest | undefined): Promise<boolean> {
  if (request === undefined) return false
  const found = await findIdempotencyKey(db, request)
  if (found === undefined) return false
  if (found.fingerprint.equals(request.fingerprint)) return true
  throw new SignetError(ErrorReason.IDEMPOTENCY_KEY_REUSED)
}

/** Takes the key in the transaction of the work. False where the work is done already. Throws as above. */
export async function takeKey(tx: Db, request: KeyedRequest | undefined): Promise<boolean> {
  if (request === undefined || (await insertIdempotencyKey(tx, request)) === 1) return true
  // A statement of its own sees what was committed while the one before waited.
  return !(await isRepeat(tx, request))
}
