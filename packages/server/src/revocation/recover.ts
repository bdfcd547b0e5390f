/**
 * Recovers from the loss of acknowledged revocations: after a restore, the backup does not hold what was revoked since.
 *
 * 1. One entry ends everything that there is: everyone signs in again.
 * 2. The log goes on under another id, 2^32 positions further: whoever knows positions of the lost time starts anew,
 *    and no token of that time is newer than the entry. The counter is locked last, so nobody is waited for under it.
 */

import type { Deps } from '../deps.ts'
import { recordEvent } from '../events/record-event.ts'
import type { RequestContext } from '../request-context.ts'
import { countLiveSessions, logGlobalCut, renewLog } from './live-log.sql.ts'
import type { LiveLog } from './live-log.ts'
import type { RevocationReason } from './revocation-reasons.ts'

const reason: RevocationReason = 'recovered'

/** Ends every session and grant of everyone; answers how many sessions were alive. */
export async function recoverInstallation(
  deps: Pick<Deps, 'db' | 'masterSecret'> & { revocations: Pick<LiveLog, 'told'> },
  ctx: RequestContext,
): Promise<{ sessionsEnded: number }> {
  const outcome = await deps.db.transaction(async (tx) => {
    const { count: sessionsEnded } = await countLiveSessions(tx, { bound: null })
    await recordEvent({ ...deps, db: tx }, ctx, {
      kind: 'installation.recovered',
      outcome: 'success',
      details: { sessionsEnded },
    })
    await logGlobalCut(tx, { reason })
    await renewLog(tx)
    return { sessionsEnded }
  })
  await deps.revocations.told()
  return outcome
}
