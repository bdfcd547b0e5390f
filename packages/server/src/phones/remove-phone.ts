/**
 * Takes a number away. What was sent there to sign in with opens nothing any more. The person is told by the notices.
 *
 * Errors: NOT_FOUND, INVALID_ARGUMENT (rule `phone.last_way_in`), UNAUTHENTICATED, UNAVAILABLE.
 */

import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import { type RequestContext, userCaller } from '../request-context.ts'
import { lockCallerSession } from '../revocation/cut-user.ts'
import { parsePhone } from './phone-number.ts'
import { countPhones, lockNumber, removePhone as removeOwnPhone } from './phones.sql.ts'

/** Takes it away. */
export async function removePhone(
  deps: Pick<Deps, 'config' | 'db' | 'masterSecret'>,
  ctx: RequestContext,
  { phone: text }: { phone: string },
): Promise<void> {
  const { userId } = userCaller(ctx)
  const phone = parsePhone(text, 'phone', [])
  if ('violations' in phone)
    throw new SignetError(ErrorReason.INVALID_ARGUMENT, { violations: phone.violations })
  const { canonical } = phone
  const configuredProviders = deps.config.providers.map(({ id }) => id)
  await deps.db.transaction(async (tx) => {
    await lockNumber(tx, { canonical })
    await lockCallerSession(tx, ctx)
    const removed = await removeOwnPhone(tx, { userId, canonical, configuredProviders })
    if (removed === undefined) {
      const { has } = await countPhones(tx, { userId, canonical })
      throw has
        ? lastWayIn()
        : new SignetError(ErrorReason.NOT_FOUND, { detail: 'no such number of the caller' })
    }
    await recordEvent({ ...deps, db: tx }, ctx, {
      kind: 'phone.removed',
      outcome: 'success',
      subjectId: userId,
      personal: { phone: canonical },
    })
  })
}

function lastWayIn(): SignetError {
  const message = 'This is the last way in to the account. Add and confirm an address first.'
  const violations = [{ field: 'phone', rule: 'phone.last_way_in', message }]
  return new SignetError(ErrorReason.INVALID_ARGUMENT, { violations })
}
