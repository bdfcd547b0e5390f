/**
 * Opens the account of somebody who was invited: with a password of their own, and an address that the mail has proved.
 *
 * 1. Find the invitation; it is not used up yet, so that a password which is refused costs nothing.
 * 2. The password meets the policy, and is hashed.
 * 3. One transaction, alone with the address, uses the invitation up (of many at once one succeeds) and opens the account, unless
 *    somebody has proved the address meanwhile.
 *
 * An invitation waits for days in a mailbox, so its code is longer than others, and good for as long as the link. Nobody is
 * signed in by it.
 *
 * Errors: LINK_INVALID, INVALID_ARGUMENT, PASSWORD_REJECTED, UNAVAILABLE.
 * Specs: OWASP ASVS 5.0 V6.4.1.
 */

import { createHmac, hash } from 'node:crypto'
import { ErrorReason } from '@signet/contract'
import { requireGoodPassword } from '../authenticators/password-policy.ts'
import type { MasterSecret } from '../crypto/master-secret.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import type { UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { parseEmail } from '../users/identifier.ts'
import { lockHolders, openAccount } from '../users/open-account.ts'
import { checkPrintable } from '../users/printable.ts'
import {
  acceptInvitation as acceptOpenInvitation,
  findPresentedInvitation,
} from './invitations.sql.ts'

export interface Acceptance {
  /** Of the link, or empty. */
  token: string
  /** Or the code, with the address that it went to. */
  email: string
  code: string
  password: string
  /** Empty: as the one who invited has written it. */
  displayName: string
}

type AcceptDeps = Pick<Deps, 'config' | 'db' | 'masterSecret' | 'passwords'>
type Invitation = NonNullable<Awaited<ReturnType<typeof findPresentedInvitation>>>

/** How many digits the code of an invitation has. */
export const invitationCodeDigits = 12
const codeTriesMax = 5
const codeForm = new RegExp(`^\\d{${invitationCodeDigits}}$`, 'u')

/** Opens the account, and answers its address as it was written. */
export async function acceptInvitation(
  deps: AcceptDeps,
  ctx: RequestContext,
  input: Acceptance,
): Promise<{ email: string }> {
  const invitation = await requireInvitation(deps, ctx, input)
  const displayName = input.displayName || invitation.displayName
  checkAccount(deps, { ...input, displayName, email: invitation.value })
  const passwordHash = await deps.passwords.hash(input.password, ctx.signal)
  await deps.db.transaction(async (tx) => {
    const { id, value, canonical, locale, tokenHash } = invitation
    const identifier = { kind: 'email', value, canonical } as const
    const { ownerId } = await lockHolders(tx, identifier)
    if (ownerId !== undefined || (await acceptOpenInvitation(tx, { id, tokenHash })) === 0)
      throw new SignetError(ErrorReason.LINK_INVALID)
    const account = { identifier, verifiedAt: ctx.now, passwordHash, displayName, locale }
    const userId: UserId = await openAccount(tx, account, ctx.now)
    await recordEvent({ ...deps, db: tx }, ctx, {
      kind: 'invitation.accepted',
      outcome: 'success',
      actorId: userId,
      subjectId: userId,
      details: { invitationId: id },
      personal: { email: value },
    })
  })
  return { email: invitation.value }
}

/** The invitation that is presented. Refuses, and records it, otherwise. */
async function requireInvitation(
  deps: AcceptDeps,
  ctx: RequestContext,
  { token, email: text, code }: Acceptance,
): Promise<Invitation> {
  const found = await findInvitation(deps, { token, text, code: code.replace(/\s/gu, '') })
  if (found !== undefined) return found
  await recordEvent(deps, ctx, {
    kind: 'mailed_link.refused',
    outcome: 'failure',
    details: { purpose: 'accept_invitation' },
  })
  throw new SignetError(ErrorReason.LINK_INVALID)
}

async function findInvitation(
  { db, masterSecret }: AcceptDeps,
  { token, text, code }: { token: string; text: string; code: string },
): Promise<Invitation | undefined> {
  const none = { tokenHash: null, canonical: null, codeHash: null, triesMax: codeTriesMax }
  if (token !== '')
    return findPresentedInvitation(db, { ...none, tokenHash: hashInvitationToken(token) })
  const email = parseEmail(text, 'email')
  if (!('identifier' in email) || !codeForm.test(code)) return undefined
  const { canonical } = email.identifier
  const codeHash = hashInvitationCode(masterSecret, canonical, code)
  return findPresentedInvitation(db, { ...none, canonical, codeHash })
}

function checkAccount({ config }: AcceptDeps, { password, displayName, email }: Acceptance): void {
  const unreadable = checkPrintable('displayName', displayName)
  if (unreadable.length > 0)
    throw new SignetError(ErrorReason.INVALID_ARGUMENT, { violations: unreadable })
  requireGoodPassword(config, password, { words: [email, displayName] })
}

/** What is stored of the link. */
export function hashInvitationToken(token: string): Buffer {
  return hash('sha256', token, 'buffer')
}

/** What is stored of the code: it is short, and the database alone must not find it. */
export function hashInvitationCode(
  masterSecret: MasterSecret,
  canonical: string,
  code: string,
): Buffer {
  const key = masterSecret.derive('invitation codes')
  return createHmac('sha256', key)
    .update(JSON.stringify([canonical, code]))
    .digest()
}
