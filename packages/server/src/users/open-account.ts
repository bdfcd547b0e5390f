/**
 * Opens accounts, and says who holds an identifier: one user by proof, any number by claim.
 *
 * An unverified claim holds nothing (see the decision record on unverified identifiers).
 */

import type { Db } from '../db/query.ts'
import { newId, type UserId } from '../ids.ts'
import type { EmailIdentifier } from './identifier.ts'
import {
  findAccountState,
  findHolders,
  insertUserWithoutPassword,
  insertUserWithPassword,
  listClaimants as listClaimantsOf,
  listHolders as listHoldersOf,
  lockIdentifier,
} from './users.sql.ts'

export { proveIdentifier } from './users.sql.ts'

export interface Holders {
  /** The user who proved to own the identifier. */
  ownerId: UserId | undefined
  /** How many users claim it without proof. */
  claims: number
}

/** Who holds the identifier. Until the transaction ends nobody else who asks here gets an answer. */
export async function lockHolders(tx: Db, identifier: EmailIdentifier): Promise<Holders> {
  const { kind, canonical } = identifier
  await lockIdentifier(tx, { kind, canonical })
  // A statement of its own, so that it sees what those before in the queue have committed.
  const { ownerId, claims } = await findHolders(tx, { kind, canonical })
  return { ownerId: (ownerId ?? undefined) as UserId | undefined, claims }
}

export interface Holder {
  userId: UserId
  /** Whether the user proved to own the identifier; at most one did. */
  verified: boolean
}

/** The users who have the identifier, by proof or by claim, in the order in which they came. */
export async function listHolders(db: Db, { kind, canonical }: EmailIdentifier): Promise<Holder[]> {
  return (await listHoldersOf(db, { kind, canonical })) as Holder[]
}

export interface NewAccount {
  /** Of the user; left out, it is made. */
  id?: UserId | undefined
  identifier: EmailIdentifier
  /** When the identifier was proved; undefined for a mere claim. */
  verifiedAt?: Date
  /** How long the account is kept where the identifier stays a mere claim; undefined: as long as any other. */
  claimDays?: number | undefined
  passwordHash: string
  displayName: string
  locale: string
}

/** Inserts the user, the identifier and the password. The transaction holds the lock of `lockHolders`. */
export async function openAccount(tx: Db, account: NewAccount, now: Date): Promise<UserId> {
  const id = account.id ?? newId<UserId>(now)
  const { kind, value, canonical } = account.identifier
  await insertUserWithPassword(tx, {
    id,
    displayName: account.displayName,
    locale: account.locale,
    identifierId: newId(now, id),
    kind,
    value,
    canonical,
    verifiedAt: account.verifiedAt ?? null,
    claimDays: account.claimDays ?? null,
    passwordHash: account.passwordHash,
    createdAt: now,
  })
  return id
}

/** An account whose owner proves who they are elsewhere. */
export interface NewPasswordlessAccount {
  /** Undefined where nobody says an address. */
  email: Pick<NewAccount, 'identifier' | 'verifiedAt' | 'claimDays'> | undefined
  displayName: string
  locale: string
}

/** Inserts the user and the identifier. The transaction holds the lock of `lockHolders`, where there is an identifier. */
export async function openPasswordlessAccount(
  tx: Db,
  { email, displayName, locale }: NewPasswordlessAccount,
  now: Date,
): Promise<UserId> {
  const id = newId<UserId>(now)
  await insertUserWithoutPassword(tx, {
    ...{ id, displayName, locale },
    identifierId: email === undefined ? null : newId(now, id),
    value: email?.identifier.value ?? null,
    canonical: email?.identifier.canonical ?? null,
    verifiedAt: email?.verifiedAt ?? null,
    claimDays: email?.claimDays ?? null,
    createdAt: now,
  })
  return id
}

/** Somebody who claims an address without proof. */
export interface Claimant {
  userId: UserId
  identifierId: string
  /** Whether the account is neither suspended nor gone. */
  active: boolean
  /** Whether they have proved another identifier. */
  proved: boolean
}

/** Who claims an address, in the order in which they came. */
export async function listClaimants(
  db: Db,
  { canonical }: Pick<EmailIdentifier, 'canonical'>,
): Promise<Claimant[]> {
  return (await listClaimantsOf(db, { canonical })) as Claimant[]
}

/** Whether an account is open, and whether it may do more than any user. */
export async function accountState(
  db: Db,
  id: UserId,
): Promise<{ status: string; privileged: boolean }> {
  return (await findAccountState(db, { id })) ?? { status: 'deleted', privileged: false }
}
