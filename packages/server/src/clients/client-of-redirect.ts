/** The client of an authorization, and whether an address is one of its own: until both are known, nothing is sent anywhere. */

import type { Db } from '../db/query.ts'
import { isClientId } from './client-id.ts'
import { findAuthorizationClient } from './clients.sql.ts'
import { isRegisteredRedirectUri } from './redirect-uri.ts'

export type AuthorizationClient = NonNullable<Awaited<ReturnType<typeof findAuthorizationClient>>>

/** Why there is none. */
export type NoClient =
  | { refused: 'unknown' | 'disabled' }
  | { refused: 'redirect_uri'; registered: readonly string[] }

/** The client, where it is active and the redirect URI is one of its own. */
export async function findClientOfRedirect(
  db: Db,
  { clientId: id, redirectUri }: { clientId: string; redirectUri: string },
): Promise<{ client: AuthorizationClient } | NoClient> {
  const client = isClientId(id) ? await findAuthorizationClient(db, { id }) : undefined
  if (client === undefined) return { refused: 'unknown' }
  if (client.status !== 'active') return { refused: 'disabled' }
  const { redirectUris: registered, type } = client
  if (isRegisteredRedirectUri(redirectUri, { registered, isPublic: type === 'public' }))
    return { client }
  return { refused: 'redirect_uri', registered }
}
