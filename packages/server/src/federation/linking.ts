/**
 * Gives a person who has an account another way in, and takes one away.
 *
 * A provider's word alone links nothing: whoever could make somebody come back with an identity of theirs would have a key to that
 * account. So the identity waits, for ten minutes and for one use, until the owner of the account takes it up:
 * - in the browser that it came back to, by signing in there (`takeUpInBrowser`); it never leaves that browser;
 * - through the app that has asked for it: the browser goes back to a redirect URI of that app with a code, which is good for the same
 *   user, with the code verifier of that app alone (`confirmLink`). A link of somebody else that is opened leads to an app
 *   that has not asked.
 *
 * The last way in stays: a proved address counts as one, because a password can be asked for there.
 *
 * Errors: NOT_FOUND, INVALID_ARGUMENT, LINK_INVALID, UNAUTHENTICATED, UNAVAILABLE.
 * Specs: OWASP ASVS 5.0 V6.3.5, V10.5; RFC 7636 §4.6.
 */

import { hash, randomBytes } from 'node:crypto'
import { ErrorReason } from '@signet/contract'
import { findClientOfRedirect } from '../clients/client-of-redirect.ts'
import { seal, unseal } from '../crypto/seal.ts'
import type { Db } from '../db/query.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import type { SessionId, UserId } from '../ids.ts'
import { type RequestContext, userCaller } from '../request-context.ts'
import { lockCallerSession, lockUserSession } from '../revocation/cut-user.ts'
import {
  findWaitingIdentity,
  insertWaitingIdentity,
  takeWaitingForApp,
  takeWaitingInBrowser,
} from './federated-sign-ins.sql.ts'
import { link, type VouchedIdentity } from './find-or-create.ts'
import {
  deleteIdentity,
  findIdentity,
  isMereClaim,
  listIdentities,
  lockIdentity,
} from './identities.sql.ts'

/** What an app asks for: the identity of the caller at a provider. */
export interface LinkRequest {
  redirectUri: string
  /** Comes back with the code, as it is. */
  state: string
  /** base64url of SHA-256 (RFC 7636 §4.2). */
  codeChallenge: string
}

type SealedLink = LinkRequest & { userId: UserId; untilMs: number }
type LinkDeps = Pick<Deps, 'db' | 'masterSecret'>

const lifetimeSeconds = 600
const purpose = 'identity links'

/** The text that goes through the browser, for an app that asks. */
export async function requestLink(
  deps: LinkDeps,
  ctx: RequestContext,
  request: LinkRequest,
): Promise<string> {
  const { userId, clientId } = userCaller(ctx)
  const { redirectUri } = request
  if ('refused' in (await findClientOfRedirect(deps.db, { clientId, redirectUri }))) {
    const message = 'This is not a redirect URI of the client. Register it first, to the letter.'
    const violations = [{ field: 'redirectUri', rule: 'redirect_uri.registered', message }]
    throw new SignetError(ErrorReason.INVALID_ARGUMENT, { violations })
  }
  const untilMs = ctx.now.getTime() + lifetimeSeconds * 1000
  return seal(deps, purpose, { ...request, userId, untilMs } satisfies SealedLink)
}

/** Whether a text is one that was sealed for an app, and not over. */
export function isLinkRequest(deps: LinkDeps, text: string, now: Date): boolean {
  const request = unseal(deps, purpose, text) as SealedLink | undefined
  return request !== undefined && request.untilMs > now.getTime()
}

/** Has an identity wait for the app that has asked, and answers where the browser goes. */
export async function keepForApp(
  deps: LinkDeps,
  { link: sealed, vouched }: { link: string; vouched: VouchedIdentity },
): Promise<string> {
  const request = unseal(deps, purpose, sealed) as SealedLink | undefined
  if (request === undefined) throw new Error('a link was stored that was not sealed here')
  const { redirectUri, state, userId, codeChallenge } = request
  const code = randomBytes(32).toString('base64url')
  await wait(deps, code, vouched, {
    browserHash: null,
    userId,
    codeChallenge: Buffer.from(codeChallenge, 'base64url'),
  })
  const to = new URL(redirectUri)
  to.searchParams.set('code', code)
  if (state !== '') to.searchParams.set('state', state)
  return to.href
}

/** Where the browser goes where the app gets no identity (RFC 6749 §4.1.2.1). */
export function refuseApp(
  deps: LinkDeps,
  { link: sealed, error }: { link: string; error: 'access_denied' | 'server_error' },
): string {
  const request = unseal(deps, purpose, sealed) as SealedLink | undefined
  if (request === undefined) throw new Error('a link was stored that was not sealed here')
  const to = new URL(request.redirectUri)
  to.searchParams.set('error', error)
  if (request.state !== '') to.searchParams.set('state', request.state)
  return to.href
}

/** Has an identity wait in this browser, and answers what it is taken up with. */
export async function keepForBrowser(
  deps: LinkDeps,
  { browserMark, vouched }: { browserMark: string; vouched: VouchedIdentity },
): Promise<string> {
  const token = randomBytes(32).toString('base64url')
  const browserHash = hash('sha256', browserMark, 'buffer')
  await wait(deps, token, vouched, { browserHash, userId: null, codeChallenge: null })
  return token
}

