/**
 * Signs a person in by the word of a provider: to the provider and back, in one browser.
 *
 * Going there (`beginProviderSignIn`): a state of 256 random bits is stored by its hash, with the browser that it belongs to and where
 * the person goes on. Nonce and code verifier are derived from the state and the secret of the browser, so nothing else is kept,
 * and whoever sees the address that comes back has neither.
 *
 * Coming back (`finishProviderSignIn`):
 * 1. Use the state up: once, in the browser that it came from, at the provider that it went to, within ten minutes. A state of
 *    another browser is left alone.
 * 2. The provider's answer is judged, and its code exchanged (`upstream.ts`).
 * 3. Where an app asks for the identity of somebody who is signed in, it waits for that app (`linking.ts`).
 * 4. Else find or create the user (`find-or-create.ts`). An address that has to be proved first gets mail; an identity whose address
 *    belongs to an account waits in this browser until its owner signs in.
 * 5. Start the session, where nothing was revoked since the state was used. It says `fed`, and the level of one factor; what the
 *    provider says of factors is kept beside it, and counts where the operator trusts the provider with it.
 *
 * What comes of it is returned; nothing of it is thrown, because the person goes on from there.
 *
 * Errors: UNAVAILABLE.
 * Specs: RFC 9700 §2.1 and §4.4 (mix-up), §4.7 (CSRF), OpenID Connect Core 1.0 §3.1.3.7, OWASP ASVS 5.0 V10.5; RFC 8176 §2.
 */

import { createHmac, hash, randomBytes } from 'node:crypto'
import type { Deps } from '../deps.ts'
import { recordEvent } from '../events/record-event.ts'
import type { SessionId, UserId } from '../ids.ts'
import type { RequestContext } from '../request-context.ts'
import { positionAfterCut } from '../revocation/cut-user.ts'
import { findBrowserSessions, isPersistent } from '../sessions/browser-session.ts'
import { enterBrowser } from '../sign-in/browser-sign-in.ts'
import { startProven } from '../sign-in/proven-sign-in.ts'
import { askForProof } from '../sign-in/unverified.ts'
import { admitProviderSignIn } from '../throttling/provider-sign-ins.ts'
import { insertFederatedSignIn, takeFederatedSignIn } from './federated-sign-ins.sql.ts'
import { type Found, findOrCreate, type VouchedIdentity } from './find-or-create.ts'
import { insertFederatedSession } from './identities.sql.ts'
import type { IdentityProvider, UpstreamIdentity, UpstreamTokens } from './identity-provider.ts'
import { keepUpstreamTokens } from './kept-tokens.ts'
import { keepForApp, keepForBrowser, refuseApp } from './linking.ts'
import { UpstreamRefused } from './upstream.ts'

/** Where the person goes on, from page to page, to a provider and back. */
export interface Onward {
  /** A sealed authorization request; empty where there is none, as everything here. */
  request: string
  uiLocales: string
  /** Takes up an identity at a provider that waits in this browser for its account. */
  waiting: string
  /** Whether the person stays signed in, as far as they have said so. */
  stay: 'yes' | 'no' | ''
}

export interface ProviderSignIn extends Onward {
  provider: IdentityProvider
  /** The secret of the browser. */
  browserMark: string
  /** An app that asks for the identity, as sealed; empty where somebody signs in. */
  link: string
  /** Whether the person has to prove it anew, as far as the provider takes that. */
  reauthenticate: boolean
  loginHint: string | undefined
}

export type ProviderOutcome =
  | {
      kind: 'signed in'
      onward: Onward
      sessionId: SessionId
      userId: UserId
      setCookies: string[]
    }
  /** The address belongs to an account: its owner signs in there, and takes the identity up by the token. */
  | { kind: 'ask'; onward: Onward; token: string }
  /** It waits for the app that has asked for it. */
  | { kind: 'to app'; location: string }
  | { kind: 'unverified'; onward: Onward; email: string; userId: UserId }
  | { kind: 'refused'; onward: Onward; why: Refusal }

/**
 * `stale`: used, over, or of another browser. `denied`: the person said no. `answer`: what came is not acceptable. `unreachable`:
 * the provider does not answer. `configuration`: it does not know us. `address_needed`: it says no address.
 */
export type Refusal =
  | 'stale'
  | 'denied'
  | 'answer'
  | 'unreachable'
  | 'configuration'
  | 'suspended'
  | 'address_needed'

type ProviderDeps = Pick<
  Deps,
  'config' | 'db' | 'log' | 'masterSecret' | 'revocations' | 'signIns' | 'upstream'
