/**
 * Opens a client again that was disabled. What had ended stays ended, its secrets too: its cut is not lowered.
 *
 * Errors: NOT_FOUND.
 */

import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import type { ClientId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { enableClient as enableDisabledClient, findClient } from './clients.sql.ts'

/** Opens the client; `changed` is false where it was open before. */
export async function enableClient(
  deps: Pick<Deps, 'db' | 'masterSecret'>,
  ctx: RequestContext,
  { clientId }: { clientId: ClientId },
): Promise<{ changed: boolean }> {
  return deps.db.transaction(async (tx) => {
    if ((await enableDisabledClient(tx, { id: clientId, now: ctx.now })) === 0) {
      if ((await findClient(tx, { id: clientId })) !== undefined) return { changed: false }
      throw new SignetError(ErrorReason.NOT_FOUND, { detail: 'no such client' })
    }
    await recordEvent({ ...deps, db: tx }, ctx, {
      kind: 'client.enabled',
      outcome: 'success',
      clientId,
    })
    return { changed: true }
  })
}