async function wait(
  { db }: LinkDeps,
  token: string,
  { provider, issuer, subject, email, name }: VouchedIdentity,
  whom: { browserHash: Buffer | null; userId: UserId | null; codeChallenge: Buffer | null },
): Promise<void> {
  const identity = { provider, issuer, subject, email: email ?? null, name }
  const tokenHash = hash('sha256', token, 'buffer')
  await insertWaitingIdentity(db, { tokenHash, ...identity, ...whom, lifetimeSeconds })
}

/** Who waits, for a person to see. */
export interface WaitingIdentity {
  /** The id of the provider. */
  provider: string
  email: string | undefined
  name: string
}

interface InBrowser {
  token: string
  browserMark: string
}

/** What waits in this browser: the provider, and who it is there. */
export async function findWaiting(
  { db }: Pick<Deps, 'db'>,
  { token, browserMark }: InBrowser,
): Promise<WaitingIdentity | undefined> {
  const found = await findWaitingIdentity(db, hashesOf({ token, browserMark }))
  return found && { ...found, email: found.email ?? undefined }
}

/** Links what waits in this browser to whoever has just signed in in it. Nothing, where it is over or somebody else's. */
export async function takeUpInBrowser(
  deps: LinkDeps,
  ctx: RequestContext,
  { userId, sessionId, ...waiting }: InBrowser & { userId: UserId; sessionId: SessionId },
): Promise<void> {
  await deps.db.transaction(async (tx) => {
    // What the sign-in began may have ended at this very moment, and with it the proof.
    if (!(await lockUserSession(tx, { userId, sessionId }))) return
    const taken = await takeWaitingInBrowser(tx, hashesOf(waiting))
    if (taken !== undefined) await takeUp({ ...deps, db: tx }, ctx, { taken, userId })
  })
}

/** Links what an app has asked for. The caller is who asked. */
export async function confirmLink(
  deps: LinkDeps,
  ctx: RequestContext,
  { code, codeVerifier }: { code: string; codeVerifier: string },
): Promise<void> {
  const { userId } = userCaller(ctx)
  const linked = await deps.db.transaction(async (tx) => {
    await lockCallerSession(tx, ctx)
    const taken = await takeWaitingForApp(tx, {
      tokenHash: hash('sha256', code, 'buffer'),
      codeChallenge: hash('sha256', codeVerifier, 'buffer'),
      userId,
    })
    if (taken === undefined) throw new SignetError(ErrorReason.LINK_INVALID)
    return takeUp({ ...deps, db: tx }, ctx, { taken, userId })
  })
  if (linked) return
  const message = 'Another account has this identity. Unlink it there, or sign in with it.'
  const violations = [{ field: 'code', rule: 'identity.taken', message }]
  throw new SignetError(ErrorReason.INVALID_ARGUMENT, { violations })
}

/** Whether the identity is the user's now; false where somebody else has it. */
async function takeUp(
  deps: { db: Db } & Pick<Deps, 'masterSecret'>,
  ctx: RequestContext,
  {
    taken: { email, ...identity },
    userId,
  }: { taken: NonNullable<Awaited<ReturnType<typeof takeWaitingForApp>>>; userId: UserId },
): Promise<boolean> {
  const { provider, issuer, subject } = identity
  await lockIdentity(deps.db, { provider, issuer, subject })
  const owner = await findIdentity(deps.db, { provider, issuer, subject })
  if (owner !== undefined) return owner.userId === userId
  // Who takes it up has proved both, unless the account merely claims an address: then it may be a stranger's, who waits for its owner.
  const { claims } = await isMereClaim(deps.db, { userId })
  const vouched = { ...identity, email: email ?? undefined, emailVerified: !claims }
  await link(deps, ctx, { identity: vouched, userId })
  return true
}

/** Takes an identity of the caller away. */
export async function unlinkIdentity(
  deps: LinkDeps & Pick<Deps, 'config'>,
  ctx: RequestContext,
  { identityId: id }: { identityId: string },
): Promise<void> {
  const { userId } = userCaller(ctx)
  const configuredProviders = deps.config.providers.map((provider) => provider.id)
  await deps.db.transaction(async (tx) => {
    await lockCallerSession(tx, ctx)
    const removed = await deleteIdentity(tx, { id, userId, configuredProviders })
    if (removed === undefined) {
      const isOwn = (await listIdentities(tx, { userId })).some((each) => each.id === id)
      throw isOwn ? lastWayIn() : noIdentity()
    }
    await recordEvent({ ...deps, db: tx }, ctx, {
      kind: 'identity.unlinked',
      outcome: 'success',
      subjectId: userId,
      details: { provider: removed.provider },
    })
  })
}

function hashesOf({ token, browserMark }: InBrowser): { tokenHash: Buffer; browserHash: Buffer } {
  return {
    tokenHash: hash('sha256', token, 'buffer'),
    browserHash: hash('sha256', browserMark, 'buffer'),
  }
}

function lastWayIn(): SignetError {
  const message = 'This is the last way in to the account. Add and confirm an address first.'
  const violations = [{ field: 'identityId', rule: 'identity.last_way_in', message }]
  return new SignetError(ErrorReason.INVALID_ARGUMENT, { violations })
}

function noIdentity(): SignetError {
  return new SignetError(ErrorReason.NOT_FOUND, { detail: 'no such identity' })
}
