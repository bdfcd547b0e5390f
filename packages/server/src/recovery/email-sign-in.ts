/**
 * Signs a person in with a link or a code from the mailbox. Off unless the configuration switches it on.
 *
 * 1. What came by mail is good only with what the request for it was answered with: a link that is opened elsewhere, and a code that
 *    is given to somebody else, open nothing.
 * 2. One transaction uses it up (of many at once one succeeds), and notes that the address is proved. Where that is news, whatever
 *    the account held until now may be a stranger's, who opened it with an address of somebody else: the password and what was
 *    linked to it are gone, and everything ends.
 * 3. The session is started as after a password, where nothing was revoked since. It says `otp` and the lowest level: a mailbox
 *    is one factor, and never a second one.
 *
 * Errors: NOT_ENABLED, INVALID_ARGUMENT, LINK_INVALID, UNAVAILABLE.
 * Specs: OWASP ASVS 5.0 V6.3.6, V6.5.1, V6.5.5, V6.6.2; RFC 8176 §2 (amr).
 */

import { ErrorReason } from '@signet/contract'
import { dropPassword } from '../authenticators/drop-password.ts'
import type { Db } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import type { UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { cutUser, lockUserToCut, positionAfterCut } from '../revocation/cut-user.ts'
import { type Device, deviceViolations } from '../sessions/device.ts'
import { startProven } from '../sign-in/proven-sign-in.ts'
import type { StartedSignIn, Yield } from '../sign-in/simultaneous-sign-ins.ts'
import { dropEarlier } from './drop-earlier.ts'
import {
  consumeLink,
  hashRequestToken,
  type LiveLink,
  makeOpener,
  requireLiveLink,
} from './mailed-links.ts'
import { requestMail } from './request-mail.ts'
import { proveAddress } from './verify-email.ts'

type EmailSignInDeps = Pick<Deps, 'config' | 'db' | 'masterSecret' | 'revocations' | 'signIns'>

export interface EmailSignIn {
  /** What the request was answered with. */
  requestToken: string
  /** Of the link, or empty. */
  token: string
  /** Or the code. */
  code: string
  device: Device | undefined
  /** What the device was given at an earlier sign-in; empty where it has none. */
  deviceSecret: string
  /** What the session yields. */
  yields: Yield
}

/**
 * Has a link and a code sent, and answers what they are good with, whoever has the address, and how many seconds the next request
 * has to wait.
 */
export async function requestEmailSignIn(
  deps: Pick<Deps, 'config' | 'db' | 'masterSecret'>,
  ctx: RequestContext,
  { email }: { email: string },
): Promise<{ requestToken: string; waitSeconds: number }> {
  requireEnabled(deps)
  const { token: requestToken } = makeOpener()
  const requestHash = hashRequestToken(requestToken)
  const wanted = { about: 'email_sign_in', email, requestHash } as const
  const { waitSeconds } = await requestMail(deps, ctx, wanted)
  return { requestToken, waitSeconds }
}

/** Signs the person in. */
export async function signInByEmail(
  deps: EmailSignInDeps,
  ctx: RequestContext,
  { requestToken, token, code, device, deviceSecret, yields }: EmailSignIn,
): Promise<StartedSignIn> {
  requireEnabled(deps)
  const violations = deviceViolations(device)
  if (violations.length > 0) throw new SignetError(ErrorReason.INVALID_ARGUMENT, { violations })
  const proof = { token, email: '', code, requestToken }
  const link = await requireLiveLink(deps, ctx, { purpose: 'sign_in', proof })
  const rev = await prove(deps, ctx, link)
  return startProven(deps, ctx, {
    userId: link.userId as UserId,
    ...{ amr: ['otp'], acr: 'aal1', rev, device, deviceSecret, yields },
  })
}

function requireEnabled({ config }: Pick<Deps, 'config'>): void {
  if (!config.emailSignIn) throw new SignetError(ErrorReason.NOT_ENABLED)
}

/**
 * Uses the link up, and answers the position of the revocation log on which a session may rest: that of the link, or of the
 * very entry that ended what was there before.
 */
async function prove(deps: EmailSignInDeps, ctx: RequestContext, link: LiveLink): Promise<bigint> {
  const userId = link.userId as UserId
  const { position, entryId } = await deps.db.transaction(async (tx) => {
    const inTransaction = { ...deps, db: tx }
    await lockUserToCut(tx, userId)
    const read = await consumeLink(tx, link)
    const isNews = await proveAddress(inTransaction, ctx, link)
    const cut = isNews ? await endWhatWasUnproven(inTransaction, ctx, link) : undefined
    return { position: read, entryId: cut }
  })
  return entryId === undefined ? position : positionAfterCut(deps, entryId)
}

/** Takes away what anybody could have set, and ends all there is. Answers the entry in the revocation log. */
async function endWhatWasUnproven(
  deps: { db: Db } & Pick<Deps, 'masterSecret'>,
  ctx: RequestContext,
  link: LiveLink,
): Promise<bigint> {
  const userId = link.userId as UserId
  await dropPassword(deps, ctx, userId)
  await dropEarlier(deps, ctx, { ...link, isNews: true })
  return cutUser(deps.db, { userId, reason: 'email_proved' })
}