>

const lifetimeSeconds = 600
const leewayMs = 60_000
/** To no app, and with nothing that waits. */
export const nowhere: Onward = { request: '', uiLocales: '', waiting: '', stay: '' }
const stateForm = /^[\w-]{43}$/u

/** Where the provider sends the browser back to. */
export function callbackAddress(issuer: string, providerId: string): string {
  return `${issuer}/auth/${providerId}/callback`
}

/** Where the browser of somebody begins who signs in with a provider. */
export function startAddress(
  issuer: string,
  providerId: string,
  parameters: Record<string, string>,
): string {
  return `${issuer}/auth/${providerId}?${new URLSearchParams(parameters)}`
}

/** Where the browser goes. Throws UpstreamRefused where the provider cannot be reached. */
export async function beginProviderSignIn(
  deps: ProviderDeps,
  ctx: RequestContext,
  {
    provider,
    browserMark,
    request,
    uiLocales,
    waiting,
    stay,
    link,
    reauthenticate,
    loginHint,
  }: ProviderSignIn,
): Promise<string> {
  await admitProviderSignIn(deps, ctx)
  const state = randomBytes(32).toString('base64url')
  const to = await deps.upstream.authorizationUrl(provider, {
    ...proofsOf(deps, { state, browserMark }),
    redirectUri: callbackAddress(deps.config.issuer, provider.id),
    reauthenticate,
    ...(loginHint !== undefined && { loginHint }),
  })
  await insertFederatedSignIn(deps.db, {
    stateHash: hash('sha256', state, 'buffer'),
    browserHash: hash('sha256', browserMark, 'buffer'),
    provider: provider.id,
    ...{ request, uiLocales, waiting, stay, link, lifetimeSeconds },
    reauthenticates: reauthenticate,
  })
  return to
}

export interface ProviderAnswer {
  provider: IdentityProvider
  browserMark: string | undefined
  /** What came back, from the query or from a form. */
  parameters: URLSearchParams
  /** As it came. */
  cookieHeader: string | undefined
  /** The language of the person, for an account that is opened. */
  locale: string
}

/** Judges what came back, and goes on. */
export async function finishProviderSignIn(
  deps: ProviderDeps,
  ctx: RequestContext,
  { provider, browserMark, parameters, cookieHeader, locale }: ProviderAnswer,
): Promise<ProviderOutcome> {
  const state = parameters.get('state') ?? ''
  const taken =
    browserMark === undefined || !stateForm.test(state)
      ? undefined
      : await takeFederatedSignIn(deps.db, {
          stateHash: hash('sha256', state, 'buffer'),
          browserHash: hash('sha256', browserMark, 'buffer'),
          provider: provider.id,
        })
  if (taken === undefined || browserMark === undefined)
    return { kind: 'refused', onward: nowhere, why: 'stale' }
  const { request, uiLocales, waiting, link, position } = taken
  const stay = taken.stay as Onward['stay']
  const onward = { request, uiLocales, waiting, stay }
  const said = await ask(deps, ctx, { provider, parameters, state, browserMark })
  const why = 'why' in said ? said.why : isStaleProof(said.identity, taken) ? 'answer' : undefined
  if ('why' in said || why !== undefined) {
    if (link === '') return { kind: 'refused', onward, why: why ?? 'answer' }
    const error = why === 'denied' ? 'access_denied' : 'server_error'
    return { kind: 'to app', location: refuseApp(deps, { link, error }) }
  }
  const { identity, tokens } = said
  const vouched = { ...identity, provider: provider.id, locale }
  if (link !== '') return { kind: 'to app', location: await keepForApp(deps, { link, vouched }) }

  const found = await decide(deps, ctx, vouched)
  if (found.kind === 'ask')
    return { kind: 'ask', onward, token: await keepForBrowser(deps, { browserMark, vouched }) }
  if (found.kind === 'refused') return { kind: 'refused', onward, why: found.why }
  if ('mustProve' in found && found.mustProve !== undefined)
    return { kind: 'unverified', onward, email: found.mustProve, userId: found.userId }
  const rev = found.kind === 'handed over' ? await positionAfterCut(deps, found.cut) : position
  return enter(deps, ctx, {
    ...{ provider, identity, tokens, userId: found.userId },
    ...{ rev, cookieHeader, onward },
  })
}

/**
 * Whether the person was asked to prove it anew, and the provider says that they have not. Some say nothing of it, and some cannot ask
 * (OpenID Connect Core 1.0 §3.1.2.1, `max_age`).
 */
