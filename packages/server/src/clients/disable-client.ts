/**
 * Disables a client: its grants, sessions and tokens end by one entry in the revocation log, and it gets no others.
 *
 * 1. Close and lock the client; the built-in one stays, because without it nobody could sign in to mend anything.
 * 2. Write the entry. At COMMIT it gets its position, and the cut of the client is raised to it; every instance is told.
 *
 * Errors: NOT_FOUND; INVALID_ARGUMENT (rule `client.built_in`).
 */

import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import type { ClientId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import {
  disableClient as disableActiveClient,
  findClient,
  logClientDisabled,
} from './clients.sql.ts'
import { ownClientId } from './own-client.ts'

/** Disables the client; `changed` is false where it was disabled before. */
export async function disableClient(
  deps: Pick<Deps, 'db' | 'masterSecret'> & {
    revocations: Pick<Deps['revocations'], 'told'>
  },
  ctx: RequestContext,
  { clientId }: { clientId: ClientId },
): Promise<{ changed: boolean }> {
  if (clientId === ownClientId) {
    const message = 'The client signet is built in, and stays.'
    const violations = [{ field: 'client', rule: 'client.built_in', message }]
    throw new SignetError(ErrorReason.INVALID_ARGUMENT, { violations })
  }
  const outcome = await deps.db.transaction(async (tx) => {
    const disabled = await disableActiveClient(tx, { id: clientId, now: ctx.now, ownClientId })
    if (disabled === 0) {
      if ((await findClient(tx, { id: clientId })) !== undefined) return { changed: false }
      throw new SignetError(ErrorReason.NOT_FOUND, { detail: 'no such client' })
    }
    await logClientDisabled(tx, { id: clientId })
    await recordEvent({ ...deps, db: tx }, ctx, {
      kind: 'client.disabled',
      outcome: 'success',
      clientId,
    })
    return { changed: true }
  })
  if (outcome.changed) await deps.revocations.told()
  return outcome
}
