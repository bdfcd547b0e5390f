/**
 * Decides whose an identity is that a provider has vouched for.
 *
 * | identity | address, says the provider | address here                              | then                                  |
 * |----------|----------------------------|-------------------------------------------|---------------------------------------|
 * | known    | any                        | any                                       | it is that user                       |
 * | unknown  | verified                   | somebody has proved it                    | linked to that user, who is told      |
 * | unknown  | verified                   | somebody with permissions has proved it   | ask: sign in to that account first    |
 * | unknown  | verified                   | one account claims it and proves nothing  | handed over: its password and all ends |
 * | unknown  | verified                   | others claim it                           | created; their claims hold nothing    |
 * | unknown  | verified                   | nobody has it                             | created, the address proved           |
 * | unknown  | not verified               | somebody has or claims it                 | ask: sign in to that account first    |
 * | unknown  | not verified               | nobody has it                             | created, the address claimed          |
 * | unknown  | none                       | –                                         | created without an address            |
 *
 * An address that the provider does not vouch for finds nobody, and neither does one that nobody has proved here: whoever types
 * the address of somebody else, at the provider or at us, gets into no account by it.
 *
 * An account that nobody has proved may be a stranger's, who opened it with an address of somebody else and waits. So with the
 * owner of the address what was there before goes: the password, every session and every grant.
 *
 * One transaction, alone with the identity and with the address. Locks are taken in the order of everyone who links an identity: the
 * user, the identity, the address. So the user who might inherit is locked before anybody knows whether the identity is new.
 *
 * Errors: none; the outcome says it.
 * Specs: OpenID Connect Core 1.0 §5.7 (only `iss` and `sub` identify), OWASP ASVS 5.0 V10.5.2; Sudhodanan and Paverd,
 * Pre-hijacked accounts (USENIX Security 2022).
 */

