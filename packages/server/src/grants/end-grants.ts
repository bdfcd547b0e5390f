/** Ends grants, and what whoever ends more than one locks first. */

import type { Db } from '../db/query.ts'
import type { ClientId, UserId } from '../ids.ts'
import type { RevocationReason } from '../revocation/revocation-reasons.ts'
import { endGrantsOfClient as endAll, endGrant, lockGrantsOfSession } from './grants.sql.ts'

export { endGrant, lockGrantsOfSession }

/** Ends every grant that a client has of a person, in a transaction that announces it afterwards. Answers how many there were. */
export async function endGrantsOfClient(
  tx: Db,
  ending: { userId: UserId; clientId: ClientId; reason: RevocationReason },
): Promise<number> {
  return (await endAll(tx, ending)).length
}
