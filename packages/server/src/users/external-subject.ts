/**
 * Users who prove who they are to a service, not to Signet: known by the namespace of the service, a provider, and a
 * subject in the provider's words.
 *
 * The same three are always the same user, and no others ever are: neither those of another service with the same subject, nor a
 * user of Signet with the same address. What is said about an address proves nothing, and nobody is found by it.
 */

import type { Db } from '../db/query.ts'
import { newId, type UserId } from '../ids.ts'
import {
  ensureExternalSubject,
  findExternalSubject,
  updateExternalEmail,
} from './external-subject.sql.ts'

export interface ExternalSubject {
  namespace: string
  provider: string
  subject: string
}

export interface ExternalUser {
  userId: UserId
  status: string
  /** Whether this very call made the user. */
  isNew: boolean
}

/** The user behind a subject, made where there is none; whether suspended or not. */
export async function ensureExternalUser(
  tx: Db,
  { email, ...key }: ExternalSubject & { email: string | undefined },
  now: Date,
): Promise<ExternalUser> {
  const made = { ...key, userId: newId<UserId>(now), email: email ?? null, now }
  const isNew = (await ensureExternalSubject(tx, made)) === 1
  // A statement of its own, so that it sees what the other one has committed.
  const found = await findExternalSubject(tx, key)
  if (email !== undefined && email !== found.email) await updateExternalEmail(tx, { ...key, email })
  return { userId: found.userId as UserId, status: found.status, isNew }
}