import { dropPassword } from '../authenticators/drop-password.ts'
import type { Config } from '../config/config.ts'
import type { Db } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import { recordEvent } from '../events/record-event.ts'
import { newId, type UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { cutUser, lockUserToCut } from '../revocation/cut-user.ts'
import { claimLifetimeDays } from '../sign-in/claims.ts'
import { mustVerifyFirst } from '../sign-in/unverified.ts'
import { type EmailIdentifier, parseEmail } from '../users/identifier.ts'
import {
  accountState,
  type Claimant,
  listClaimants,
  lockHolders,
  openPasswordlessAccount,
  proveIdentifier,
} from '../users/open-account.ts'
import { checkPrintable } from '../users/printable.ts'
import {
  countIdentities,
  findIdentity,
  insertIdentity,
  lockIdentity,
  touchIdentity,
} from './identities.sql.ts'
import type { UpstreamIdentity } from './identity-provider.ts'

/** What is decided on of an identity. */
export type VouchedIdentity = Pick<
  UpstreamIdentity,
  'issuer' | 'subject' | 'email' | 'emailVerified' | 'name'
> & {
  provider: string
  /** The language of an account that is opened; empty where nobody knows. */
  locale?: string
}

/** `mustProve`: an address that has to be proved before this user gets in. `cut`: the entry in the revocation log that ended what was there. */
export type Found =
  | { kind: 'known' | 'created'; userId: UserId; mustProve?: string }
  | { kind: 'linked'; userId: UserId }
  | { kind: 'handed over'; userId: UserId; cut: bigint }
  | { kind: 'ask' }
  | { kind: 'refused'; why: 'suspended'; userId: UserId; status: string }
  | { kind: 'refused'; why: 'address_needed' }

type FindDeps = { db: Db; config: Pick<Config, 'emailVerification'> } & Pick<Deps, 'masterSecret'>

/** Finds the user, or makes one. */
export async function findOrCreate(
  deps: FindDeps,
  ctx: RequestContext,
  identity: VouchedIdentity,
): Promise<Found> {
  const { db: tx } = deps
  const { provider, issuer, subject } = identity
  const email = addressOf(identity)
  const heir = await lockHeir(tx, { identity, email })
  await lockIdentity(tx, { provider, issuer, subject })
  const known = await findIdentity(tx, { provider, issuer, subject })
  if (known !== undefined) return use(deps, ctx, { identity, known })

  if (email === undefined) {
    if (mustVerifyFirst(deps.config)) return { kind: 'refused', why: 'address_needed' }
    return create(deps, ctx, { identity, email: undefined })
  }
  const { ownerId, claims } = await lockHolders(tx, email)
  if (!identity.emailVerified)
    return ownerId !== undefined || claims > 0
      ? { kind: 'ask' }
      : create(deps, ctx, { identity, email })
  if (ownerId !== undefined) return linkToOwner(deps, ctx, { identity, ownerId })
  // Asked again: while the user was locked, they may have proved something.
  const [only, ...others] = await listClaimants(tx, email)
  const isStill = others.length === 0 && only?.userId === heir?.userId && isUnproved(only)
  if (heir !== undefined && isStill) return handOver(deps, ctx, { identity, email, heir })
  return create(deps, ctx, { identity, email })
}

/**
 * The word of a provider opens no account that may do more than others: whoever sets providers up would be everybody. Nor one that is
 * closed.
 */
async function linkToOwner(
  deps: FindDeps,
  ctx: RequestContext,
  { identity, ownerId }: { identity: VouchedIdentity; ownerId: UserId },
): Promise<Found> {
  const { status, privileged } = await accountState(deps.db, ownerId)
  if (status !== 'active') return { kind: 'refused', why: 'suspended', userId: ownerId, status }
  if (privileged) return { kind: 'ask' }
  await link(deps, ctx, { identity, userId: ownerId })
  return { kind: 'linked', userId: ownerId }
}

async function use(
  { db, config }: FindDeps,
  { now }: RequestContext,
  {
    identity: { email, name },
    known,
  }: { identity: VouchedIdentity; known: NonNullable<Awaited<ReturnType<typeof findIdentity>>> },
): Promise<Found> {
  const { id, status, hasProvedEmail, claimed } = known
  const userId = known.userId as UserId
  await touchIdentity(db, { id, email: email ?? null, name: shownName(name), now })
  if (status !== 'active') return { kind: 'refused', why: 'suspended', userId, status }
  const mustProve = !hasProvedEmail && mustVerifyFirst(config) ? claimed : null
  return { kind: 'known', userId, ...(mustProve !== null && { mustProve }) }
}

/** An address that could be one of ours; undefined where the provider says none, or one that nobody could have here. */
function addressOf({ email }: VouchedIdentity): EmailIdentifier | undefined {
  const parsed = email === undefined ? undefined : parseEmail(email, 'email')
  return parsed !== undefined && 'identifier' in parsed ? parsed.identifier : undefined
}

/** The one account that claims the address and has proved nothing, locked. */
async function lockHeir(
  tx: Db,
  { identity, email }: { identity: VouchedIdentity; email: EmailIdentifier | undefined },
): Promise<Claimant | undefined> {
  if (!identity.emailVerified || email === undefined) return undefined
  const [claimant, ...others] = await listClaimants(tx, email)
  if (claimant === undefined || others.length > 0 || !isUnproved(claimant)) return undefined
  const { userId } = claimant
  await lockUserToCut(tx, userId)
  return (await countIdentities(tx, { userId })).count === 0 ? claimant : undefined
}

function isUnproved(claimant: Claimant | undefined): boolean {
  return claimant?.active === true && !claimant.proved
}

async function handOver(
  deps: FindDeps,
  ctx: RequestContext,
  {
    identity,
    email,
    heir: { userId, identifierId },
  }: { identity: VouchedIdentity; email: EmailIdentifier; heir: Claimant },
): Promise<Found> {
  await proveIdentifier(deps.db, { id: identifierId, now: ctx.now })
  await recordEvent(deps, ctx, {
    kind: 'email.verified',
    outcome: 'success',
    actorId: userId,
    subjectId: userId,
    personal: { email: email.value },
  })
  await dropPassword(deps, ctx, userId)
  await link(deps, ctx, { identity, userId })
  return {
    kind: 'handed over',
    userId,
    cut: await cutUser(deps.db, { userId, reason: 'email_proved' }),
  }
}

async function create(
  deps: FindDeps,
  ctx: RequestContext,
  { identity, email }: { identity: VouchedIdentity; email: EmailIdentifier | undefined },
): Promise<Found> {
  const { emailVerified, name, locale = '' } = identity
  const verifyFirst = mustVerifyFirst(deps.config)
  const claim = emailVerified
    ? { verifiedAt: ctx.now }
    : { claimDays: verifyFirst ? claimLifetimeDays : undefined }
  const userId = await openPasswordlessAccount(
    deps.db,
    {
      email: email && { identifier: email, ...claim },
      displayName: shownName(name),
      locale,
    },
    ctx.now,
  )
  await recordEvent(deps, ctx, {
    kind: 'user.signed_up',
    outcome: 'success',
    actorId: userId,
    subjectId: userId,
    details: { provider: identity.provider },
    ...(email !== undefined && { personal: { email: email.value } }),
  })
  await keep(deps, ctx, { identity, userId })
  const mustProve = verifyFirst && !emailVerified ? email?.canonical : undefined
  return { kind: 'created', userId, ...(mustProve !== undefined && { mustProve }) }
}

/** Gives a user who was there before another way in; the notices tell them. */
export async function link(
  deps: { db: Db } & Pick<Deps, 'masterSecret'>,
  ctx: RequestContext,
  { identity, userId }: { identity: VouchedIdentity; userId: UserId },
): Promise<void> {
  await keep(deps, ctx, { identity, userId })
  const { provider, email } = identity
  await recordEvent(deps, ctx, {
    kind: 'identity.linked',
    outcome: 'success',
    actorId: userId,
    subjectId: userId,
    details: { provider },
    ...(email !== undefined && { personal: { email } }),
  })
}

async function keep(
  { db }: { db: Db },
  { now }: RequestContext,
  { identity, userId }: { identity: VouchedIdentity; userId: UserId },
): Promise<void> {
  const { provider, issuer, subject, email, name } = identity
  const of = { provider, issuer, subject, email: email ?? null, name: shownName(name) }
  const vouched = identity.emailVerified
  await insertIdentity(db, { id: newId(now, userId), userId, ...of, vouched, now })
}

/** A name as it may stand in an account: providers let people write anything. */
function shownName(name: string): string {
  const short = [...name.trim()].slice(0, 100).join('')
  return checkPrintable('name', short).length === 0 ? short : ''
}