function isStaleProof(
  { claims }: UpstreamIdentity,
  { reauthenticates, createdAt }: { reauthenticates: boolean; createdAt: Date },
): boolean {
  const { auth_time: at } = (claims ?? {}) as { auth_time?: unknown }
  return reauthenticates && typeof at === 'number' && at * 1000 < createdAt.getTime() - leewayMs
}

/** State, nonce and code verifier: who sees the state in an address knows neither of the others. */
function proofsOf(
  { masterSecret }: Pick<Deps, 'masterSecret'>,
  { state, browserMark }: { state: string; browserMark: string },
): { state: string; nonce: string; codeVerifier: string } {
  const derived = (purpose: string) =>
    createHmac('sha256', masterSecret.derive(purpose))
      .update(`${state} ${browserMark}`)
      .digest('base64url')
  return {
    state,
    nonce: derived('nonces for providers'),
    codeVerifier: derived('code verifiers for providers'),
  }
}

async function ask(
  deps: ProviderDeps,
  ctx: RequestContext,
  {
    provider,
    parameters,
    state,
    browserMark,
  }: {
    provider: IdentityProvider
    parameters: URLSearchParams
    state: string
    browserMark: string
  },
): Promise<{ identity: UpstreamIdentity; tokens: UpstreamTokens } | { why: Refusal }> {
  try {
    return await deps.upstream.identify(provider, {
      parameters,
      ...proofsOf(deps, { state, browserMark }),
      redirectUri: callbackAddress(deps.config.issuer, provider.id),
    })
  } catch (error) {
    if (!(error instanceof UpstreamRefused)) throw error
    const { kind: why } = error
    if (why !== 'denied')
      ctx.log.warn({ err: error, provider: provider.id }, 'a provider was refused')
    await recordEvent(deps, ctx, {
      kind: 'federated_sign_in.failed',
      outcome: 'failure',
      details: { provider: provider.id, why },
    })
    return { why }
  }
}

/** One transaction; where an address has to be proved first, the mail for that is queued in it. */
function decide(deps: ProviderDeps, ctx: RequestContext, vouched: VouchedIdentity): Promise<Found> {
  return deps.db.transaction(async (tx) => {
    const inTransaction = { ...deps, db: tx }
    const found = await findOrCreate(inTransaction, ctx, vouched)
    if ('mustProve' in found && found.mustProve !== undefined)
      await askForProof(inTransaction, ctx, { canonical: found.mustProve, userId: found.userId })
    if (found.kind === 'refused' && found.why === 'suspended')
      await recordEvent(inTransaction, ctx, {
        kind: 'sign_in.refused',
        outcome: 'failure',
        subjectId: found.userId,
        details: { reason: found.status },
      })
    return found
  })
}

interface Entering {
  provider: IdentityProvider
  identity: UpstreamIdentity
  tokens: UpstreamTokens
  userId: UserId
  rev: bigint
  cookieHeader: string | undefined
  onward: Onward
}

async function enter(
  deps: ProviderDeps,
  ctx: RequestContext,
  { provider, identity, tokens, userId, rev, cookieHeader, onward }: Entering,
): Promise<ProviderOutcome> {
  const { issuer, subject, sid, amr, acr } = identity
  const by = `${provider.id} ${issuer} ${subject}`
  const isTrusted = provider.settings.trustsFactors === true
  const held = await findBrowserSessions(deps, cookieHeader)
  const own = held.find((session) => session.userId === userId)
  const persistent = isPersistent(deps.config, onward.stay, own)
  const entered = await enterBrowser(deps, { identifier: by, cookieHeader, persistent }, (how) =>
    startProven(deps, ctx, {
      ...{ userId, rev, device: undefined, ...how },
      amr: isTrusted ? ['fed', ...amr.filter((each) => each !== 'fed')] : ['fed'],
      acr: isTrusted && amr.includes('mfa') ? 'aal2' : 'aal1',
    }),
  )
  const { sessionId, setCookies } = entered
  // Not in the transaction of the session, but before anybody holds its secret.
  const of = { sessionId, provider: provider.id, issuer, subject }
  await insertFederatedSession(deps.db, {
    ...{ ...of, amr: [...amr] },
    ...{ sid: sid ?? null, acr: acr ?? null },
  })
  if (provider.settings.keepsTokens === true)
    await keepUpstreamTokens(deps, { userId, ...of }, tokens)
  return { kind: 'signed in', onward, sessionId, userId, setCookies }
}
