/** Whether a client has registered an address, for who knows nothing else of it. */

import type { Db } from '../db/query.ts'
import type { ClientId } from '../ids.ts'
import { findClient } from './clients.sql.ts'
import { isRegisteredRedirectUri } from './redirect-uri.ts'

/** Whether it is one of the client's own. */
export async function isRedirectUriOfClient(
  db: Db,
  { clientId, redirectUri }: { clientId: ClientId; redirectUri: string },
): Promise<boolean> {
  const client = await findClient(db, { id: clientId })
  if (client === undefined) return false
  const { redirectUris: registered, type } = client
  return isRegisteredRedirectUri(redirectUri, { registered, isPublic: type === 'public' })
}
