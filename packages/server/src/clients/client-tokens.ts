/** What tokens a client may get, read from its record. */

import type { SigningAlgorithm } from '../crypto/jws.ts'
import type { Db } from '../db/query.ts'
import type { ClientTokens } from '../request-context.ts'
import { isClientId } from './client-id.ts'
import { findPublicClient } from './clients.sql.ts'

type Row = NonNullable<Awaited<ReturnType<typeof findPublicClient>>>

/** Of an active client that has nothing to prove itself with; undefined where there is no such client. */
export async function findPublicClientTokens(
  db: Db,
  id: string,
): Promise<ClientTokens | undefined> {
  const row = isClientId(id) ? await findPublicClient(db, { id }) : undefined
  return row === undefined ? undefined : tokensOf(row)
}

/** In the words of the token endpoint. */
export function tokensOf(row: Row): ClientTokens {
  return {
    grantTypes: new Set(row.grantTypes),
    scopes: row.scopes,
    audiences: row.audiences,
    signingAlgorithm: row.signingAlgorithm as SigningAlgorithm,
    accessTokenLifetimeSeconds: row.accessTokenLifetimeSeconds ?? undefined,
  }
}
