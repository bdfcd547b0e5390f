/**
 * Deletes what is over, in bounded batches, so that no table grows with time alone.
 *
 * Nothing depends on it: whoever reads a row asks whether it is still good. Each batch is a statement of its own and may
 * be cut off anywhere; two at once only share the work. Which rows are over, each feature says of its own. What one run does not manage the next one does.
 *
 * The event log and the revocation log are not meant: they have sweepers of their own, which know what must stay.
 *
 * Errors: UNAVAILABLE.
 */

import { deleteUsedAssertions } from '../clients/delete-old.ts'
import type { Db } from '../db/query.ts'
import {
  deleteOldProviderSignIns,
  deleteOldWaitingIdentities,
  deleteTakenLogoutTokens,
} from '../federation/delete-old.ts'
import { deleteOldGrants } from '../grants/delete-old.ts'
import { deleteGoneGuests } from '../guests/delete-old.ts'
import { deleteOldInvitations } from '../invitations/delete-old.ts'
import { deleteOldCodes } from '../oauth/delete-old.ts'
import { deleteDoneJobs } from '../queue/delete-old.ts'
import { keptSeconds } from '../queue/job-kinds.ts'
import { deleteOldLinks } from '../recovery/delete-old.ts'
import { deleteOldSessions } from '../sessions/delete-old.ts'
import {
  deleteForgottenDevices,
  deleteForgottenGuesses,
  deleteForgottenMailRequests,
} from '../throttling/delete-old.ts'
import { deleteUnprovenAccounts } from '../users/delete-old.ts'

/** How long sessions and grants are kept after their end, for those who look into what happened. */
const keptDays = 30
const batchSizeDefault = 500
const batchesMax = 200

/** Deletes until nothing is left, the signal aborts, or the run has done its share. */
export async function cleanUp(
  db: Db,
  signal: AbortSignal,
  { batchSize = batchSizeDefault }: { batchSize?: number } = {},
): Promise<void> {
  const limit = batchSize
  const sweeps = [
    () => deleteOldCodes(db, { limit }),
    () => deleteOldGrants(db, { days: keptDays, limit }),
    () => deleteOldSessions(db, { days: keptDays, limit }),
    () => deleteOldLinks(db, { days: keptDays, limit }),
    () => deleteGoneGuests(db, { limit }),
    () => deleteOldInvitations(db, { days: keptDays, limit }),
    () => deleteUnprovenAccounts(db, { limit }),
    () => deleteForgottenMailRequests(db, { limit }),
    () => deleteForgottenGuesses(db, { limit }),
    () => deleteForgottenDevices(db, { limit }),
    () => deleteUsedAssertions(db, { limit }),
    () => deleteOldProviderSignIns(db, { limit }),
    () => deleteOldWaitingIdentities(db, { limit }),
    () => deleteTakenLogoutTokens(db, { limit }),
    () => deleteDoneJobs(db, { seconds: keptSeconds.done, limit }),
  ]
  for (const sweep of sweeps) {
    for (let batches = 0; batches < batchesMax && !signal.aborted; batches += 1) {
      if ((await sweep()) < limit) break
    }
  }
}
