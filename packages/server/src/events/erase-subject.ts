/**
 * Erases a person from the event log: destroys the key of their personal fields and records that this was done.
 *
 * The events stay, and the chain still verifies; addresses, user agents and personal facts cannot be read again, and
 * nothing personal is recorded for this person any more. Copies of the key in backups last as long as the backups.
 *
 * No command and no method erases a person yet; this is the part of it that the event log has to play.
 */

import type { MasterSecret } from '../crypto/master-secret.ts'
import type { Db } from '../db/query.ts'
import type { UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { eraseEventKey } from './events.sql.ts'
import { recordEvent } from './record-event.ts'

/** Runs in the caller's transaction, which deletes the user too. Doing it twice changes nothing more. */
export async function eraseSubject(
  deps: { db: Db; masterSecret: MasterSecret },
  ctx: RequestContext,
  subjectId: UserId,
): Promise<void> {
  await eraseEventKey(deps.db, { owner: subjectId, erasedAt: ctx.now })
  await recordEvent(deps, ctx, { kind: 'user.erased', outcome: 'success', subjectId })
}
