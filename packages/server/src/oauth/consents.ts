/**
 * Consent: what a person allows a client, remembered until they withdraw it.
 *
 * Clients of ours are not asked about: a person who signs in to Signet knows them. Any other one needs a consent that covers
 * each scope that it asks for, and each claim that it asks for by name.
 *
 * Specs: OpenID Connect Core 1.0 §3.1.2.4 and §5.4, RFC 6749 §3.3, OWASP ASVS 5.0 V10.7.
 */

import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import { endGrantsOfClient } from '../grants/end-grants.ts'
import type { ClientId, UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import type { RevocationReason } from '../revocation/revocation-reasons.ts'
import type { AuthorizationRequest } from './authorization-request.ts'
import {
  deleteCodesOfClient,
  findConsent,
  findConsentClient,
  forgetConsent,
  listConsents,
  rememberConsent,
} from './consents.sql.ts'
import { scopesOfClaims } from './standard-claims.ts'

/** More apps than anybody uses; what is left out was allowed the longest ago. */
const consentsMax = 500

/** An app and what a person allows it. */
export type AllowedApp = Awaited<ReturnType<typeof listAllowedApps>>[number]

/** The apps that a person allows something, the latest first. */
export function listAllowedApps({ db }: Pick<Deps, 'db'>, userId: UserId) {
  return listConsents(db, { userId, limit: consentsMax })
}

/** What the consent page says. */
export interface ConsentQuestion {
  client: NonNullable<Awaited<ReturnType<typeof findConsentClient>>>
  /** Everything that the person would allow now, and what of it they allowed before. */
  scopes: readonly string[]
  allowedBefore: ReadonlySet<string>
}

/** What a person is asked; undefined where the client is gone. */
export async function describeConsent(
  { db }: Pick<Deps, 'db'>,
  request: AuthorizationRequest,
  userId: UserId,
): Promise<ConsentQuestion | undefined> {
  const client = await findConsentClient(db, { id: request.clientId })
  if (client === undefined) return undefined
  const { clientId } = request
  const scopes = scopesToAllow(request)
  const before = await findConsent(db, { userId, clientId, scopesToAllow: scopes })
  return { client, scopes, allowedBefore: new Set(before?.scopes) }
}

/** A client that asks, as people see it; undefined where it is gone. */
export async function findAskingClient(
  { db }: Pick<Deps, 'db'>,
  { clientId }: Pick<AuthorizationRequest, 'clientId'>,
): Promise<ConsentQuestion['client'] | undefined> {
  return findConsentClient(db, { id: clientId })
}

/** Remembers that the person allows what the request asks for. */
export async function giveConsent(
  deps: Pick<Deps, 'db' | 'masterSecret'>,
  ctx: RequestContext,
  { request, userId }: { request: AuthorizationRequest; userId: UserId },
): Promise<void> {
  const { clientId } = request
  const scopes = scopesToAllow(request)
  await deps.db.transaction(async (tx) => {
    await rememberConsent(tx, { userId, clientId, scopes, now: ctx.now })
    await recordEvent({ ...deps, db: tx }, ctx, {
      kind: 'consent.given',
      outcome: 'success',
      actorId: userId,
      subjectId: userId,
      clientId,
      details: { scopes },
    })
  })
}

/**
 * Takes back what a person allowed a client, and ends what the client holds of them: codes on their way first, then grants, so
 * that one that is being redeemed meanwhile is ended too. Throws NOT_FOUND where nothing was allowed.
 */
export async function withdrawConsent(
  deps: Pick<Deps, 'db' | 'masterSecret' | 'revocations'>,
  ctx: RequestContext,
  { userId, clientId }: { userId: UserId; clientId: ClientId },
): Promise<void> {
  const reason: RevocationReason = 'consent_withdrawn'
  await deps.db.transaction(async (tx) => {
    if ((await forgetConsent(tx, { userId, clientId })) === undefined)
      throw new SignetError(ErrorReason.NOT_FOUND, { detail: 'nothing was allowed' })
    await deleteCodesOfClient(tx, { userId, clientId })
    const grants = await endGrantsOfClient(tx, { userId, clientId, reason })
    await recordEvent({ ...deps, db: tx }, ctx, {
      kind: 'consent.withdrawn',
      outcome: 'success',
      actorId: userId,
      subjectId: userId,
      clientId,
      details: { grants },
    })
  })
  await deps.revocations.told()
}

/**
 * Whether a remembered consent covers the request; where it prompts for consent, only one that was given since. It says which page
 * comes next: the statement that issues the code asks again, and holds the consent (`insertAuthorizationCode`).
 */
export async function isConsented(
  { db }: Pick<Deps, 'db'>,
  request: AuthorizationRequest,
  userId: UserId,
): Promise<boolean> {
  const asked = { userId, clientId: request.clientId, scopesToAllow: scopesToAllow(request) }
  const consent = await findConsent(db, asked)
  if (consent === undefined) return false
  const isNew = consent.updatedAt.getTime() >= request.requestedAtMs
  return consent.covers && (isNew || !request.prompts.includes('consent'))
}

/** The scopes asked for, and those under which the claims fall that are asked for by name. */
export function scopesToAllow({ scopes, claims = {} }: AuthorizationRequest): string[] {
  const named = [...Object.keys(claims.userinfo ?? {}), ...Object.keys(claims.id_token ?? {})]
  return [...new Set([...scopes, ...scopesOfClaims(named)])]
}
